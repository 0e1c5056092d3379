//! Finds the places of a configuration that name deployed namespaces, and updates them.

use serde_json::{Value, json};

use super::document::{Fault, Form, Kind, Node, Pair, Syntax};
use super::text::{List, Splice, apply, indentation, line_break, rest_of_line};
use super::{Binding, Field, Scope, toml};
use crate::deploy::DEFAULT_STAGE;

const NAMESPACES: &str = "kv_namespaces";
const PREVIEWS: &str = "previews";

/// The keys that wrangler does not inherit from the top level, besides `kv_namespaces`
/// (<https://developers.cloudflare.com/workers/wrangler/configuration/#non-inheritable-keys>).
const NOT_INHERITED: [&str; 16] = [
    "ai",
    "analytics_engine_datasets",
    "browser",
    "d1_databases",
    "define",
    "dispatch_namespaces",
    "durable_objects",
    "hyperdrive",
    "mtls_certificates",
    "queues",
    "r2_buckets",
    "secrets_store_secrets",
    "send_email",
    "services",
    "vars",
    "vectorize",
];

/// A text with updated bindings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edited {
    pub(super) text: String,
    /// The bindings that were out of date.
    pub(super) changed: Vec<String>,
}

/// Updates the bindings of a stage.
pub(super) fn edit(
    syntax: &'static Syntax,
    text: &str,
    scope: Scope<'_>,
    bindings: &[Binding<'_>],
) -> Result<Edited, Fault> {
    let root = (syntax.parse)(text)?;
    let (path, field) = (path(&root, scope), scope.field);
    let mut edit = Edit { syntax, text, field, splices: Vec::new() };
    let mut changed = Vec::new();
    let mut missing = Vec::new();
    let place = find(syntax, &root, &path)?;
    for binding in bindings {
        let entry = match place {
            Place::Found(entries, _) => entries.iter().find(|entry| entry.names(binding.name)),
            Place::Missing { .. } => None,
        };
        let before = edit.splices.len();
        match entry {
            Some(entry) if field == Field::PreviewId && entry.is_remote() => continue,
            Some(entry) => edit.update(entry, binding)?,
            None => missing.push(binding),
        }
        if entry.is_none() || edit.splices.len() > before {
            changed.push(binding.name.to_owned());
        }
    }
    if !missing.is_empty() {
        edit.add(&place, &path, &missing);
    }
    Ok(Edited { text: apply(text, edit.splices), changed })
}

/// The block in which a stage's bindings are; empty for the top level.
pub(super) fn block(
    syntax: &'static Syntax,
    text: &str,
    scope: Scope<'_>,
) -> Result<String, Fault> {
    let root = (syntax.parse)(text)?;
    let path = path(&root, scope);
    Ok(path.split_last().map_or_else(String::new, |(_, holders)| holders.join(".")))
}

/// The bindings with `remote`: `wrangler dev` uses their namespaces at Cloudflare, so they need no local
/// id.
pub(super) fn remote(
    syntax: &'static Syntax,
    text: &str,
    scope: Scope<'_>,
    bindings: &[Binding<'_>],
) -> Result<Vec<String>, Fault> {
    let root = (syntax.parse)(text)?;
    let Place::Found(entries, _) = find(syntax, &root, &path(&root, scope))? else {
        return Ok(Vec::new());
    };
    let is_remote = |name: &str| entries.iter().any(|entry| entry.names(name) && entry.is_remote());
    let names = bindings.iter().map(|binding| binding.name).filter(|name| is_remote(name));
    Ok(names.map(str::to_owned).collect())
}

/// What the top level has but the block of a stage lacks, and wrangler does not inherit.
pub(super) fn not_inherited(
    syntax: &'static Syntax,
    text: &str,
    scope: Scope<'_>,
) -> Result<Vec<String>, Fault> {
    let root = (syntax.parse)(text)?;
    let path = path(&root, scope);
    let holders = path.split_last().map_or(&[][..], |(_, holders)| holders);
    let block = holders.iter().try_fold(&root, |node, key| node.get(key));
    let Some(block) = block.filter(|_| !holders.is_empty()) else { return Ok(Vec::new()) };
    let lacks = |key: &&str| root.get(key).is_some() && block.get(key).is_none();
    let mut lacking: Vec<_> =
        NOT_INHERITED.into_iter().filter(lacks).map(|key| format!("`{key}`")).collect();
    let bindings = |node: &Node| match node.get(NAMESPACES).map(|node| &node.kind) {
        Some(Kind::Array(entries)) => entries
            .iter()
            .filter_map(|entry| entry.get("binding")?.text().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    let own = bindings(block);
    let others = bindings(&root).into_iter().filter(|name| !own.contains(name));
    lacking.extend(others.map(|name| format!("the binding {name}")));
    Ok(lacking)
}

/// Removes ids from a stage's bindings. The whole binding is removed, unless it has other settings.
pub(super) fn remove(
    syntax: &'static Syntax,
    text: &str,
    scope: Scope<'_>,
    ids: &[&str],
) -> Result<Edited, Fault> {
    let mut edited = Edited { text: text.to_owned(), changed: Vec::new() };
    // One at a time, because two adjacent bindings share a comma.
    while let Some((binding, text)) = remove_one(syntax, &edited.text, scope, ids)? {
        edited.changed.push(binding);
        edited.text = text;
    }
    Ok(edited)
}

fn remove_one(
    syntax: &'static Syntax,
    text: &str,
    scope: Scope<'_>,
    ids: &[&str],
) -> Result<Option<(String, String)>, Fault> {
    let root = (syntax.parse)(text)?;
    let Place::Found(entries, array) = find(syntax, &root, &path(&root, scope))? else {
        return Ok(None);
    };
    let key = scope.field.key();
    let id = |entry: &Node| entry.get(key).and_then(Node::text).is_some_and(|id| ids.contains(&id));
    let Some(entry) = entries.iter().find(|entry| id(entry)) else { return Ok(None) };
    let says_more = |pair: &Pair| pair.key != key && pair.key != "binding" && pair.key != "remote";
    let pairs = entry.pairs();
    let own = pairs.iter().rfind(|pair| pair.key == key);
    let (holder, item) = match own.filter(|_| pairs.iter().any(says_more)) {
        Some(pair) => (entry, pair.start..pair.value.end()),
        None => (array, entry.span.start..entry.end()),
    };
    let splices = match holder.form {
        Form::Header => vec![toml::lines(text, item)],
        Form::Whole | Form::Dotted => List::new(syntax, text, holder).remove(&item),
    };
    let binding = entry.get("binding").and_then(Node::text).unwrap_or_default();
    Ok(Some((binding.to_owned(), apply(text, splices))))
}

/// The path to a stage's bindings. They are in the environment with the stage's name. If there is none,
/// those of the default stage are at the top level, which wrangler uses if no environment is named, and
/// those of any other stage are in the block of Worker Previews, if there is one.
fn path<'a>(root: &Node, scope: Scope<'a>) -> Vec<&'a str> {
    let Scope { stage, field, previews } = scope;
    let has_environment = root.get("env").is_some_and(|env| env.get(stage).is_some());
    // `wrangler dev` does not read that block.
    let has_previews = field == Field::Id && root.get(PREVIEWS).is_some();
    if previews || (has_previews && !has_environment && stage != DEFAULT_STAGE) {
        vec![PREVIEWS, NAMESPACES]
    } else if stage == DEFAULT_STAGE && !has_environment {
        vec![NAMESPACES]
    } else {
        vec!["env", stage, NAMESPACES]
    }
}

/// Where the entries are, or will be.
enum Place<'a> {
    /// The entries, and the array that holds them.
    Found(&'a [Node], &'a Node),
    /// There is no array. `holder` is the table to put it into, which is `depth` keys down the path.
    Missing { holder: &'a Node, depth: usize },
}

fn find<'a>(syntax: &Syntax, root: &'a Node, path: &[&str]) -> Result<Place<'a>, Fault> {
    let mut node = root;
    let mut holder = (root, 0);
    for (depth, key) in path.iter().enumerate() {
        if !matches!(node.kind, Kind::Table(_)) {
            return Err(wrong(node, &name(&path[..depth]), syntax.table));
        }
        if node.form != Form::Dotted {
            holder = (node, depth);
        }
        match node.get(key) {
            Some(child) => node = child,
            None => return Ok(Place::Missing { holder: holder.0, depth: holder.1 }),
        }
    }
    let Kind::Array(entries) = &node.kind else { return Err(wrong(node, &name(path), "an array")) };
    match entries.iter().find(|entry| !matches!(entry.kind, Kind::Table(_))) {
        Some(entry) => Err(wrong(entry, &format!("an entry of {}", name(path)), syntax.table)),
        None => Ok(Place::Found(entries, node)),
    }
}

fn name(path: &[&str]) -> String {
    if path.is_empty() { "the document".to_owned() } else { format!("`{}`", path.join(".")) }
}

fn wrong(node: &Node, what: &str, expected: &str) -> Fault {
    Fault { at: node.span.start, message: format!("{what} must be {expected}") }
}

impl Node {
    /// Whether this is the entry of a binding.
    fn names(&self, binding: &str) -> bool {
        self.get("binding").and_then(Node::text) == Some(binding)
    }

    /// Whether `wrangler dev` uses the namespace at Cloudflare.
    fn is_remote(&self) -> bool {
        matches!(self.get("remote").map(|node| &node.kind), Some(Kind::Bool(true)))
    }
}

struct Edit<'a> {
    syntax: &'static Syntax,
    text: &'a str,
    field: Field,
    splices: Vec<Splice>,
}

impl Edit<'_> {
    /// Updates the id of an entry.
    fn update(&mut self, entry: &Node, binding: &Binding<'_>) -> Result<(), Fault> {
        let key = self.field.key();
        let id = Value::from(binding.id);
        let Some(node) = entry.get(key) else {
            let splices = self.complete(entry, &(self.syntax.pair)(&[key], &id, None));
            self.splices.extend(splices);
            return Ok(());
        };
        match node.text() {
            Some(text) if text == binding.id => {}
            Some(_) => {
                let id = (self.syntax.value)(&id, None);
                self.splices.push(Splice::replace(node.span.clone(), id));
            }
            None => {
                let what = format!("`{key}` of the binding {}", binding.name);
                return Err(wrong(node, &what, "a string"));
            }
        }
        Ok(())
    }

    /// Adds a pair to an entry: below its id or binding in a table with a header, otherwise at the end.
    fn complete(&self, entry: &Node, pair: &str) -> Vec<Splice> {
        let id = entry.get("id").filter(|_| self.field == Field::PreviewId);
        match (entry.form, id.or_else(|| entry.get("binding"))) {
            (Form::Header, Some(above)) => {
                let indent = indentation(self.text, above.span.start);
                let end = rest_of_line(self.syntax, self.text, above.end());
                let line = format!("{}{indent}{pair}", line_break(self.text));
                vec![Splice::insert(end.unwrap_or(above.end()), line)]
            }
            _ => self.list(entry).append(&[pair.to_owned()]),
        }
    }

    /// Adds entries, in the style of the one before them.
    fn add(&mut self, place: &Place<'_>, path: &[&str], bindings: &[&Binding<'_>]) {
        let entry = |binding: &&Binding<'_>| json!({ "binding": binding.name, self.field.key(): binding.id });
        match *place {
            Place::Found(siblings, Node { form: Form::Header, .. }) => {
                let end = siblings.iter().map(Node::end).max().unwrap_or(self.text.len());
                let block = |binding: &&Binding<'_>| {
                    let copied = siblings.last().and_then(|last| self.like(last, binding));
                    copied.unwrap_or_else(|| toml::block(self.text, path, &entry(binding)))
                };
                let blocks = bindings.iter().map(block).collect();
                self.splices.push(toml::add(self.text, end, blocks));
            }
            Place::Found(siblings, array) => {
                let list = self.list(array);
                let lines = list.lines().filter(|_| list.has_long_items());
                let item = |binding: &&Binding<'_>| {
                    let copied = siblings.last().and_then(|last| self.like(last, binding));
                    copied.unwrap_or_else(|| (self.syntax.value)(&entry(binding), lines.as_ref()))
                };
                let items: Vec<_> = bindings.iter().map(item).collect();
                self.splices.extend(list.append(&items));
            }
            Place::Missing { holder, depth } if holder.form == Form::Header => {
                // Only a table with its own header has an end; anything else goes to the end of the file.
                let own = depth > 0 && depth + 1 == path.len();
                let end = if own { holder.end() } else { self.text.len() };
                let block = |binding: &&Binding<'_>| toml::block(self.text, path, &entry(binding));
                let blocks = bindings.iter().map(block).collect();
                self.splices.push(toml::add(self.text, end, blocks));
            }
            Place::Missing { holder, depth } => {
                let list = self.list(holder);
                let lines = list.lines();
                let entries: Vec<_> = bindings.iter().map(entry).collect();
                let item = (self.syntax.pair)(&path[depth..], &entries.into(), lines.as_ref());
                self.splices.extend(list.append(&[item]));
            }
        }
    }

    /// Formats an entry like an existing one, if that has only a binding and this id.
    fn like(&self, sibling: &Node, binding: &Binding<'_>) -> Option<String> {
        let [_, _] = sibling.pairs() else { return None };
        let (name, id) = (sibling.get("binding")?, sibling.get(self.field.key())?);
        let whole = sibling.span.start..sibling.end();
        let mut values = [(name, binding.name), (id, binding.id)];
        values.sort_by_key(|(node, _)| node.span.start);
        let (mut written, mut at) = (String::new(), whole.start);
        for (node, value) in values {
            node.text()?;
            written.push_str(self.text.get(at..node.span.start)?);
            let quote = self.text.get(node.span.start..)?.chars().next()?;
            // Names and ids have no quotes in them.
            written.extend([quote].into_iter().chain(value.chars()).chain([quote]));
            at = node.span.end;
        }
        written.push_str(self.text.get(at..whole.end)?);
        let has_comment = written.contains('#') || written.contains("//") || written.contains("/*");
        (!has_comment).then_some(written)
    }

    fn list(&self, node: &Node) -> List<'_> {
        List::new(self.syntax, self.text, node)
    }
}
