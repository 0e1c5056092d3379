//! Titles: the names that namespaces have in the dashboard.

/// The longest title, in bytes
/// (<https://developers.cloudflare.com/api/resources/kv/subresources/namespaces/methods/create/>).
pub const MAX_TITLE_BYTES: usize = 512;

/// Why a title is refused.
///
/// ```
/// use kv_rules::{TitleError, check_title};
///
/// assert_eq!(check_title(""), Err(TitleError::Empty));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TitleError {
    /// The title has no characters.
    #[error("a title cannot be empty: Cloudflare takes 1 to {MAX_TITLE_BYTES} bytes")]
    Empty,
    /// The title is longer than [`MAX_TITLE_BYTES`].
    #[error(
        "this title has {bytes} bytes: Cloudflare takes at most {MAX_TITLE_BYTES}; shorten it by {}",
        bytes - MAX_TITLE_BYTES
    )]
    TooLong {
        /// Its length in bytes of UTF-8.
        bytes: usize,
    },
    /// The title contains a control character.
    #[error(
        "a title cannot contain the control character `{}`, which cannot be seen in the dashboard \
         or on a terminal: remove it", .0.escape_debug()
    )]
    Control(char),
    /// `{name}` is not a placeholder.
    #[error(
        "`{{{0}}}` is not a placeholder: a title can contain `{{app}}`, `{{stage}}` and `{{id}}`"
    )]
    UnknownPlaceholder(String),
    /// A placeholder is written as in JavaScript.
    #[error(
        "`${{{expression}}}` is JavaScript: write `{{{}}}`, since a title can contain \
         `{{app}}`, `{{stage}}` and `{{id}}`",
        meant(expression)
    )]
    Dollar {
        /// What is between its braces.
        expression: String,
    },
    /// A brace has no counterpart.
    #[error("this title has an unmatched `{0}`: write a placeholder such as `{{stage}}`")]
    UnmatchedBrace(char),
}

/// What a title can leave open until it is deployed.
///
/// ```
/// use kv_rules::{Placeholder, placeholders};
///
/// assert_eq!(placeholders("{app}-notes"), Ok(vec![Placeholder::App]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// `{app}`: the app that is deployed.
    App,
    /// `{stage}`: the stage that is deployed.
    Stage,
    /// `{id}`: the namespace's id in the state.
    Id,
}

impl Placeholder {
    /// The names that can appear between braces.
    pub const NAMES: [&'static str; 3] = ["app", "stage", "id"];
}

/// Which placeholder a JavaScript expression means, such as `app.stage`.
fn meant(expression: &str) -> &'static str {
    let last = expression.rsplit('.').next().unwrap_or(expression);
    Placeholder::NAMES.into_iter().find(|name| *name == last).unwrap_or("app")
}

enum Part<'a> {
    Literal(&'a str),
    Placeholder(Placeholder),
}

fn parts(template: &str) -> Result<Vec<Part<'_>>, TitleError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (literal, from) = rest.split_at(at);
        parts.push(Part::Literal(literal));
        if literal.ends_with('$')
            && let Some((name, _)) = from.strip_prefix('{').and_then(|from| from.split_once('}'))
        {
            return Err(TitleError::Dollar { expression: name.to_owned() });
        }
        let inner = from.strip_prefix('{').ok_or(TitleError::UnmatchedBrace('}'))?;
        let (name, after) = inner.split_once('}').ok_or(TitleError::UnmatchedBrace('{'))?;
        parts.push(Part::Placeholder(match name {
            "app" => Placeholder::App,
            "stage" => Placeholder::Stage,
            "id" => Placeholder::Id,
            _ => return Err(TitleError::UnknownPlaceholder(name.to_owned())),
        }));
        rest = after;
    }
    parts.push(Part::Literal(rest));
    Ok(parts)
}

/// The placeholders of a title template, in order.
///
/// ```
/// use kv_rules::{Placeholder, placeholders};
///
/// assert_eq!(placeholders("{app}-{stage}"), Ok(vec![Placeholder::App, Placeholder::Stage]));
/// assert!(placeholders("{user}").is_err());
/// ```
pub fn placeholders(template: &str) -> Result<Vec<Placeholder>, TitleError> {
    let parts = parts(template)?;
    Ok(parts
        .into_iter()
        .filter_map(|part| match part {
            Part::Placeholder(placeholder) => Some(placeholder),
            Part::Literal(_) => None,
        })
        .collect())
}

/// Fills the placeholders of a title and checks the result.
///
/// ```
/// assert_eq!(kv_rules::fill_title("{app}-{stage}-{id}", "shop", "dev", "users").unwrap(), "shop-dev-users");
/// ```
pub fn fill_title(template: &str, app: &str, stage: &str, id: &str) -> Result<String, TitleError> {
    let title: String = parts(template)?
        .into_iter()
        .map(|part| match part {
            Part::Literal(text) => text,
            Part::Placeholder(Placeholder::App) => app,
            Part::Placeholder(Placeholder::Stage) => stage,
            Part::Placeholder(Placeholder::Id) => id,
        })
        .collect();
    check_title(&title)?;
    Ok(title)
}

/// Checks a title that has no placeholders left.
///
/// ```
/// assert!(kv_rules::check_title("shop-prod-notes").is_ok());
/// assert!(kv_rules::check_title("two\nlines").is_err());
/// ```
pub fn check_title(title: &str) -> Result<(), TitleError> {
    if title.is_empty() {
        return Err(TitleError::Empty);
    }
    if title.len() > MAX_TITLE_BYTES {
        return Err(TitleError::TooLong { bytes: title.len() });
    }
    title.chars().find(|c| c.is_control()).map_or(Ok(()), |c| Err(TitleError::Control(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(fill_title("a-{stage}{id}", "shop", "dev", "x").unwrap(), "a-devx");
        assert_eq!(fill_title("plain", "shop", "dev", "x").unwrap(), "plain");
        assert_eq!(placeholders("{stage}{app}"), Ok(vec![Placeholder::Stage, Placeholder::App]));
    }

    #[test]
    fn what_is_not_a_placeholder_is_named() {
        let unknown = TitleError::UnknownPlaceholder("stge".to_owned());
        assert_eq!(fill_title("{stge}", "a", "b", "c"), Err(unknown));
        assert_eq!(fill_title("{app", "a", "b", "c"), Err(TitleError::UnmatchedBrace('{')));
        assert_eq!(fill_title("app}", "a", "b", "c"), Err(TitleError::UnmatchedBrace('}')));
    }

    #[test]
    fn the_limit_applies_to_the_filled_title() {
        let long = format!("{{app}}{}", "x".repeat(510));
        assert!(fill_title(&long, "ab", "dev", "id").is_ok());
        let too_long = TitleError::TooLong { bytes: 513 };
        assert_eq!(fill_title(&long, "abc", "dev", "id"), Err(too_long));
        assert_eq!(check_title(""), Err(TitleError::Empty));
        assert_eq!(check_title("a\nb"), Err(TitleError::Control('\n')));
    }
}
