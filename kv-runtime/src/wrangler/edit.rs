//! Which places of a configuration say what is deployed, and how they are put right.

use serde_json::{Value, json};

use super::document::{Fault, Form, Kind, Node, Pair, Syntax};
use super::text::{List, Splice, apply, indentation, line_break, rest_of_line};
use super::{Binding, Field, toml};
use crate::deploy::DEFAULT_STAGE;

const NAMESPACES: &str = "kv_namespaces";

/// A text with its bindings put right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edited {
    pub(super) text: String,
    /// The bindings that were not right.
    pub(super) changed: Vec<String>,
}

/// Puts the bindings of a stage right.
pub(super) fn edit(
    syntax: &'static Syntax,
    text: &str,
    stage: &str,
    field: Field,
    bindings: &[Binding<'_>],
) -> Result<Edited, Fault> {
    let root = (syntax.parse)(text)?;
    let path = path(&root, stage);
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
        let entries = missing.iter().map(|b| json!({ "binding": b.name, field.key(): b.id }));
        edit.add(&place, &path, entries.collect());
    }
    Ok(Edited { text: apply(text, edit.splices), changed })
}

/// Of these bindings, those which `wrangler dev` has at Cloudflare, so that no local id is theirs.
pub(super) fn remote(
    syntax: &'static Syntax,
    text: &str,
    stage: &str,
    bindings: &[Binding<'_>],
) -> Result<Vec<String>, Fault> {
    let root = (syntax.parse)(text)?;
    let Place::Found(entries, _) = find(syntax, &root, &path(&root, stage))? else {
        return Ok(Vec::new());
    };
    let is_remote = |name: &str| entries.iter().any(|entry| entry.names(name) && entry.is_remote());
    let names = bindings.iter().map(|binding| binding.name).filter(|name| is_remote(name));
    Ok(names.map(str::to_owned).collect())
}

/// Takes the ids out of a stage's bindings, and with an id its binding, unless that says more.
pub(super) fn remove(
    syntax: &'static Syntax,
    text: &str,
    stage: &str,
    field: Field,
    ids: &[&str],
) -> Result<Edited, Fault> {
    let mut edited = Edited { text: text.to_owned(), changed: Vec::new() };
    // One at a time: two that stand beside each other share a comma.
    while let Some((binding, text)) = remove_one(syntax, &edited.text, stage, field, ids)? {
        edited.changed.push(binding);
        edited.text = text;
    }
    Ok(edited)
}

fn remove_one(
    syntax: &'static Syntax,
    text: &str,
    stage: &str,
    field: Field,
    ids: &[&str],
) -> Result<Option<(String, String)>, Fault> {
    let root = (syntax.parse)(text)?;
    let Place::Found(entries, array) = find(syntax, &root, &path(&root, stage))? else {
        return Ok(None);
    };
    let key = field.key();
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

/// Where a stage's bindings are. The default stage is the top level, which wrangler uses when no
/// environment is named, unless the configuration keeps an environment of that name apart.
fn path<'a>(root: &Node, stage: &'a str) -> Vec<&'a str> {
    let has_environment = || root.get("env").is_some_and(|env| env.get(stage).is_some());
    if stage == DEFAULT_STAGE && !has_environment() {
        vec![NAMESPACES]
    } else {
        vec!["env", stage, NAMESPACES]
    }
}

/// Where the entries are, or will be.
enum Place<'a> {
    /// The entries, and the array that holds them.
    Found(&'a [Node], &'a Node),
    /// There is no array; `holder` is the table to put it into, `depth` keys down the path.
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

    /// Whether `wrangler dev` is to use Cloudflare's namespace.
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
    /// Puts the id of an entry right.
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

    /// Adds a pair to an entry: below its binding, or at the end of what is in one piece.
    fn complete(&self, entry: &Node, pair: &str) -> Vec<Splice> {
        match (entry.form, entry.get("binding")) {
            (Form::Header, Some(binding)) => {
                let indent = indentation(self.text, binding.span.start);
                let end = rest_of_line(self.syntax, self.text, binding.end());
                let line = format!("{}{indent}{pair}", line_break(self.text));
                vec![Splice::insert(end.unwrap_or(binding.end()), line)]
            }
            _ => self.list(entry).append(&[pair.to_owned()]),
        }
    }

    /// Adds entries.
    fn add(&mut self, place: &Place<'_>, path: &[&str], entries: Vec<Value>) {
        match *place {
            Place::Found(siblings, Node { form: Form::Header, .. }) => {
                let end = siblings.iter().map(Node::end).max().unwrap_or(self.text.len());
                self.splices.push(toml::blocks(self.text, end, path, &entries));
            }
            Place::Found(_, array) => {
                let list = self.list(array);
                let lines = list.lines().filter(|_| list.has_long_items());
                let items: Vec<_> =
                    entries.iter().map(|e| (self.syntax.value)(e, lines.as_ref())).collect();
                self.splices.extend(list.append(&items));
            }
            Place::Missing { holder, depth } if holder.form == Form::Header => {
                // Only what stands under a header of its own has an end; the rest goes to the end
                // of the document.
                let own = depth > 0 && depth + 1 == path.len();
                let end = if own { holder.end() } else { self.text.len() };
                self.splices.push(toml::blocks(self.text, end, path, &entries));
            }
            Place::Missing { holder, depth } => {
                let list = self.list(holder);
                let lines = list.lines();
                let item = (self.syntax.pair)(&path[depth..], &entries.into(), lines.as_ref());
                self.splices.extend(list.append(&[item]));
            }
        }
    }

    fn list(&self, node: &Node) -> List<'_> {
        List::new(self.syntax, self.text, node)
    }
}
