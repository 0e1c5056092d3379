//! The generated types: which shapes get one, what they are called, and which share one.

use std::collections::{HashMap, HashSet, VecDeque};

use proc_macro2::{Ident, Span};

use crate::infer::{Object, Shape};
use crate::model::{self, Field, Struct, Type};
use crate::names;

/// The structs of a namespace, by shape.
#[derive(Default)]
pub(super) struct Types {
    by_signature: HashMap<String, usize>,
    names: HashSet<String>,
    /// How often a name was wanted, so that finding a free one does not begin at 2 each time.
    wanted: HashMap<String, usize>,
    structs: Vec<Draft>,
    /// The structs whose fields are not resolved yet: the names of entries come before those of
    /// nested objects.
    pending: VecDeque<(usize, Object)>,
}

/// A part of an entry that has a type.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Value,
    Metadata,
}

struct Draft {
    name: String,
    ident: Ident,
    purposes: Purposes,
    fields: Vec<Field>,
}

/// What uses a struct as its type: the first use, and how many more there are.
struct Purposes {
    first: String,
    others: usize,
}

impl Types {
    /// The type of the value or metadata of an entry, whose struct is named after the accessor.
    pub(super) fn of_entry(
        &mut self,
        shape: Shape,
        names: &model::Names,
        part: Part,
        key: &str,
    ) -> Type {
        let nests = matches!(shape, Shape::Option(_) | Shape::List(_) | Shape::Object(_));
        // A declaration can have thousands of texts, which need no name.
        if !nests {
            return self.resolve(shape, "", Span::call_site(), "");
        }
        let accessor = names.accessor.to_string();
        let name = names::pascal(accessor.trim_start_matches("r#")).unwrap_or_default();
        let span = names.accessor.span();
        match part {
            Part::Value => self.resolve(shape, &name, span, &format!("the value of `{key}`")),
            Part::Metadata => {
                let purpose = format!("the metadata of `{key}`");
                self.resolve(shape, &format!("{name}Metadata"), span, &purpose)
            }
        }
    }

    /// The type of a shape. If it needs a new struct, `name` is the struct's name, and `span` is where an
    /// editor goes for it; `purpose` says what has the type.
    fn resolve(&mut self, shape: Shape, name: &str, span: Span, purpose: &str) -> Type {
        match shape {
            Shape::Nothing | Shape::Null | Shape::Any => Type::Json,
            Shape::Bool => Type::Bool,
            Shape::Integer(integers) if integers.is_large() => Type::U64,
            Shape::Integer(_) => Type::I64,
            Shape::Float => Type::F64,
            Shape::Text => Type::String,
            Shape::Option(inner) => match self.resolve(*inner, name, span, purpose) {
                Type::Json => Type::Json,
                ty => Type::Option(Box::new(ty)),
            },
            Shape::List(item) => {
                let purpose = format!("an item of {purpose}");
                Type::Vec(Box::new(self.resolve(*item, &format!("{name}Item"), span, &purpose)))
            }
            Shape::Object(object) if object.fields.is_empty() => Type::Json,
            Shape::Object(object) => self.object(object, name, span, purpose),
        }
    }

    /// Resolves nested objects.
    pub(super) fn finish(mut self) -> Vec<Struct> {
        while let Some((index, object)) = self.pending.pop_front() {
            let Some(parent) = self.structs.get(index).map(|draft| draft.name.clone()) else {
                continue;
            };
            let fields = self.fields(object, &parent);
            if let Some(draft) = self.structs.get_mut(index) {
                draft.fields = fields;
            }
        }
        let finish = |Draft { ident, purposes, fields, .. }| {
            let Purposes { first, others } = purposes;
            let purpose = match others {
                0 => first,
                1 => format!("{first} and of one other"),
                n => format!("{first} and of {n} others"),
            };
            Struct { name: ident, purpose, fields }
        };
        self.structs.into_iter().map(finish).collect()
    }

    fn object(&mut self, object: Object, name: &str, span: Span, purpose: &str) -> Type {
        let shape = Shape::Object(object);
        let signature = shape.signature();
        if let Some(index) = self.by_signature.get(&signature)
            && let Some(draft) = self.structs.get_mut(*index)
        {
            draft.purposes.others += 1;
            return Type::Struct(draft.ident.clone());
        }
        let name = self.free(name);
        let ident = names::ident(&name, span);
        let index = self.structs.len();
        let purposes = Purposes { first: purpose.to_owned(), others: 0 };
        self.structs.push(Draft { name, ident: ident.clone(), purposes, fields: Vec::new() });
        self.by_signature.insert(signature, index);
        if let Shape::Object(object) = shape {
            self.pending.push_back((index, object));
        }
        Type::Struct(ident)
    }

    fn fields(&mut self, object: Object, parent: &str) -> Vec<Field> {
        let mut taken: HashSet<String> = HashSet::new();
        let mut fields = Vec::with_capacity(object.fields.len());
        for field in object.fields {
            let base = names::snake(&field.name).unwrap_or_else(|| "field".to_owned());
            let mut name = base.clone();
            for n in 2.. {
                if taken.insert(name.clone()) {
                    break;
                }
                name = format!("{base}_{n}");
            }
            let struct_name = format!("{parent}{}", names::pascal(&name).unwrap_or_default());
            let purpose = format!("`{}` in {parent}", escape(&field.name));
            let ty = self.resolve(field.shape, &struct_name, field.span, &purpose);
            fields.push(Field {
                ident: names::ident(&name, field.span),
                json_name: field.name,
                ty,
                optional: field.optional,
                example: field.example,
            });
        }
        fields
    }

    fn free(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        while !self.names.insert(free.clone()) {
            let wanted = self.wanted.entry(name.to_owned()).or_insert(1);
            *wanted += 1;
            free = format!("{name}{wanted}");
        }
        free
    }
}

fn escape(name: &str) -> String {
    name.escape_debug().to_string().replace('`', "'")
}
