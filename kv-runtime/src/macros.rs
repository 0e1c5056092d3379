//! `kv_namespace!`, as users see it; kv-macros does the work.

/// Declares a Workers KV namespace: its title, the values it is seeded with, and the types of its
/// keys.
///
/// The declaration makes a type with an accessor for each key, which reads and writes over any
/// [`Store`](crate::Store), and a `deploy` that brings the namespace to Cloudflare or to this
/// machine. Whatever Workers KV would refuse does not compile; one build shows every mistake.
///
/// ```
/// use kv_runtime::{MemoryStore, kv_namespace};
///
/// kv_namespace! {
///     /// Who is logged in.
///     pub struct Sessions;
///     title: "user-sessions",
///     values: [{
///         key: "session_123",
///         value: { userId: "user_456", role: "admin" },
///         expirationTtl: 3600 // expires in one hour
///     }]
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let sessions = Sessions::new(MemoryStore::new());
/// let session = sessions::Session123 { user_id: "user_456".to_owned(), role: "guest".to_owned() };
/// sessions.session_123().put(&session).await?;
/// assert_eq!(sessions.session_123().get().await?, Some(session));
/// # Ok(())
/// # }
/// ```
///
/// # The declaration
///
/// First, if you like, a header as of any struct: docs, attributes, visibility and
/// `struct Name;`. Without one the type is public and named after the title: `"user-data"` makes
/// `pub struct UserData`. Then properties in any order, parted by commas. Their names can be written
/// in `camelCase` or in `snake_case`.
///
/// | property | form | default |
/// |---|---|---|
/// | `title` | the name in Cloudflare's dashboard; `{app}`, `{stage}` and `{id}` are filled in when deploying | `"{app}-{stage}-{id}"` |
/// | `values` | the [entries](#values) that it is seeded with | none |
/// | `keys` | the [families](#families) of keys that the application makes | none |
/// | `adopt` | `true` takes over a namespace that has the title already; else that is an error | `false` |
/// | `delete` | whether destroying it deletes the namespace with its data, or leaves both at Cloudflare | `true`, but `false` for an adopted one |
/// | `id` | its name in the state: while the id stays, a new title is a rename | the type's name in `snake_case` |
/// | `was` | the id that it had before: the namespace and its data stay | none |
/// | `module` | the name of the module with the types that are made | the type's name in `snake_case` |
/// | `binding` | the Worker binding's name | the type's name in `SCREAMING_SNAKE_CASE` |
/// | `accountId` | a string or `env("NAME")` | `CLOUDFLARE_ACCOUNT_ID`, else discovered |
/// | `apiToken`, `apiKey` | `env("NAME")` only: secrets do not belong in source | `CLOUDFLARE_API_TOKEN`, `CLOUDFLARE_API_KEY` |
/// | `email` | a string or `env("NAME")`; goes with an API key | `CLOUDFLARE_EMAIL`, else discovered |
/// | `baseUrl` | a string or `env("NAME")` | `CLOUDFLARE_API_BASE_URL`, `CLOUDFLARE_BASE_URL`, else Cloudflare |
///
/// ```
/// # use kv_runtime::kv_namespace;
/// kv_namespace! { pub struct Users; title: "user-data" }
///
/// kv_namespace! {
///     pub struct Existing;
///     title: "existing-namespace",
///     adopt: true,
///     values: [{ key: "config", value: { setting: "updated-value" } }]
/// }
///
/// kv_namespace! { pub struct Preserved; title: "preserved-namespace", delete: false }
///
/// kv_namespace! {
///     title: "{app}-{stage}-feature-flags",
///     id: "flags",
///     binding: "FLAGS",
///     apiToken: env("FLAGS_API_TOKEN"),
/// }
/// # fn main() {}
/// ```
///
/// # Values
///
/// | property | form |
/// |---|---|
/// | `key` | 1 to 512 bytes of UTF-8, not `.` or `..` |
/// | `value` | a JSON literal, `file("path")`, `env("NAME")`, or a Rust struct literal; at most 25 MiB |
/// | `type` | the value's Rust type, any that is `Serialize + DeserializeOwned`, in place of the inferred one |
/// | `was` | the older types of a `type`, newest first: see [values that grow](#values-that-grow) |
/// | `metadata` | a JSON literal, at most 1,024 bytes as compact JSON |
/// | `expirationTtl` | how long it lives from the write: seconds, at least 60, text such as `"1h 30m"`, or a constant |
/// | `expiration` | when it ends: seconds since 1970 or RFC 3339 text; at least 60 s ahead when deploying |
/// | `once` | `true` seeds the key once, then leaves it to the application even if the declaration changes |
/// | `only` | the stages that it is for: see [by stage](#by-stage) |
/// | `as` | the accessor's name |
///
/// A JSON literal is written as in JSON or JavaScript: names may be bare, commas may trail. A
/// string is stored as its text, everything else as compact JSON. `file` reads a file of the
/// package when compiling; `env` reads a variable when deploying, and shows its text nowhere. A
/// struct literal such as `Theme { dark: true }` has its own path as its type. A literal with a
/// `type` of yours is held against that type when deploying, since a macro cannot see it.
///
/// A text can be made by `concat!`, `env!` and `stringify!`, and `#[cfg(...)]` before an entry or a
/// family has it only where that holds: one key can be declared once for each of several builds.
///
/// ```
/// # use kv_runtime::kv_namespace;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// pub struct Theme {
///     pub dark: bool,
///     pub accent: Option<String>,
/// }
///
/// kv_namespace! {
///     pub struct Assets;
///     title: "static-assets",
///     values: [
///         {
///             key: "main.js",
///             value: "content...",
///             metadata: { contentType: "application/javascript", etag: "abc123" }
///         },
///         { key: "manifest", value: file("Cargo.toml") },
///         { key: "webhook", value: env("WEBHOOK_URL"), once: true },
///         { key: "theme", value: Theme { dark: true, accent: None } },
///         { key: "theme/print", value: { dark: false, accent: null }, type: Theme },
///         { key: "sale", value: ["shoes", "hats"], expiration: "2037-01-31T12:00:00Z" },
///     ]
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let assets = Assets::new(kv_runtime::MemoryStore::new());
/// let meta = assets::MainJsMetadata {
///     content_type: "application/javascript".to_owned(),
///     etag: "abc123".to_owned(),
/// };
/// assets.main_js().put(&"content...".to_owned()).metadata(&meta).await?;
/// let (content, meta) = assets.main_js().get_with_metadata().await?.unwrap();
/// assert_eq!(content, "content...");
/// assert_eq!(meta.unwrap().etag, "abc123");
/// # Ok(())
/// # }
/// ```
///
/// Many entries come from files. They are checked when compiling, and read again when deploying: what
/// is deployed is what they hold then, without a rebuild, and nothing of them is in the program.
///
/// - `..file("seed.json")` takes a JSON file of any size in the format of `wrangler kv bulk put`. Its
///   expirations are compared with the clock when it is written, not while it does not change.
/// - `..dir("public")` takes every file below a folder. A key is the file's path with `/`, its
///   metadata the content type and an etag. Hidden files are left out, except for `.well-known`; so
///   are folders that are named `node_modules` or hold a `CACHEDIR.TAG`.
///
/// They make no accessors: a [family](#families) types their keys. Whether their values and metadata
/// are of its types is checked when deploying. A deploy that runs away from its sources is told where
/// they are with `--root`, or [`Deploy::root`](crate::Deploy::root).
///
/// ## Types of values
///
/// Without a `type`, the type of a JSON literal is inferred: an object is a struct in a module
/// named after the namespace, with fields in `snake_case`; an integer is an `i64`, or a `u64` beyond
/// it; any other number is an `f64`; a `null` beside other items makes them an `Option`; what has no
/// common type is a [`serde_json::Value`](crate::serde_json::Value). A `file` is a `String`, or
/// [`Bytes`](crate::Bytes) if it is not UTF-8; an `env` is a `String`.
///
/// How a value is stored follows its type alone, so that what is put is what is got, from a Worker
/// too: a `String` is stored as its text, [`Bytes`](crate::Bytes) as they are, and every other type
/// as compact JSON. Fields that a struct does not know are ignored when it is read.
///
/// # Families
///
/// A family types the keys that an application makes at run time. Its parameters are text, or of any
/// type that is `Display + FromStr`.
///
/// ```
/// # use kv_runtime::kv_namespace;
/// # use serde::{Deserialize, Serialize};
/// use futures_util::TryStreamExt;
/// use kv_runtime::Bytes;
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// pub struct Profile {
///     pub name: String,
/// }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// pub struct ProfileMeta {
///     pub visits: u32,
/// }
///
/// kv_namespace! {
///     pub struct Accounts;
///     title: "accounts",
///     keys: {
///         "token:{id}": String,
///         "user:{tenant}/{user_id: u64}": Profile {
///             metadata: ProfileMeta, expirationTtl: 86_400, as: profile,
///         },
///         "{path}": Bytes,
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let accounts = Accounts::new(kv_runtime::MemoryStore::new());
/// let ada = Profile { name: "Ada".to_owned() };
/// accounts.profile("acme", 42).put(&ada).metadata(&ProfileMeta { visits: 1 }).await?;
/// assert_eq!(accounts.profile("acme", 42).get().await?, Some(ada));
///
/// let all: Vec<_> = accounts.profile_list().try_collect().await?;
/// let ((tenant, user_id), key) = &all[0];
/// assert_eq!((tenant.as_str(), *user_id), ("acme", 42));
/// assert_eq!(key.metadata, Some(ProfileMeta { visits: 1 }));
/// # Ok(())
/// # }
/// ```
///
/// - The accessor is named after the text before the first parameter, without any after that
///   parameter, or as `as` says; `_list` at its end lists the family.
/// - A key parses back to the parameters that it was made of. Parameters that would not, such as
///   `"a/b"` for a parameter that ends at the next `/`, are an error when the accessor is awaited.
/// - Two families that could make one key do not compile, unless one of them is a single parameter
///   such as `"{path}"`: it takes the keys that no other family has.
/// - An entry of `values` whose key is of a family has the family's type, metadata and TTL, and so
///   has a pair of a file; an expiry of its own comes first.
///
/// # Constants, docs and names
///
/// An `expirationTtl` can be a Rust constant of `u64`, or be calculated: what Workers KV refuses does
/// not compile either. `/// docs` before an entry, a family or one of their properties become those of
/// its accessor. `#[cfg(...)]` before `struct Name;` is for everything that the declaration makes.
/// `module` names the module of the generated types, should its name be taken.
///
/// ```
/// # use kv_runtime::kv_namespace;
/// mod sessions {}
///
/// const SESSION_TTL: u64 = 60 * 60;
///
/// kv_namespace! {
///     #[cfg(not(target_arch = "wasm32"))]
///     pub struct Sessions;
///     title: "sessions",
///     module: session_types,
///     keys: {
///         /// Who is signed in.
///         "session:{id}": String { expirationTtl: SESSION_TTL },
///     },
///     values: [
///         /// How many requests one may make.
///         { key: "limits", value: { perMinute: 60 }, expirationTtl: 24 * SESSION_TTL },
///     ]
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let sessions = Sessions::in_memory();
/// let limits: session_types::Limits = sessions.limits().get().await?.unwrap();
/// assert_eq!(limits.per_minute, 60);
/// sessions.session("abc").put("ada").await?;
/// assert!(sessions.session("abc").info().await?.unwrap().expiration.is_some());
/// # Ok(())
/// # }
/// ```
///
/// # By stage
///
/// `value` and `delete` can be others in some stages, and an entry can be for some stages only. A stage
/// is named, or matched by a pattern in which `*` stands for any text; what has no `in` is for all
/// other stages. A plan shows what applies.
///
/// ```
/// # use kv_runtime::kv_namespace;
/// kv_namespace! {
///     pub struct Settings;
///     title: "{app}-{stage}-settings",
///     delete: false in "prod",
///     values: [
///         { key: "checkout", value: true, value: false in "prod" },
///         { key: "limits", value: { perMinute: 60 }, value: { perMinute: 600 } in ["prod", "prod-*"] },
///         { key: "debug", value: true, only: ["dev", "pr-*"] },
///     ]
/// }
/// ```
///
/// # Values that grow
///
/// A struct that changed reads what was written before, when the family, or the entry beside its
/// `type`, names its older types, newest first. What does not read as the newest is read as each of
/// them and turned into the newest by `From`; writing writes the newest. So what the newest type reads
/// is never tried as an older one: with `#[serde(default)]` on new fields it reads old values itself.
///
/// ```
/// # use kv_runtime::{Entry, MemoryStore, Store, kv_namespace};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// pub struct ProfileV1 { name: String }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// pub struct Profile { first: String, last: String }
///
/// impl From<ProfileV1> for Profile {
///     fn from(old: ProfileV1) -> Self {
///         let (first, last) = old.name.split_once(' ').unwrap_or((&old.name, ""));
///         Self { first: first.to_owned(), last: last.to_owned() }
///     }
/// }
///
/// kv_namespace! {
///     title: "people",
///     keys: { "user:{id}": Profile { was: [ProfileV1] } }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(MemoryStore::new());
/// let old = ProfileV1 { name: "Ada Lovelace".to_owned() };
/// Entry::<ProfileV1>::new(&store, "user:1")?.put(&old).await?;
///
/// let profile = People::new(store).user("1").get().await?.unwrap();
/// assert_eq!((profile.first.as_str(), profile.last.as_str()), ("Ada", "Lovelace"));
/// # Ok(())
/// # }
/// ```
///
/// # What it makes
///
/// | item | is |
/// |---|---|
/// | `Sessions` | the namespace: `Clone + Debug`, and [`Namespace`](crate::Namespace) |
/// | `Sessions::new(store)` | the namespace in a [`Store`](crate::Store), or in anything that makes one |
/// | `Sessions::from_env(&env)` | in a Worker: the namespace of the binding |
/// | `Sessions::deploy()` | the deploy of this namespace, to be awaited |
/// | `Sessions::connect()` | the namespace as it was deployed, by the state of its deploy |
/// | `Sessions::at(id)` | the namespace that has Cloudflare's id |
/// | `Sessions::in_memory()` | its declared entries in memory, for tests |
/// | `.reader()`, `.writer()` | the namespace, to be read only or written only: `Sessions<ReadOnly>`, `Sessions<WriteOnly>` |
/// | `Sessions::SESSION_123` | the [`Key`](crate::Key) of an entry |
/// | `.session_123()` | its [`Entry`](crate::Entry): `get`, `get_with_metadata`, `put`, `delete` |
/// | `.profile("acme", 42)` | the [`Entry`](crate::Entry) of a family's key |
/// | `.profile_list()` | a [`FamilyList`](crate::FamilyList): a stream of parameters and keys |
/// | `mod sessions` | the inferred types, such as `sessions::Session123` |
///
/// Names that are no identifiers are mapped: `main.js` to `main_js`, `2024` to `_2024`, `type` to
/// `r#type`. Two keys that map to one name do not compile; `as` gives one of them another.
#[macro_export]
macro_rules! kv_namespace {
    ($($tokens:tt)*) => {
        $crate::__private::kv_namespace! { $crate; $($tokens)* }
    };
}

/// The methods that every namespace has, so that using one needs no trait in scope.
#[doc(hidden)]
#[macro_export]
macro_rules! __namespace {
    ($namespace:ident) => {
        #[allow(dead_code, deprecated)]
        impl $namespace {
            /// The namespace in a store: Cloudflare's over its API, local files, memory, or a
            /// Worker's binding.
            pub fn new(store: impl ::core::convert::Into<$crate::Store>) -> Self {
                <Self as $crate::Namespace>::from_store(::core::convert::Into::into(store))
            }
        }

        #[allow(dead_code, deprecated)]
        impl<__Access> $namespace<__Access> {
            /// The store that the values are in.
            #[must_use]
            pub fn store(&self) -> &$crate::Store<__Access> {
                &self.store
            }

            /// The namespace, to be read only.
            #[must_use]
            pub fn reader(&self) -> $namespace<$crate::ReadOnly>
            where
                __Access: $crate::CanRead,
            {
                $namespace { store: self.store.reader() }
            }

            /// The namespace, to be written only.
            #[must_use]
            pub fn writer(&self) -> $namespace<$crate::WriteOnly>
            where
                __Access: $crate::CanWrite,
            {
                $namespace { store: self.store.writer() }
            }
        }

        $crate::__at! { $namespace }
        $crate::__deploy! { $namespace }
        $crate::__from_env! { $namespace }
        $crate::__in_memory! { $namespace }
    };
}

/// `in_memory()`, for tests of an application.
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_memory {
    ($namespace:ident) => {
        #[allow(dead_code, deprecated)]
        impl $namespace {
            /// The namespace in memory, with its entries as if it were just deployed: for tests. An
            /// `env(...)` is the text `[env NAME]`; the files of `..file` and `..dir` are left out.
            pub fn in_memory() -> Self {
                Self::new($crate::__private::in_memory(<Self as $crate::Namespace>::DECLARATION))
            }
        }
    };
}

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_memory {
    ($namespace:ident) => {};
}

/// `deploy()`, where this crate was built to deploy.
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __deploy {
    ($namespace:ident) => {
        #[allow(dead_code, deprecated)]
        impl $namespace {
            /// Deploys this namespace: creates what is missing and writes what changed.
            #[must_use]
            pub fn deploy() -> $crate::Deploy<Self> {
                $crate::Deploy::new()
            }

            /// Connects with what is deployed, by the state that the deploy left.
            pub fn connect() -> $crate::Connect<Self> {
                $crate::Connect::new()
            }
        }
    };
}

#[cfg(not(all(feature = "deploy", not(target_arch = "wasm32"))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __deploy {
    ($namespace:ident) => {};
}

/// `at()`, where this crate was built to call Cloudflare's API.
#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __at {
    ($namespace:ident) => {
        #[allow(dead_code, deprecated)]
        impl $namespace {
            /// Connects with the namespace that has Cloudflare's id.
            pub fn at(
                namespace_id: impl ::core::convert::Into<::std::string::String>,
            ) -> $crate::At<Self> {
                $crate::At::new(namespace_id)
            }
        }
    };
}

#[cfg(not(all(feature = "rest", not(target_arch = "wasm32"))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __at {
    ($namespace:ident) => {};
}

/// `from_env()`, in a Worker.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[macro_export]
macro_rules! __from_env {
    ($namespace:ident) => {
        #[allow(dead_code, deprecated)]
        impl $namespace {
            /// The namespace behind the Worker's binding.
            pub fn from_env(
                env: &$crate::worker::Env,
            ) -> ::core::result::Result<Self, $crate::Error> {
                let binding = <Self as $crate::Namespace>::DECLARATION.binding;
                ::core::result::Result::Ok(Self::new($crate::Store::from_env(env, binding)?))
            }
        }
    };
}

#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __from_env {
    ($namespace:ident) => {};
}

/// The constants and accessors of a namespace's entries, by the type of their values and metadata.
///
/// All of a type call the same two functions, which leave next to nothing to infer: that in thousands
/// of bodies saves the compiler a fifth of what it does for them. They stand in a constant without a
/// name, where no name of the user's can meet theirs.
#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
    ($namespace:ident; $(
        $key_of:ident: $key_type:ty, $entry_of:ident: $entry_type:ty, [$($generations:expr)?] {
            $($docs:tt $constant:ident $accessor:ident $key:tt $($ttl:expr)?;)*
        }
    )*) => {
        #[allow(deprecated)]
        const _: () = {
            $(
                const fn $key_of(key: &'static ::core::primitive::str) -> $key_type {
                    $crate::Key::declared(key)
                        $(.generations(::core::option::Option::Some($generations)))?
                }

                fn $entry_of<__Access>(
                    namespace: &$namespace<__Access>,
                    key: &'static ::core::primitive::str,
                ) -> $entry_type {
                    namespace.store.entry($key_of(key))
                }
            )*

            // An entry is there to be deployed; no program must use every accessor.
            #[allow(dead_code, deprecated)]
            impl $namespace {
                $($(
                    #[doc = $docs]
                    pub const $constant: $key_type = $key_of($key)$(.expiration_ttl($ttl))?;
                )*)*
            }

            #[allow(dead_code, deprecated)]
            impl<__Access> $namespace<__Access> {
                $($(
                    #[doc = $docs]
                    pub fn $accessor(&self) -> $entry_type {
                        $entry_of(self, $key)$(.expiration_ttl($ttl))?
                    }
                )*)*
            }
        };
    };
}
