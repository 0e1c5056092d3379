//! The entries of `values`.

use kv_rules::shown;
use std::rc::Rc;

use kv_rules::seed::{FileError, Package};
use proc_macro2::{Ident, Span, TokenStream};

use super::Context;
use super::expiry::expiry;
use super::family::{Families, Family, older};
use super::json::{Literal, literal};
use super::property::Properties;
use crate::infer::Shape;
use crate::model::{Expiry, File, Ttl, Type, UserType, Value};
use crate::syntax::{self, ENTRY, Expression, Function, Json, JsonKind, Name, ValueKind, is_text};

/// An entry without its names, and with shapes for the types that are not generated yet.
pub(super) struct Entry {
    pub(super) docs: String,
    pub(super) cfg: TokenStream,
    /// The same as text, for comparisons.
    pub(super) cfg_text: Rc<str>,
    pub(super) key: Name,
    pub(super) name: Option<Ident>,
    pub(super) value: Value,
    pub(super) ty: EntryType,
    /// The older types of its value, newest first.
    pub(super) was: Vec<UserType>,
    pub(super) metadata: Option<String>,
    pub(super) metadata_ty: EntryType,
    pub(super) expiry: Option<Expiry>,
    pub(super) default_ttl: Option<Ttl>,
    pub(super) once: bool,
    pub(super) only: Vec<String>,
    pub(super) by_stage: Vec<(Vec<String>, Value)>,
}

/// A type that is known, or the shape of one to generate.
#[derive(Debug)]
pub(super) enum EntryType {
    Known(Type),
    Inferred(Shape),
}

/// Reads an entry; `None` when its key could not be understood.
pub(super) fn entry(written: syntax::Entry, families: &Families<'_>) -> Option<Entry> {
    let context = families.context;
    let mut properties =
        Properties::new(written.properties, ENTRY, "an entry", written.is_lost, context);
    let docs = properties.docs(&written.docs);
    let is_lost = written.is_lost || properties.has_unknown;
    if properties.span("key").is_none() && !is_lost {
        let and_value = if properties.span("value").is_none() { " and no value" } else { "" };
        let example =
            if and_value.is_empty() { "key: \"...\"" } else { "key: \"...\", value: ..." };
        context.push(written.open, format!("this entry has no key{and_value}: add `{example}`"));
    }
    let key = key(&mut properties);
    let family = key.as_ref().and_then(|key| families.of_key(&key.text));
    let type_at = properties.span("type");
    let own_type = properties.ty("type");
    let has_was = properties.span("was").is_some();
    let was = was(&mut properties, family, own_type.as_ref());
    if let (Some(family), Some(span)) = (family, type_at) {
        let (types, both) = if has_was { ("types", " and `was`") } else { ("type", "") };
        context.push(
            span,
            format!(
                "the family `{}` gives this key its {types}: remove `type`{both}, or choose a key outside \
                 the family",
                shown(family.pattern_text())
            ),
        );
    }
    let declared = match (family, own_type) {
        (Some(family), _) => match &family.ty {
            Type::User(ty) => Some(ty.clone()),
            // The family's type could not be read, and that was reported.
            _ => None,
        },
        (None, Some(ty)) => Some(UserType::new(ty)),
        (None, None) => None,
    };
    let by_stage = properties.take_by_stage("value");
    let written_value = properties.take("value").map_or_else(
        || {
            let message = if by_stage.is_empty() {
                "this entry has no value: add `value: ...`"
            } else {
                "this entry has no value for the other stages: add `value: ...`, or name its stages with \
                 `only: [...]`"
            };
            if !is_lost && key.is_some() {
                context.push(written.open, message);
            }
            syntax::Value { span: written.open, kind: ValueKind::Broken }
        },
        |(_, value)| value,
    );
    let (value, mut ty) = value(written_value, declared.clone(), &properties);
    let by_stage = by_stage.into_iter().map(|(stages, written)| {
        let span = written.span;
        let (own, other) = self::value(written, declared.clone(), &properties);
        let one = std::mem::replace(&mut ty, EntryType::Known(Type::Json));
        // An unknown value was already reported.
        let is_known = !matches!(value, Value::Unknown) && !matches!(own, Value::Unknown);
        ty = match (&value, &own) {
            _ if is_known => same_type(one, other, span, context),
            (Value::Unknown, _) => other,
            _ => one,
        };
        (stages, own)
    });
    let by_stage = by_stage.collect();
    let metadata = metadata(&mut properties, family);
    let metadata_ty = match (family, &metadata) {
        (Some(family), _) => EntryType::Known(family.metadata_ty.clone()),
        (None, Some(literal)) => EntryType::Inferred(literal.shape.clone()),
        (None, None) => EntryType::Known(Type::Json),
    };
    let own_expiry = expiry(&mut properties);
    let family_ttl = family.and_then(|family| family.default_ttl.clone());
    let default_ttl = match &own_expiry {
        Some(Expiry::Ttl(ttl)) => Some(ttl.clone()),
        _ => family_ttl.clone(),
    };
    Some(Entry {
        docs,
        cfg_text: written.cfg.to_string().into(),
        cfg: written.cfg,
        name: properties.ident("as"),
        once: properties.boolean("once").unwrap_or(false),
        only: properties.only(),
        by_stage,
        key: key?,
        value,
        ty,
        was,
        metadata: metadata.filter(|literal| literal.json != "null").map(|literal| literal.json),
        metadata_ty,
        expiry: own_expiry.or(family_ttl.map(Expiry::Ttl)),
        default_ttl,
    })
}

/// The type of two values of one key.
fn same_type(one: EntryType, other: EntryType, span: Span, context: Context<'_>) -> EntryType {
    match (one, other) {
        // Text is stored as it is, everything else as JSON.
        (EntryType::Inferred(one), EntryType::Inferred(other))
            if matches!(one, Shape::Text) == matches!(other, Shape::Text)
                && !matches!(one.clone().unify(other.clone()), Shape::Any) =>
        {
            EntryType::Inferred(one.unify(other))
        }
        (EntryType::Known(one), EntryType::Known(other)) if one == other => EntryType::Known(one),
        // Text from a file or a variable has the same type as a text literal.
        (EntryType::Known(Type::String), EntryType::Inferred(Shape::Text))
        | (EntryType::Inferred(Shape::Text), EntryType::Known(Type::String)) => {
            EntryType::Known(Type::String)
        }
        (one, _) => {
            let message = "this value has another type than the value for the other stages: give both \
                           the same type, or add `type: ...`";
            context.push(span, message);
            one
        }
    }
}

/// The older types of an entry's value: those of its family, or its own if it has a `type`.
fn was(
    properties: &mut Properties<'_>,
    family: Option<&Family<'_>>,
    own_type: Option<&TokenStream>,
) -> Vec<UserType> {
    let at = properties.span("was");
    let Some(own) = properties.types("was") else { return Vec::new() };
    match (family, at) {
        // If `type` is there too, the mistake is reported there.
        (Some(family), Some(span)) if own_type.is_none() => properties.context.push(
            span,
            format!(
                "the family `{}` gives this key its types: write `was` there",
                shown(family.pattern_text())
            ),
        ),
        (None, Some(span)) if own_type.is_none() => {
            let message =
                "`was` names older types of a `type`, but this entry has none: add `type: ...`";
            properties.context.push(span, message);
            return Vec::new();
        }
        _ => {}
    }
    match family {
        Some(family) => family.was.clone(),
        None => older(own, at, own_type, properties.context),
    }
}

fn key(properties: &mut Properties<'_>) -> Option<Name> {
    let key = properties.text("key")?;
    if let Err(error) = kv_rules::check_key(&key.text) {
        properties.context.push(key.span, error);
        return None;
    }
    if key.text.contains("${") {
        let pattern = key.text.replace("${", "{");
        let message = format!(
            "`${{` is JavaScript, and an entry has one key: write the key itself, or a family \
             `keys: {{ \"{}\": Type }}`",
            shown(&pattern)
        );
        properties.context.push(key.span, message);
        return None;
    }
    Some(key)
}

fn value(
    written: syntax::Value,
    declared: Option<UserType>,
    properties: &Properties<'_>,
) -> (Value, EntryType) {
    let known = |ty: Option<UserType>, other| EntryType::Known(ty.map_or(other, Type::User));
    let span = written.span;
    match written.kind {
        ValueKind::Json(json) => json_value(json, declared, properties.context),
        ValueKind::Call(call) => {
            match call.function {
                Function::File => file(call.argument, declared, properties.context),
                Function::Env => {
                    let value = properties.env(call).map_or(Value::Unknown, Value::Env);
                    (value, known(declared, Type::String))
                }
                Function::Dir => {
                    properties.context.push(span, "`dir(...)` gives many entries: write `..dir(\"path\")` as an item of `values`");
                    (Value::Unknown, known(declared, Type::Json))
                }
            }
        }
        ValueKind::Struct(literal) => {
            let ty = declared.unwrap_or(UserType::new(literal.ty));
            (Value::Rust(literal.expression), EntryType::Known(Type::User(ty)))
        }
        kind => {
            let takes = "JSON, `file(\"path\")`, `env(\"NAME\")` or a struct literal";
            let example = match &kind {
                ValueKind::Expression(expression) => instead(expression),
                _ => "value: Theme { dark: true }` or `value: \"text\"".to_owned(),
            };
            properties.mismatch("value", takes, &example, span, &kind);
            (Value::Unknown, known(declared, Type::Json))
        }
    }
}

/// What to write in place of a Rust expression that is no value.
fn instead(Expression { shown, macro_name }: &Expression) -> String {
    let example = match macro_name.as_deref() {
        Some("include_str" | "include_bytes") => "value: file(\"path\")",
        Some("env" | "option_env") => "value: env(\"NAME\")",
        Some("vec") => "value: [1, 2]",
        Some("format" | "concat" | "stringify") => "value: \"text\"",
        Some(_) => "value: { name: 1 }",
        None if shown == "None" => "value: null",
        None if ["TRUE", "True"].contains(&shown.as_str()) => "value: true",
        None if ["FALSE", "False"].contains(&shown.as_str()) => "value: false",
        None if ["NaN", "Infinity"].contains(&shown.as_str()) => "value: null",
        None if shown.contains(' ') && is_text(shown) => return format!("value: \"{shown}\""),
        None => "value: Theme { dark: true }` or `value: \"text\"",
    };
    example.to_owned()
}

/// Checks a literal against one of Rust's own types; other types are left to the compiler or a deploy.
fn fits(what: &str, kind: &JsonKind, ty: &UserType) -> Result<(), String> {
    let ty = &*ty.text;
    let found = match kind {
        JsonKind::Bool(_) => "a bool",
        JsonKind::Integer(_) => "a number",
        JsonKind::Float(_) => "a fraction",
        JsonKind::String(_) => "text",
        JsonKind::Array(_) => "a list",
        JsonKind::Object(_) => "an object",
        JsonKind::Null | JsonKind::Broken => return Ok(()),
    };
    let fits = match (ty, kind) {
        ("bool", kind) => matches!(kind, JsonKind::Bool(_)),
        ("String", kind) => matches!(kind, JsonKind::String(_)),
        ("f32" | "f64", kind) => matches!(kind, JsonKind::Integer(_) | JsonKind::Float(_)),
        (_, JsonKind::Integer(digits)) => {
            if is_in_range(ty, digits) == Some(false) {
                return Err(format!(
                    "`{digits}` does not fit into `{ty}`: write another number, or choose a larger type"
                ));
            }
            true
        }
        _ => is_in_range(ty, "0").is_none(),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{what} is {found}, but its type is `{ty}`: change one of the two"))
    }
}

/// Whether a whole number fits a type; `None` if the type is not one of Rust's integers.
fn is_in_range(ty: &str, digits: &str) -> Option<bool> {
    Some(match ty {
        "u8" => digits.parse::<u8>().is_ok(),
        "u16" => digits.parse::<u16>().is_ok(),
        "u32" => digits.parse::<u32>().is_ok(),
        "u64" | "usize" => digits.parse::<u64>().is_ok(),
        "i8" => digits.parse::<i8>().is_ok(),
        "i16" => digits.parse::<i16>().is_ok(),
        "i32" => digits.parse::<i32>().is_ok(),
        "i64" | "isize" => digits.parse::<i64>().is_ok(),
        "u128" | "i128" => true,
        _ => return None,
    })
}

fn json_value(json: Json, declared: Option<UserType>, context: Context<'_>) -> (Value, EntryType) {
    let span = json.span;
    // The type decides whether a text is stored as it is or as JSON; as it is, it is shorter.
    let text_length = match &json.kind {
        JsonKind::String(text) => Some(text.len()),
        _ => None,
    };
    let (stored, value, ty) = match (json.kind, declared) {
        (JsonKind::String(text), None) => {
            (text.len(), Value::Text(text), EntryType::Inferred(Shape::Text))
        }
        (kind, declared) => {
            if let Some(ty) = &declared
                && let Err(message) = fits("this value", &kind, ty)
            {
                context.push(span, message);
            }
            let Literal { json, shape } = literal(Json { span, kind }, context);
            let stored = text_length.unwrap_or(json.len());
            match declared {
                Some(ty) => (stored, Value::Typed(json), EntryType::Known(Type::User(ty))),
                None => (stored, Value::Text(json), EntryType::Inferred(shape)),
            }
        }
    };
    if let Err(error) = kv_rules::check_value(stored) {
        context.push(span, error);
    }
    (value, ty)
}

fn file(
    Name { text: written, span }: Name,
    declared: Option<UserType>,
    context: Context<'_>,
) -> (Value, EntryType) {
    let (value, is_text) = match read(&written, context.package) {
        Ok((absolute, is_text)) => (Value::File(File { written, absolute }), is_text),
        Err(error) => {
            context.push(span, error);
            (Value::Unknown, true)
        }
    };
    let inferred = if is_text { Type::String } else { Type::Bytes };
    (value, EntryType::Known(declared.map_or(inferred, Type::User)))
}

/// Where a file is, and whether it is text.
fn read(written: &str, package: &Package) -> Result<(String, bool), FileError> {
    let path = package.value_file(written)?;
    let bytes = std::fs::read(&path)
        .map_err(|source| FileError::Unreadable { path: written.to_owned(), source })?;
    let absolute = path.into_os_string().into_string();
    let absolute = absolute.map_err(|path| FileError::NotUtf8(path.into()))?;
    Ok((absolute, str::from_utf8(&bytes).is_ok()))
}

fn metadata(properties: &mut Properties<'_>, family: Option<&Family<'_>>) -> Option<Literal> {
    let (_, syntax::Value { span, kind }) = properties.take("metadata")?;
    match kind {
        ValueKind::Json(json) => {
            if let Some(Type::User(ty)) = family.map(|family| &family.metadata_ty)
                && let Err(message) = fits("this metadata", &json.kind, ty)
            {
                properties.context.push(span, message);
            }
            let literal = literal(json, properties.context);
            if let Err(error) = kv_rules::check_metadata(literal.json.len()) {
                properties.context.push(span, error);
            }
            Some(literal)
        }
        kind => {
            properties.mismatch("metadata", "JSON", "metadata: { name: \"...\" }", span, &kind);
            None
        }
    }
}
