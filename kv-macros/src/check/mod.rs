//! Every rule, applied to what was written. All mistakes are collected; what was understood
//! becomes the model.

mod context;
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

pub(crate) use self::context::Context;
use self::entry::{Entry, EntryType};
use self::family::Families;
use self::keys::{Keys, Place};
use self::names::Names;
use self::property::Properties;
use self::types::{Part, Types};
use crate::model::{self, Head, Namespace, Spread, Type, UserTypes};
use crate::syntax::{self, Call, Function, Item, NAMESPACE, ValueKind};

/// Checks a declaration; `None` when not even its name is known.
pub(crate) fn check(written: syntax::Namespace, context: Context<'_>) -> Option<Namespace> {
    let mut properties =
        Properties::new(written.properties, NAMESPACE, "a namespace", written.is_lost, context);
    let has_title = properties.span("title").is_some();
    let title = properties.text("title");
    // What could not be read may have been the title.
    let has_title = has_title || written.is_lost || properties.has_unknown;
    let head = namespace::head(written.header, has_title, title.as_ref(), context);
    let account = namespace::account(&mut properties);
    let adopt = properties.boolean("adopt").unwrap_or(false);
    let delete_by_stage = delete_by_stage(&mut properties);
    let delete = properties.boolean("delete");
    let chosen_module = properties.ident("module");
    let was = properties.text("was");
    let (id, binding) = (properties.text("id"), properties.text("binding"));
    let mut written_families = families(&mut properties);
    let families = Families::new(&mut written_families, context);
    let (entries, spreads) = values(&mut properties, &families);
    let head = head?;
    let id = namespace::id(id, &head, context);
    let was = namespace::was(was, &id, context);

    let mut names = Names::for_entries(entries.len(), context);
    let families = name_families(&families, &mut names);
    let (entries, structs) = name_entries(entries, &mut names);
    Some(Namespace {
        user_types: UserTypes::of(&entries, &families),
        runtime: written.runtime,
        title: namespace::title(title, &id, context),
        binding: namespace::binding(binding, &head, context),
        alias: alias(&head),
        module: module(&head, chosen_module.as_ref(), context),
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
    })
}

/// An alias of the type. Another declaration of the same name has a different alias.
fn alias(head: &Head) -> Ident {
    let span = head.name.span();
    // Spans have positions only inside the compiler.
    let place = proc_macro::is_available().then(|| (span.unwrap().line(), span.unwrap().column()));
    let (line, column) = place.unwrap_or_default();
    let name = crate::names::snake(&head.name.to_string()).unwrap_or_default();
    Ident::new(&format!("__{name}_{line}_{column}"), Span::call_site())
}

/// The module of the generated types: the name given for it, or one made from the type's name, which it
/// must differ from.
fn module(head: &Head, chosen: Option<&Ident>, context: Context<'_>) -> Ident {
    let name = head.name.to_string();
    match chosen {
        Some(chosen) if *chosen == name || crate::names::is_keyword(&chosen.to_string()) => {
            let message = format!(
                "the module of the generated types cannot be called `{chosen}`: write another \
                 name, such as `module: {}_types`",
                crate::names::snake(&name).unwrap_or_default()
            );
            context.push(chosen.span(), message);
        }
        Some(chosen) => return chosen.clone(),
        None => {}
    }
    let module = crate::names::snake(&name).unwrap_or_default();
    let module = if module == name { format!("{module}_types") } else { module };
    crate::names::ident(&module, Span::call_site().located_at(head.name.span()))
}

/// The values of `delete` for single stages.
fn delete_by_stage(properties: &mut Properties<'_>) -> Vec<(Vec<String>, bool)> {
    let mut all = Vec::new();
    for (stages, value) in properties.take_by_stage("delete") {
        match value.kind {
            ValueKind::Json(syntax::Json { kind: syntax::JsonKind::Bool(delete), .. }) => {
                all.push((stages, delete));
            }
            kind => {
                let (takes, example) = ("`true` or `false`", "delete: false in \"prod\"");
                properties.mismatch("delete", takes, example, value.span, &kind);
            }
        }
    }
    all
}

fn families(properties: &mut Properties<'_>) -> Vec<syntax::Family> {
    let Some((_, value)) = properties.take("keys") else { return Vec::new() };
    match value.kind {
        ValueKind::Families(families) => families,
        kind => {
            properties.mismatch(
                "keys",
                "a map",
                "keys: { \"session:{id}\": Session }",
                value.span,
                &kind,
            );
            Vec::new()
        }
    }
}

fn values(properties: &mut Properties<'_>, families: &Families<'_>) -> (Vec<Entry>, Vec<Spread>) {
    let (mut entries, mut spreads) = (Vec::new(), Vec::new());
    let Some((_, value)) = properties.take("values") else { return (entries, spreads) };
    let items = match value.kind {
        ValueKind::Entries(items) => items,
        kind => {
            properties.mismatch(
                "values",
                "a list",
                "values: [{ key: \"...\", value: ... }]",
                value.span,
                &kind,
            );
            Vec::new()
        }
    };
    let context = families.context;
    let mut keys = Keys::new(context);
    for item in items {
        match item {
            Item::Entry(written) => {
                let Some(entry) = entry::entry(written, families) else { continue };
                let place = Place::Entry(entry.key.span);
                match keys.claim(&entry.key.text, place, &entry.cfg_text) {
                    Ok(()) => entries.push(entry),
                    Err(clash) => match clash.entry {
                        Some(first) => {
                            context.push_with_other(entry.key.span, clash.message, first);
                        }
                        None => context.push(entry.key.span, clash.message),
                    },
                }
            }
            Item::Spread(Call { function: Function::File, argument }) => {
                spreads.push(spread::file(argument, &mut keys));
            }
            Item::Spread(Call { function: Function::Dir, argument }) => {
                spreads.push(spread::dir(argument, &mut keys));
            }
            Item::Spread(Call { function: Function::Env, argument }) => context.push(
                argument.span,
                "entries cannot come from the environment: write `..file(\"seed.json\")`, or an entry with \
                 `value: env(\"NAME\")`",
            ),
        }
    }
    (entries, spreads)
}

fn name_families(families: &Families<'_>, names: &mut Names<'_>) -> Vec<model::Family> {
    let mut named = Vec::with_capacity(families.all.len());
    for family in &families.all {
        // Families that overlap often share a name too, which would be a second error for one mistake.
        let mut name = || names.family(family);
        let errors = families.context.errors;
        let named_so = if family.overlaps { errors.silently(name).0 } else { name() };
        let Some((accessor, list)) = named_so else { continue };
        named.push(model::Family {
            docs: family.docs.clone(),
            cfg: family.cfg.clone(),
            pattern: family.pattern_text().to_owned(),
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
    names: &mut Names<'_>,
) -> (Vec<model::Entry>, Vec<model::Struct>) {
    let mut types = Types::default();
    let mut named = Vec::with_capacity(entries.len());
    for entry in entries {
        let (key, span) = (&entry.key.text, entry.key.span);
        let Some(entry_names) = names.entry(key, span, entry.name.as_ref(), &entry.cfg_text) else {
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
