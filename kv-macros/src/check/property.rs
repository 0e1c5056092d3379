//! The properties of one namespace, entry or family: which are known, which appear twice, and what
//! kind of value each takes.

use kv_rules::shown;
use proc_macro2::{Ident, Span, TokenStream};

use super::Context;
use crate::errors::Habit;
use crate::model::UserType;
use crate::syntax::{Call, Function, Json, JsonKind, Name, Property, Value, ValueKind};
use crate::syntax::{Known, is_of_an_entry, is_text, spells};
use kv_rules::did_you_mean;

/// The properties that were written, each at most once.
pub(super) struct Properties<'a> {
    all: Vec<Property>,
    /// Those that are for single stages.
    by_stage: Vec<Property>,
    docs: String,
    /// Whether one of them has an unknown name: then nothing is reported as missing.
    pub(super) has_unknown: bool,
    pub(super) context: Context<'a>,
}

impl<'a> Properties<'a> {
    /// Reports what is unknown or appears twice. `place` says what has the properties. If the reader got
    /// lost, a property may appear twice only because of that.
    pub(super) fn new(
        written: Vec<Property>,
        all: &[Known],
        place: &str,
        is_lost: bool,
        context: Context<'a>,
    ) -> Self {
        let has_unknown = written.iter().any(|property| property.known.is_none());
        let mut kept: Vec<Property> = Vec::with_capacity(written.len());
        let docs = written.iter().map(|property| property.docs.as_str());
        let docs = docs.filter(|docs| !docs.is_empty()).collect::<Vec<_>>().join("\n");
        let (written, by_stage): (Vec<_>, Vec<_>) =
            written.into_iter().partition(|property| property.stages.is_empty());
        let by_stage = checked_stages(by_stage, context);
        for property in written {
            let text = &property.name.text;
            let names = || all.iter().map(|known| known.name);
            let is_spelt = property.known.is_some_and(|known| spells(text, known));
            // The tokens where the reader got lost, which were reported, can look like a property.
            let is_told = is_lost && property.known.is_none();
            if place == "a namespace" && property.known.is_none() && is_of_an_entry(text) {
                let message = format!(
                    "`{text}` is a property of an entry: write `values: [{{ key: \"...\", value: ... }}]`"
                );
                context.errors.push_once(Habit::NoEntry, property.name.span, message);
            } else if !is_spelt && !is_told {
                let meant = did_you_mean(text, names());
                let hint = match (elsewhere(text, place), property.known) {
                    (Some(instead), _) => format!(": {instead}"),
                    (None, Some(known)) if meant.is_empty() => {
                        format!("; did you mean `{known}`?")
                    }
                    (None, Some(_)) => meant,
                    (None, None) => {
                        let names: Vec<_> = names().map(|name| format!("`{name}`")).collect();
                        format!(": use one of {}", names.join(", "))
                    }
                };
                context.push(property.name.span, format!("{place} has no property `{text}`{hint}"));
            }
            match kept.iter().find(|other| other.known.is_some() && other.known == property.known) {
                // One slip is one error: this one was reported, or the stage after it was not read.
                Some(_) if !is_spelt || is_lost => {}
                Some(first) => context.push_with_other(
                    property.name.span,
                    format!("`{text}` appears twice: keep one of the two"),
                    first.name.span,
                ),
                None => kept.push(property),
            }
        }
        Self { all: kept, by_stage, docs, has_unknown, context }
    }

    /// The docs, from before the whole and from before single properties.
    pub(super) fn docs(&self, before: &str) -> String {
        let gap = if before.is_empty() || self.docs.is_empty() { "" } else { "\n" };
        format!("{before}{gap}{}", self.docs)
    }

    /// Takes the value of a property, if it was written.
    pub(super) fn take(&mut self, name: &'static str) -> Option<(Name, Value)> {
        let at = self.all.iter().position(|property| property.known == Some(name))?;
        let property = self.all.swap_remove(at);
        Some((property.name, property.value))
    }

    /// Takes the values that a property has for single stages.
    pub(super) fn take_by_stage(&mut self, name: &'static str) -> Vec<(Vec<String>, Value)> {
        let (taken, rest) = std::mem::take(&mut self.by_stage)
            .into_iter()
            .partition(|property: &Property| property.known == Some(name));
        self.by_stage = rest;
        let taken: Vec<Property> = taken;
        let stages = |stages: Vec<Name>| stages.into_iter().map(|stage| stage.text).collect();
        taken.into_iter().map(|property| (stages(property.stages), property.value)).collect()
    }

    /// The stages of `only`.
    pub(super) fn only(&mut self) -> Vec<String> {
        let Some((_, Value { span, kind })) = self.take("only") else { return Vec::new() };
        let mut stages = Vec::new();
        match kind {
            ValueKind::Json(Json { kind: JsonKind::Array(items), .. }) => {
                if items.is_empty() {
                    let message = "no stage has this entry: name some, such as \
                                   `only: [\"dev\", \"pr-*\"]`, or remove the entry";
                    self.context.push(span, message);
                }
                for Json { span, kind } in items {
                    match kind {
                        JsonKind::String(stage) => {
                            if let Err(error) = kv_rules::check_stage_pattern(&stage) {
                                self.context.push(span, error);
                            }
                            stages.push(stage);
                        }
                        JsonKind::Broken => {}
                        _ => self.context.push(span, "a stage is text, such as `\"dev\"`"),
                    }
                }
            }
            kind => {
                let takes = "a list of stages";
                self.mismatch("only", takes, "only: [\"dev\", \"pr-*\"]", span, &kind);
            }
        }
        stages
    }

    /// Where a property is.
    pub(super) fn span(&self, name: &'static str) -> Option<Span> {
        self.all.iter().find(|property| property.known == Some(name)).map(|found| found.name.span)
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<Name> {
        let (_, Value { span, kind }) = self.take(name)?;
        match kind {
            ValueKind::Json(Json { span, kind: JsonKind::String(text) }) => {
                Some(Name { text, span })
            }
            kind => {
                let meant = match &kind {
                    ValueKind::Expression(written) if is_text(&written.shown) => {
                        Some(written.shown.clone())
                    }
                    _ => None,
                };
                let text = meant.as_deref().unwrap_or("...");
                self.mismatch(name, "text", &format!("{name}: \"{text}\""), span, &kind);
                // A declaration can get its name from its title.
                meant.filter(|_| name == "title").map(|text| Name { text, span })
            }
        }
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let (_, Value { span, kind }) = self.take(name)?;
        match kind {
            ValueKind::Json(Json { kind: JsonKind::Bool(value), .. }) => Some(value),
            kind => {
                // If the value means no, the example must not say yes.
                let means_no = match &kind {
                    ValueKind::Json(Json { kind: JsonKind::Integer(digits), .. }) => digits == "0",
                    ValueKind::Json(Json { kind: JsonKind::String(text), .. }) => {
                        MEANS_NO.contains(&text.to_lowercase().as_str())
                    }
                    ValueKind::Expression(written) => {
                        MEANS_NO.contains(&written.shown.to_lowercase().as_str())
                    }
                    ValueKind::Json(Json { kind, .. }) => matches!(kind, JsonKind::Null),
                    _ => false,
                };
                let example = format!("{name}: {}", !means_no);
                self.mismatch(name, "`true` or `false`", &example, span, &kind);
                None
            }
        }
    }

    pub(super) fn ident(&mut self, name: &'static str) -> Option<Ident> {
        match self.take(name)?.1.kind {
            ValueKind::Ident(ident) => Some(ident),
            _ => None,
        }
    }

    /// Takes a property whose value is a constant.
    pub(super) fn constant(&mut self, name: &'static str) -> Option<TokenStream> {
        let is_constant = |property: &Property| {
            property.known == Some(name) && matches!(property.value.kind, ValueKind::Constant(_))
        };
        let at = self.all.iter().position(is_constant)?;
        match self.all.swap_remove(at).value.kind {
            ValueKind::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    /// The types of a property; `None` when they could not be read, and that was reported.
    pub(super) fn types(&mut self, name: &'static str) -> Option<Vec<UserType>> {
        match self.take(name).map(|(_, value)| value.kind) {
            None => Some(Vec::new()),
            Some(ValueKind::Types(types)) => Some(types.into_iter().map(UserType::new).collect()),
            Some(_) => None,
        }
    }

    pub(super) fn ty(&mut self, name: &'static str) -> Option<TokenStream> {
        match self.take(name)?.1.kind {
            ValueKind::Type(ty) => Some(ty),
            _ => None,
        }
    }

    /// Reports that a property takes something else.
    pub(super) fn mismatch(
        &self,
        name: &str,
        takes: &str,
        example: &str,
        span: Span,
        found: &ValueKind,
    ) {
        let constant = match found {
            ValueKind::Expression(expression) if is_constant(&expression.shown) => {
                Some(&expression.shown)
            }
            _ => None,
        };
        if let Some(constant) = constant.filter(|_| takes == "text") {
            let message = format!(
                "`{name}` takes text, but a macro cannot read the constant `{constant}`: write its text, \
                 or build it with `concat!(...)` and `env!(...)`"
            );
            self.context.push(span, message);
        } else if let Some(found) = describe(found) {
            self.context
                .push(span, format!("`{name}` takes {takes}, found {found}: write `{example}`"));
        }
    }

    /// The name of an environment variable.
    pub(super) fn env(&self, call: Call) -> Option<String> {
        let Name { text, span } = call.argument;
        let mut chars = text.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if starts && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Some(text);
        }
        self.context.push(
            span,
            format!(
                "`{}` cannot name an environment variable: use letters, digits and `_`, such as \
                 `env(\"API_TOKEN\")`",
                shown(&text)
            ),
        );
        None
    }
}

/// Words that people write for `false`.
const MEANS_NO: [&str; 4] = ["no", "false", "off", "never"];

/// What to write instead of a property that other tools have.
fn elsewhere(name: &str, place: &str) -> Option<&'static str> {
    Some(match (place, name) {
        ("a namespace", "dev") => {
            "a deploy with `--local` writes the files that `wrangler dev` reads; to use the deployed \
             namespace there, set `remote = true` for the binding in wrangler's configuration"
        }
        ("a namespace", "profile") => {
            "credentials come from CLOUDFLARE_API_TOKEN, or from a variable for this namespace alone: \
             `apiToken: env(\"NAME\")`"
        }
        ("a namespace", "stage") => "it is chosen when deploying, with `--stage prod` or KV_STAGE",
        ("a namespace", "app") => {
            "it is chosen when deploying, with `--app shop` or KV_APP, or by \
             `deploy_main! { app: \"shop\", namespaces: [...] }`"
        }
        ("a namespace", "name") => "write `title`, which is what it is called at Cloudflare",
        ("a namespace", "preview_id" | "previewId") => {
            "a deploy with `--local` has its own namespaces, and `--wrangler` writes their `preview_id`"
        }
        ("an entry", "val" | "data" | "content" | "body") => "write `value`",
        ("an entry", "name") => "write `key`",
        ("an entry" | "a family", "ttl" | "expiresIn" | "maxAge" | "expires_in" | "max_age") => {
            "write `expirationTtl`"
        }
        ("an entry", "expiresAt" | "expires" | "expires_at") => "write `expiration`",
        ("an entry" | "a family", "meta") => "write `metadata`",
        ("an entry", "base64") => "bytes belong in a file: write `value: file(\"path\")`",
        ("a family", "type") => "the type of its values follows the pattern: `\"user:{id}\": User`",
        _ => return None,
    })
}

/// The properties that can differ by stage, with the stages that are valid.
fn checked_stages(written: Vec<Property>, context: Context<'_>) -> Vec<Property> {
    let mut kept: Vec<Property> = Vec::new();
    for property in written {
        let name = property.known.unwrap_or_default();
        if !["value", "delete"].contains(&name) {
            let instead = match name {
                "title" => "write `{stage}` in it, such as `\"{stage}-flags\"`",
                _ => "remove the `in`",
            };
            let message = format!(
                "`{}` cannot differ by stage, only `value` and `delete` can: {instead}",
                property.name.text
            );
            context.push(property.name.span, message);
            continue;
        }
        // A stage without text was already reported.
        for stage in property.stages.iter().filter(|stage| !stage.text.is_empty()) {
            if let Err(error) = kv_rules::check_stage_pattern(&stage.text) {
                context.push(stage.span, error);
            }
            let has = |other: &&Property| {
                other.known == property.known && other.stages.iter().any(|s| s.text == stage.text)
            };
            if kept.iter().any(|other| has(&other)) {
                let message = format!("`{name}` of \"{}\" appears twice: keep one", stage.text);
                context.push(stage.span, message);
            }
        }
        kept.push(property);
    }
    kept
}

/// Whether a name is written like the name of a constant.
fn is_constant(shown: &str) -> bool {
    let is_upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    shown.starts_with(|c: char| c.is_ascii_uppercase()) && shown.chars().all(is_upper)
}

/// What was found, for a message; `None` when it was already reported.
fn describe(kind: &ValueKind) -> Option<String> {
    let found = match kind {
        ValueKind::Json(json) => match json.kind {
            JsonKind::Null => "`null`",
            JsonKind::Bool(_) => "a bool",
            JsonKind::Integer(_) => "a number",
            JsonKind::Float(_) => "a fraction",
            JsonKind::String(_) => "text",
            JsonKind::Array(_) => "a list",
            JsonKind::Object(_) => "an object",
            JsonKind::Broken => return None,
        },
        ValueKind::Call(call) => match call.function {
            Function::Dir => "`dir(...)`",
            Function::Env => "`env(...)`",
            Function::File => "`file(...)`",
        },
        ValueKind::Struct(_) => "a struct literal",
        ValueKind::Type(_) => "a type",
        ValueKind::Types(_) => "a list of types",
        ValueKind::Constant(_) => "a constant",
        ValueKind::Ident(_) => "a name",
        ValueKind::Entries(_) => "a list",
        ValueKind::Families(_) => "a map",
        ValueKind::Expression(expression) => return Some(format!("`{}`", expression.shown)),
        ValueKind::Broken => return None,
    };
    Some(found.to_owned())
}
