//! Families: keys that an application creates at run time from typed parameters.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use kv_rules::{ParamError, Pattern, Segment, shown};

/// A declared family of keys; created by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Family {
    /// The pattern of its keys.
    pub pattern: Pattern<'static>,
    /// The more literal families, which own the keys that they match.
    pub shadowed_by: &'static [Pattern<'static>],
    /// The TTL in seconds of a pair whose put sets no expiration itself.
    pub expiration_ttl: Option<u64>,
}

/// Why parameters do not make a key of a family.
///
/// ```
/// use kv_runtime::{Error, FamilyError};
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// // It would read back as the user `a` and the id `b/1`.
/// let error = notes.note("a/b", 1).get().await.unwrap_err();
/// assert!(matches!(error, Error::InvalidParam(FamilyError::Params { .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FamilyError {
    /// A parameter, or the key that the parameters make, is not valid.
    #[error("these parameters do not make a key of the family `{family}`")]
    Params {
        /// The family's pattern.
        family: String,
        /// What is wrong with them.
        source: ParamError,
    },
    /// The key that the parameters make belongs to another family.
    #[error(
        "`{}` is a key of the family `{owner}`, not of `{family}`: use the accessor of `{owner}`",
        shown(.key)
    )]
    Shadowed {
        /// The key.
        key: String,
        /// The family whose accessor was called.
        family: String,
        /// The more literal family that it belongs to.
        owner: String,
    },
}

impl Family {
    /// The pattern as written in the declaration, without the types.
    pub(super) fn shown(&self) -> String {
        show(&self.pattern)
    }

    /// The key of these parameters.
    pub(crate) fn key(&self, params: &[Cow<'_, str>]) -> Result<String, FamilyError> {
        let family = || self.shown();
        let key = self
            .pattern
            .render(params)
            .map_err(|source| FamilyError::Params { family: family(), source })?;
        match self.owner(&key) {
            Some(owner) => Err(FamilyError::Shadowed { key, family: family(), owner: show(owner) }),
            None => Ok(key),
        }
    }

    /// The prefix of the keys that have these leading parameters.
    pub(crate) fn prefix(&self, params: &[Cow<'_, str>]) -> Result<String, FamilyError> {
        let prefix = self.pattern.render_prefix(params);
        prefix.map_err(|source| FamilyError::Params { family: self.shown(), source })
    }

    /// The parameters of a key, or `None` if it does not belong to this family.
    pub(crate) fn params<'k>(&self, key: &'k str) -> Option<Vec<&'k str>> {
        let params = self.pattern.match_key(key)?;
        self.owner(key).is_none().then_some(params)
    }

    fn owner(&self, key: &str) -> Option<&Pattern<'static>> {
        self.shadowed_by.iter().find(|pattern| pattern.match_key(key).is_some())
    }
}

/// The pattern as written in the declaration, without the types.
fn show(pattern: &Pattern<'_>) -> String {
    let segments = pattern.segments().iter();
    segments
        .map(|segment| match segment {
            Segment::Literal(text) => text.replace('{', "{{").replace('}', "}}"),
            Segment::Param(param) => format!("{{{}}}", param.name),
        })
        .collect()
}

/// A parameter that is not text: any type that implements `Display + FromStr`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a family: it does not implement `Display` and `FromStr`",
    label = "use a type that implements both, such as `u64`, or one of your own whose text parses back to it"
)]
pub trait TypedParam: Sized {
    /// How the parameter is written in a key.
    const TYPE: ParamType<Self>;
}

/// How parameters of a type are written in a key.
#[doc(hidden)]
#[derive(Debug)]
pub struct ParamType<P> {
    /// Formats a parameter.
    pub text: fn(&P) -> String,
    /// Parses a parameter; `None` if the parameter would make another key, as the `7` parsed from `007`
    /// would.
    pub parse: fn(&str) -> Option<P>,
}

// Without this the compiler would report each missing trait, wherever it is needed.
#[diagnostic::do_not_recommend]
impl<P: Display + FromStr> TypedParam for P {
    const TYPE: ParamType<Self> = ParamType {
        text: P::to_string,
        parse: |text| {
            let param: P = text.parse().ok()?;
            (param.to_string() == text).then_some(param)
        },
    };
}

/// What you can pass for a parameter of the type `P`: a `P`, or a `str` for a [`String`].
///
/// ```
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// let user = String::from("ada");
/// assert_eq!(notes.note_list().within(&user).count().await?, 0);
/// assert_eq!(notes.note_list().within("ada").count().await?, 0);
/// # Ok(())
/// # }
/// ```
pub trait LeadingParam<P> {
    #[doc(hidden)]
    fn text(self) -> String;
}

impl<P: Display + FromStr> LeadingParam<P> for P {
    fn text(self) -> String {
        self.to_string()
    }
}

impl LeadingParam<String> for &str {
    fn text(self) -> String {
        self.to_owned()
    }
}

impl LeadingParam<String> for &String {
    fn text(self) -> String {
        self.clone()
    }
}

/// The first parameters of a family with the parameters `P`: one by itself, several as a tuple. `K` is
/// how many.
///
/// ```
/// # kv_runtime::kv_namespace! { pub struct Visits; title: "visits", keys: { "visit:{user}/{day: u32}/{n: u32}": u8 } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let visits = Visits::in_memory();
/// // A day of one user.
/// let day = visits.visit_list().within(("ada", 2035));
/// assert_eq!(day.count().await?, 0);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`within` does not accept a `{Self}`: pass the first parameters of the family, but not all of them",
    label = "pass one parameter by itself, or several as a tuple; for a complete key, call the accessor"
)]
pub trait Leading<P, K> {
    #[doc(hidden)]
    fn texts(self) -> Vec<Cow<'static, str>>;
}

/// The number of parameters.
#[doc(hidden)]
#[derive(Debug)]
pub struct Given<const N: usize>;

macro_rules! leading {
    ($n:literal: $($given:ident $param:ident),*; $($rest:ident),*) => {
        #[allow(non_snake_case)]
        impl<$($given: LeadingParam<$param>, $param,)* $($rest),*>
            Leading<($($param,)* $($rest,)*), Given<$n>> for ($($given,)*)
        {
            fn texts(self) -> Vec<Cow<'static, str>> {
                let ($($given,)*) = self;
                vec![$(Cow::Owned($given.text())),*]
            }
        }
    };
}

macro_rules! leading_one {
    ($($rest:ident),*) => {
        impl<X: LeadingParam<A>, A, $($rest),*> Leading<(A, $($rest),*), Given<1>> for X {
            fn texts(self) -> Vec<Cow<'static, str>> {
                vec![Cow::Owned(self.text())]
            }
        }
    };
}

leading_one!(B);
leading_one!(B, C);
leading_one!(B, C, D);
leading_one!(B, C, D, E);
leading!(2: X A, Y B; C);
leading!(2: X A, Y B; C, D);
leading!(2: X A, Y B; C, D, E);
leading!(3: X A, Y B, Z C; D);
leading!(3: X A, Y B, Z C; D, E);
leading!(4: X A, Y B, Z C, W D; E);

#[cfg(test)]
mod tests {
    use super::*;

    fn family(pattern: &'static str, shadowed_by: &'static [Pattern<'static>]) -> Family {
        Family { pattern: Pattern::parse(pattern).unwrap(), shadowed_by, expiration_ttl: None }
    }

    #[test]
    fn a_catch_all_leaves_keys_to_more_literal_families() {
        static USER: [Segment<'static>; 2] = [
            Segment::Literal(Cow::Borrowed("user:")),
            Segment::Param(kv_rules::Param { name: "id", ty: None }),
        ];
        static OWNERS: [Pattern<'static>; 1] = [Pattern::from_segments(&USER)];
        let all = family("{path}", &OWNERS);
        assert_eq!(all.key(&["a/b".into()]).unwrap(), "a/b");
        assert_eq!(all.params("a/b"), Some(vec!["a/b"]));
        assert_eq!(all.params("user:1"), None);
        let error = all.key(&["user:1".into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`user:1` is a key of the family `user:{id}`, not of `{path}`: use the accessor of `user:{id}`"
        );
    }

    #[test]
    fn parameters_that_would_not_parse_back_are_refused() {
        let family = family("user:{tenant}/{id: u64}", &[]);
        let error = family.key(&["a/b".into(), "1".into()]).unwrap_err();
        assert!(matches!(error, FamilyError::Params { source: ParamError::Ambiguous { .. }, .. }));
        assert!(error.to_string().contains("`user:{tenant}/{id}`"), "{error}");
    }

    #[test]
    fn a_parameter_stands_for_one_text_only() {
        let parse = <u64 as TypedParam>::TYPE.parse;
        assert_eq!(["7", "007", "x"].map(parse), [Some(7), None, None]);
        assert_eq!((<String as TypedParam>::TYPE.parse)("x"), Some("x".to_owned()));
    }
}
