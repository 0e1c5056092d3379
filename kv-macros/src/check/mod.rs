//! Every rule, applied to what was written. All mistakes are collected; what was understood
//! becomes the model.

mod entry;
mod expiry;
mod family;
mod json;
mod keys;
mod names;
mod namespace;
mod property;
mod spread;
mod types;

use proc_macro2::{Ident, Span};

use self::entry::{Context, Entry, EntryType};
use self::family::Families;
use self::keys::{Keys, Place};
use self::names::Names;
use self::property::{Properties, mismatch};
use self::types::{Part, Types};
use crate::errors::Errors;
use crate::model::{self, Head, Namespace, Spread, Type};
use crate::syntax::{self, Call, Function, Item, NAMESPACE, ValueKind};
use kv_rules::seed::Package;

/// Checks a declaration; `None` when not even its name is known.
pub(crate) fn check(
    written: syntax::Namespace,
    package: &Package,
    errors: &mut Errors,
) -> Option<Namespace> {
    let mut properties = Properties::new(written.properties, NAMESPACE, "a namespace", errors);
    let has_title = properties.span("title").is_some();
    let title = properties.text("title", errors);
    // What could not be read may have been the title.
    let has_title = has_title || written.is_lost;
    let head = namespace::head(written.header, has_title, title.as_ref(), errors);
    let account = namespace::account(&mut properties, errors);
    let adopt = properties.boolean("adopt", errors).unwrap_or(false);
    let delete_by_stage = delete_by_stage(&mut properties, errors);
    let delete = properties.boolean("delete", errors);
    let chosen_module = properties.ident("module");
    let was = properties.text("was", errors);
    let (id, binding) = (properties.text("id", errors), properties.text("binding", errors));
    let mut written_families = families(&mut properties, errors);
    let families = Families::new(&mut written_families, errors);
    let (entries, spreads) = values(&mut properties, &families, package, errors);
    let head = head?;
    let id = namespace::id(id, &head, errors);
    let was = namespace::was(was, &id, errors);

    let mut names = Names::for_entries(entries.len());
    let families = name_families(&families, &mut names, errors);
    let (entries, structs) = name_entries(entries, &mut names, errors);
    Some(Namespace {
        runtime: written.runtime,
        title: namespace::title(title, &id, errors),
        binding: namespace::binding(binding, &head, errors),
        scope: scope(&head),
        module: module(&head, chosen_module.as_ref(), errors),
        id,
        was,
        head,
        adopt,
        delete,
        delete_by_stage,
        account,
        families,
        entries,
        spreads,
        structs,
        is_broken: false,
    })
}

/// The hidden module of what is made. Another declaration of the name has another.
fn scope(head: &Head) -> Ident {
    let span = head.name.span();
    // Outside of a compiler there are no places.
    let place = proc_macro::is_available().then(|| (span.unwrap().line(), span.unwrap().column()));
    let (line, column) = place.unwrap_or_default();
    let name = crate::names::snake(&head.name.to_string()).unwrap_or_default();
    Ident::new(&format!("__{name}_{line}_{column}"), Span::call_site())
}

/// The module of the generated types: as it is called, else named after the type, which it must
/// differ from.
fn module(head: &Head, chosen: Option<&Ident>, errors: &mut Errors) -> Ident {
    let name = head.name.to_string();
    match chosen {
        Some(chosen) if *chosen == name || crate::names::is_keyword(&chosen.to_string()) => {
            let message = format!(
                "the module of the generated types cannot be called `{chosen}`: write another \
                 name, such as `module: {}_types`",
                crate::names::snake(&name).unwrap_or_default()
            );
            errors.push(chosen.span(), message);
        }
        Some(chosen) => return chosen.clone(),
        None => {}
    }
    let module = crate::names::snake(&name).unwrap_or_default();
    let module = if module == name { format!("{module}_types") } else { module };
    crate::names::ident(&module, Span::call_site().located_at(head.name.span()))
}

/// What `delete` is in some stages.
fn delete_by_stage(properties: &mut Properties, errors: &mut Errors) -> Vec<(Vec<String>, bool)> {
    let mut all = Vec::new();
    for (stages, value) in properties.take_by_stage("delete") {
        match value.kind {
            ValueKind::Json(syntax::Json { kind: syntax::JsonKind::Bool(delete), .. }) => {
                all.push((stages, delete));
            }
            kind => {
                let (takes, example) = ("`true` or `false`", "delete: false in \"prod\"");
                mismatch("delete", takes, example, value.span, &kind, errors);
            }
        }
    }
    all
}

fn families(properties: &mut Properties, errors: &mut Errors) -> Vec<syntax::Family> {
    let Some((_, value)) = properties.take("keys") else { return Vec::new() };
    match value.kind {
        ValueKind::Families(families) => families,
        kind => {
            mismatch(
                "keys",
                "a map",
                "keys: { \"session:{id}\": Session }",
                value.span,
                &kind,
                errors,
            );
            Vec::new()
        }
    }
}

fn values(
    properties: &mut Properties,
    families: &Families<'_>,
    package: &Package,
    errors: &mut Errors,
) -> (Vec<Entry>, Vec<Spread>) {
    let (mut entries, mut spreads) = (Vec::new(), Vec::new());
    let Some((_, value)) = properties.take("values") else { return (entries, spreads) };
    let items = match value.kind {
        ValueKind::Entries(items) => items,
        kind => {
            mismatch(
                "values",
                "a list",
                "values: [{ key: \"...\", value: ... }]",
                value.span,
                &kind,
                errors,
            );
            Vec::new()
        }
    };
    let context = Context { families, package };
    let mut keys = Keys::default();
    for item in items {
        match item {
            Item::Entry(written) => {
                let Some(entry) = entry::entry(written, &context, errors) else { continue };
                let place = Place::Entry(entry.key.span);
                match keys.claim(&entry.key.text, place) {
                    Ok(()) => entries.push(entry),
                    Err(clash) => match clash.entry {
                        Some(first) => {
                            errors.push_beside(entry.key.span, clash.message, first);
                        }
                        None => errors.push(entry.key.span, clash.message),
                    },
                }
            }
            Item::Spread(Call { function: Function::File, argument }) => {
                spreads.push(spread::file(argument, package, &mut keys, errors));
            }
            Item::Spread(Call { function: Function::Dir, argument }) => {
                spreads.push(spread::dir(argument, package, &mut keys, errors));
            }
            Item::Spread(Call { function: Function::Env, argument }) => errors.push(
                argument.span,
                "entries cannot come from the environment: write `..file(\"seed.json\")`, or an entry with \
                 `value: env(\"NAME\")`",
            ),
        }
    }
    (entries, spreads)
}

fn name_families(
    families: &Families<'_>,
    names: &mut Names,
    errors: &mut Errors,
) -> Vec<model::Family> {
    let mut named = Vec::with_capacity(families.all.len());
    for family in &families.all {
        let (text, span) = (family.pattern_text(), family.text.span);
        let chosen = family.name.as_ref();
        // Families that overlap often share a name too, which would be a second error for one mistake.
        let mut silent = Errors::default();
        let errors = if family.overlaps { &mut silent } else { &mut *errors };
        let Some((accessor, list)) =
            names.family(text, span, chosen, family.default_name(), errors)
        else {
            continue;
        };
        named.push(model::Family {
            docs: family.docs.clone(),
            cfg: family.cfg.clone(),
            pattern: text.to_owned(),
            segments: family.segments(),
            params: family.params.clone(),
            ty: family.ty.clone(),
            was: family.was.clone(),
            metadata_ty: family.metadata_ty.clone(),
            default_ttl: family.default_ttl.clone(),
            accessor,
            list,
            shadowed_by: families.shadowing(family),
        });
    }
    named
}

/// Gives entries their names and types. The types of all values come first, then those of
/// metadata, so that an entry's name never depends on what is nested in another.
fn name_entries(
    entries: Vec<Entry>,
    names: &mut Names,
    errors: &mut Errors,
) -> (Vec<model::Entry>, Vec<model::Struct>) {
    let mut types = Types::default();
    let mut named = Vec::with_capacity(entries.len());
    for entry in entries {
        let (key, span) = (&entry.key.text, entry.key.span);
        let Some(entry_names) = names.entry(key, span, entry.name.as_ref(), errors) else {
            continue;
        };
        let ty = match entry.ty {
            EntryType::Known(ty) => ty,
            EntryType::Inferred(shape) => types.of_entry(shape, &entry_names, Part::Value, key),
        };
        let metadata_ty = entry.metadata_ty;
        let named_entry = model::Entry {
            docs: entry.docs,
            cfg: entry.cfg,
            key: entry.key.text,
            value: entry.value,
            ty,
            was: entry.was,
            metadata: entry.metadata,
            metadata_ty: Type::Json,
            expiry: entry.expiry,
            default_ttl: entry.default_ttl,
            once: entry.once,
            only: entry.only,
            by_stage: entry.by_stage,
            names: entry_names,
        };
        named.push((named_entry, metadata_ty));
    }
    let entries = named.into_iter().map(|(mut entry, metadata_ty)| {
        entry.metadata_ty = match metadata_ty {
            EntryType::Known(ty) => ty,
            EntryType::Inferred(shape) => {
                types.of_entry(shape, &entry.names, Part::Metadata, &entry.key)
            }
        };
        entry
    });
    let entries = entries.collect();
    (entries, types.finish())
}
