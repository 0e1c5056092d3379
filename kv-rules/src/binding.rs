//! Binding names: how a Worker finds a namespace in its environment.

/// Why a name cannot be a binding.
///
/// ```
/// let error = kv_rules::check_binding("user-data").unwrap_err();
/// assert!(error.to_string().contains("USER_DATA"), "it offers a name that is one");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a binding, which has only letters a-z and A-Z, digits, `_` and `$`, and does not \
     begin with a digit: write one such as `{suggestion}`", suggestion = suggest(.0)
)]
pub struct BindingError(pub String);

/// Checks that a Worker can reach the binding as `env.NAME`
/// (<https://developers.cloudflare.com/kv/concepts/kv-bindings/>).
///
/// ```
/// assert!(kv_rules::check_binding("SESSIONS").is_ok());
/// assert!(kv_rules::check_binding("2fast").is_err());
/// ```
pub fn check_binding(name: &str) -> Result<(), BindingError> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| is_part(c) && !c.is_ascii_digit());
    if starts && chars.all(is_part) {
        return Ok(());
    }
    Err(BindingError(name.to_owned()))
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

fn suggest(name: &str) -> String {
    let replaced = name.chars().map(|c| if is_part(c) { c } else { '_' });
    let name: String = replaced.collect::<String>().to_uppercase();
    match name.chars().next() {
        None => "KV".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("_{name}"),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_is_a_javascript_identifier() {
        for good in ["SESSIONS", "sessions_2", "$kv", "_"] {
            assert_eq!(check_binding(good), Ok(()), "{good}");
        }
        for bad in ["", "2fast", "user-data", "a b", "ü"] {
            assert!(check_binding(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_error_offers_a_name_that_is_one() {
        for bad in ["", "2fast", "user-data", "a b", "ü"] {
            assert_eq!(check_binding(&suggest(bad)), Ok(()), "{bad}");
        }
    }
}
