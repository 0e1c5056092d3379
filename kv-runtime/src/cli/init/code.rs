//! Generates the code of the declarations.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::families::Family;
use super::names::id;

/// A namespace to declare.
#[derive(Debug, Default)]
pub(super) struct Namespace {
    /// The name of the struct that declares it.
    pub(super) name: String,
    /// The binding, if it has one.
    pub(super) binding: Option<String>,
    /// The stages in which it exists.
    pub(super) places: Vec<Place>,
    pub(super) families: Vec<Family>,
    /// The files that it is seeded from.
    pub(super) seeds: Vec<String>,
}

/// A namespace of one stage.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) stage: String,
    pub(super) namespace_id: Option<String>,
    /// Its title, if it could be looked up.
    pub(super) title: Option<String>,
}

impl Namespace {
    /// Its id in the declaration.
    pub(super) fn id(&self) -> String {
        id(&self.name)
    }

    /// The title, with `{stage}` if the stages' titles differ only by the stage, and notes about it.
    fn title(&self) -> (String, Vec<String>) {
        let known = |place: &Place| Some((place.stage.clone(), place.title.clone()?));
        let titles: Vec<(String, String)> = self.places.iter().filter_map(known).collect();
        let Some((_, first)) = titles.first() else {
            let note = "A guess: write the title that the namespace has in the dashboard, or a deploy \
                        will rename it.";
            return ("{app}-{stage}-{id}".to_owned(), vec![note.to_owned()]);
        };
        let candidates = titles.iter().map(|(stage, title)| title.replace(stage, "{stage}"));
        let candidates: BTreeSet<String> = candidates.collect();
        let candidates = candidates.into_iter().chain([first.clone()]);
        let plain = |title: &str| !title.replace("{stage}", "").contains(['{', '}']);
        let filled = |template: &str, stage: &str| template.replace("{stage}", stage);
        let fits = |template: &String| {
            plain(template) && titles.iter().all(|(stage, title)| filled(template, stage) == *title)
        };
        if let Some(template) = candidates.into_iter().find(fits) {
            return (template, Vec::new());
        }
        let notes = titles.iter().map(|(stage, title)| {
            format!(
                "In the stage {stage} its title is {title:?}: a deploy will rename it to this one."
            )
        });
        (first.replace(['{', '}'], ""), notes.collect())
    }

    fn code(&self, code: &mut String) {
        let (title, notes) = self.title();
        code.push_str("\nkv_namespace! {\n");
        for place in &self.places {
            if let Some(id) = &place.namespace_id {
                let _ = writeln!(
                    code,
                    "    /// In the stage {}: `{}`.",
                    one_line(&place.stage),
                    one_line(id)
                );
            }
        }
        let _ = writeln!(code, "    pub struct {};", self.name);
        for note in notes {
            let _ = writeln!(code, "    // {}", one_line(&note));
        }
        let _ = writeln!(code, "    title: {title:?},");
        let default = self.id().to_uppercase();
        if let Some(binding) = self.binding.as_ref().filter(|binding| **binding != default) {
            let _ = writeln!(code, "    binding: {binding:?},");
        }
        if !self.families.is_empty() {
            code.push_str("    keys: {\n");
            for Family { pattern, shape, keys, .. } in &self.families {
                let plural = if *keys == 1 { "key" } else { "keys" };
                let _ = writeln!(code, "        // {keys} {plural}");
                let _ = writeln!(code, "        {pattern:?}: {},", shape.ty());
            }
            code.push_str("    },\n");
        }
        if !self.seeds.is_empty() {
            let seeds = self.seeds.iter().map(|seed| format!("..file({seed:?})"));
            let seeds = seeds.collect::<Vec<_>>().join(", ");
            let _ = writeln!(code, "    values: [{seeds}],");
        }
        code.push_str("}\n");
        for family in &self.families {
            family.shape.structs(code);
        }
    }
}

fn one_line(text: &str) -> String {
    text.escape_debug().to_string()
}

/// The file of all declarations.
pub(super) fn file(namespaces: &[Namespace]) -> String {
    let mut code = "//! The Workers KV namespaces of this package, as found by `deploy init`.\n\n\
                    use kv_runtime::kv_namespace;\n"
        .to_owned();
    for namespace in namespaces {
        namespace.code(&mut code);
    }
    code
}
