//! What no two namespaces may share.

use std::collections::HashMap;

use super::super::error::Problem;
use crate::typed::Declaration;

/// Checks that no two namespaces have the same id.
pub(crate) fn check_ids(declarations: &[&'static Declaration]) -> Vec<Problem> {
    check(declarations, |declaration| declaration.id, "id")
}

/// Checks that no two namespaces have the same binding. That matters only where one file binds them all.
pub(crate) fn check_bindings(declarations: &[&'static Declaration]) -> Vec<Problem> {
    check(declarations, |declaration| declaration.binding, "binding")
}

fn check(
    declarations: &[&'static Declaration],
    of: impl Fn(&Declaration) -> &str,
    property: &str,
) -> Vec<Problem> {
    let mut seen: HashMap<&str, &Declaration> = HashMap::new();
    let mut problems = Vec::new();
    for declaration in declarations {
        let value = of(declaration);
        if let Some(other) = seen.insert(value, declaration) {
            let what = format!("the same {property}, {value:?}");
            problems.push(twice(other, declaration, &what, property));
        }
    }
    problems
}

/// The problem that two namespaces share something.
pub(super) fn twice(
    first: &Declaration,
    second: &Declaration,
    what: &str,
    property: &str,
) -> Problem {
    let place = |Declaration { package, place, .. }: &Declaration| {
        format!("{place} of the crate `{package}`")
    };
    let what = if std::ptr::eq(first, second) {
        "the namespace is listed twice: list it once".to_owned()
    } else {
        format!(
            "two namespaces have {what}, at {} and at {}: give one of them another `{property}`",
            place(first),
            place(second)
        )
    };
    Problem { namespace: second.id.to_owned(), key: None, what }
}
