//! The properties of the namespace itself.

use kv_rules::TitleError;
use proc_macro2::Span;

use super::Context;
use super::property::Properties;
use crate::model::{Account, Head, Setting};
use crate::names;
use crate::syntax::{Function, Header, Json, JsonKind, Name, Value, ValueKind};
use kv_rules::did_you_mean;

const DEFAULT_TITLE: &str = "{app}-{stage}-{id}";

/// The head of the namespace's type: from the header, or else from the title. A title that could not be
/// read was already reported.
pub(super) fn head(
    header: Header,
    has_title: bool,
    title: Option<&Name>,
    context: Context<'_>,
) -> Option<Head> {
    match header {
        Header::Broken => None,
        Header::Struct(head) if head.name.to_string().starts_with("__") => {
            let message = format!(
                "`{}` begins with `__`, as the names in the generated code do: choose another name",
                head.name
            );
            context.push(head.name.span(), message);
            None
        }
        Header::Struct(head) => Some(head),
        Header::Absent if has_title && title.is_none() => None,
        Header::Absent => {
            let Some(title) = title else {
                context.push(
                    Span::call_site(),
                    "this declaration has no name: begin with `pub struct Name;`, or add a `title`, which the type is \
                     then named after",
                );
                return None;
            };
            let literal = without_placeholders(&title.text);
            let name = names::pascal(&literal).filter(|name| !name.starts_with('_'));
            let Some(name) = name else {
                context.push(
                    title.span,
                    "no type can be named after this title, since a name begins with a letter: begin the declaration with \
                     `pub struct Name;`",
                );
                return None;
            };
            Some(Head::named(&name, title.span))
        }
    }
}

/// The namespace's key in the state.
pub(super) fn id(written: Option<Name>, head: &Head, context: Context<'_>) -> String {
    let (text, span, hint) = if let Some(Name { text, span }) = written {
        (text, span, "")
    } else {
        let id = names::snake(&head.name.to_string()).unwrap_or_default();
        (id, head.name.span(), "; add `id: \"...\"`")
    };
    if let Err(error) = kv_rules::check_id(&text) {
        context.push(span, format!("{error}{hint}"));
    }
    text
}

/// The id that the namespace had before.
pub(super) fn was(written: Option<Name>, id: &str, context: Context<'_>) -> Option<String> {
    let Name { text, span } = written?;
    if let Err(error) = kv_rules::check_id(&text) {
        context.push(span, error);
    } else if text == id {
        let message = format!(
            "`was` is the id that the namespace had before, but `{id}` is the id that it has now: \
             remove `was`, or give it another `id`"
        );
        context.push(span, message);
    }
    Some(text)
}

/// The name of the Worker binding.
pub(super) fn binding(written: Option<Name>, head: &Head, context: Context<'_>) -> String {
    let (text, span, hint) = if let Some(Name { text, span }) = written {
        (text, span, "")
    } else {
        let binding = names::screaming(&head.name.to_string()).unwrap_or_default();
        (binding, head.name.span(), "; add `binding: \"...\"`")
    };
    if let Err(error) = kv_rules::check_binding(&text) {
        context.push(span, format!("{error}{hint}"));
    }
    text
}

/// The title, its placeholders still open.
pub(super) fn title(written: Option<Name>, id: &str, context: Context<'_>) -> String {
    let Some(Name { text, span }) = written else { return DEFAULT_TITLE.to_owned() };
    // App and stage have at least one character, so a title too long here is too long when filled in.
    if let Err(error) = kv_rules::fill_title(&text, "a", "s", id) {
        let hint = match &error {
            TitleError::UnknownPlaceholder(name) => {
                let known = kv_rules::Placeholder::NAMES.map(|name| format!("{{{name}}}"));
                did_you_mean(&format!("{{{name}}}"), known.iter().map(String::as_str))
            }
            _ => String::new(),
        };
        context.push(span, format!("{error}{hint}"));
    }
    text
}

/// The account, credentials and base URL with which the namespace is deployed.
pub(super) fn account(properties: &mut Properties<'_>) -> Account {
    let email = |text: &str| kv_rules::check_email(text).map_err(|error| error.to_string());
    let id = |text: &str| kv_rules::check_account_id(text).map_err(|error| error.to_string());
    let url = |text: &str| kv_rules::check_base_url(text).map_err(|error| error.to_string());
    Account {
        id: setting(properties, "accountId", id),
        api_token: secret(properties, "apiToken", "CLOUDFLARE_API_TOKEN"),
        api_key: secret(properties, "apiKey", "CLOUDFLARE_API_KEY"),
        email: setting(properties, "email", email),
        base_url: setting(properties, "baseUrl", url),
    }
}

fn setting(
    properties: &mut Properties<'_>,
    name: &'static str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Option<Setting> {
    let (_, Value { span, kind }) = properties.take(name)?;
    match kind {
        ValueKind::Json(Json { kind: JsonKind::String(text), .. }) => {
            if let Err(error) = check(&text) {
                properties.context.push(span, error);
            }
            Some(Setting::Literal(text))
        }
        ValueKind::Call(call) if call.function == Function::Env => {
            properties.env(call).map(Setting::Env)
        }
        kind => {
            let example = format!("{name}: env(\"NAME\")");
            properties.mismatch(name, "text or `env(\"NAME\")`", &example, span, &kind);
            None
        }
    }
}

fn secret(properties: &mut Properties<'_>, name: &'static str, variable: &str) -> Option<String> {
    let (_, Value { span, kind }) = properties.take(name)?;
    match kind {
        ValueKind::Call(call) if call.function == Function::Env => properties.env(call),
        ValueKind::Json(Json { kind: JsonKind::String(_), .. }) => {
            properties.context.push(
                span,
                format!(
                    "a secret does not belong in source code, where every reader of the repository sees \
                     it: write `{name}: env(\"{variable}\")`, which is read when deploying"
                ),
            );
            None
        }
        kind => {
            let example = format!("{name}: env(\"{variable}\")");
            properties.mismatch(name, "`env(\"NAME\")`", &example, span, &kind);
            None
        }
    }
}

fn without_placeholders(title: &str) -> String {
    let mut literal = String::new();
    let mut rest = title;
    while let Some((before, after)) = rest.split_once('{') {
        literal.push_str(before);
        literal.push('-');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    literal.push_str(rest);
    literal
}
