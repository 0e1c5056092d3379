//! The public side of `kv_namespace!`; kv-macros implements it.

/// Declares a Workers KV namespace: its title, the values it is seeded with, and the types of its
/// keys.
///
/// The macro generates a type with an accessor for each key, which reads and writes through any
/// [`Store`](crate::Store), and a `deploy` function that creates or updates the namespace at
/// Cloudflare or on this machine. Anything that Workers KV would refuse fails to compile, and one
/// build reports every mistake.
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
/// A declaration can start with a struct header: docs, attributes, visibility and `struct Name;`.
/// Without a header, the type is public and named after the title: `"user-data"` generates
/// `pub struct UserData`. Properties follow in any order, separated by commas. Their names can be
/// written in `camelCase` or `snake_case`.
///
/// | property | form | default |
/// |---|---|---|
/// | `title` | the name in Cloudflare's dashboard; `{app}`, `{stage}` and `{id}` are filled in when deploying | `"{app}-{stage}-{id}"` |
/// | `values` | the [entries](#values) that the namespace is seeded with | none |
/// | `keys` | the [families](#families) of keys that the application creates | none |
/// | `adopt` | `true` takes over a namespace that already has the title; `false` makes that an error | `false` |
/// | `delete` | whether destroying deletes the namespace with its data, or leaves both at Cloudflare | `true`, or `false` for an adopted namespace |
/// | `id` | the namespace's name in the state: if the id stays the same, a new title renames the namespace | the type's name in `snake_case` |
/// | `was` | the previous id, to keep the namespace and its data when `id` changes | none |
/// | `module` | the name of the module with the generated types | the type's name in `snake_case` |
/// | `binding` | the Worker binding's name | the type's name in `SCREAMING_SNAKE_CASE` |
/// | `accountId` | a string or `env("NAME")` | `CLOUDFLARE_ACCOUNT_ID`, else discovered |
/// | `apiToken`, `apiKey` | `env("NAME")` only: secrets do not belong in source | `CLOUDFLARE_API_TOKEN`, `CLOUDFLARE_API_KEY` |
/// | `email` | a string or `env("NAME")`; used with an API key | `CLOUDFLARE_EMAIL`, else discovered |
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
/// | `type` | the value's Rust type instead of the inferred one; any `Serialize + DeserializeOwned` type |
/// | `was` | older versions of `type`, newest first: see [values that grow](#values-that-grow) |
/// | `metadata` | a JSON literal, at most 1,024 bytes as compact JSON |
/// | `expirationTtl` | when the pair expires, counted from the write: at least 60 seconds, as a number, text such as `"1h 30m"`, or a constant |
/// | `expiration` | when the pair expires: seconds since 1970 or RFC 3339 text; at least 60 s after the deploy |
/// | `once` | `true` writes the pair once, then leaves it to the application even if the declaration changes |
/// | `only` | the stages that have the entry: see [by stage](#by-stage) |
/// | `as` | the accessor's name |
///
/// A JSON literal is written as in JSON or JavaScript: names may be unquoted, commas may trail. A
/// string is stored as its text, everything else as compact JSON. `file` reads a file of the
/// package at compile time. `env` reads an environment variable when deploying, and its value is never
/// shown. The type of a struct literal such as `Theme { dark: true }` is its path. A literal with your
/// own `type` is checked against that type when deploying, since a macro cannot see the type.
///
/// Text can also come from `concat!`, `env!` and `stringify!`. `#[cfg(...)]` before an entry or a
/// family includes it only where the condition holds, so several builds can each declare the same key
/// once.
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
/// Larger sets of entries can come from files, called seeds. Seeds are checked when compiling and read
/// again when deploying: a deploy writes their current content without a rebuild, and none of it is
/// compiled into the program.
///
/// - `..file("seed.json")` reads a JSON file of any size in the format of `wrangler kv bulk put`. Its
///   expirations are compared with the clock when a pair is written, not while it is unchanged.
/// - `..dir("public")` reads every file below a folder. The key is the file's path with `/`; the
///   metadata is the content type and an etag. Hidden files are left out, except for `.well-known`; so
///   are folders that are named `node_modules` or contain a `CACHEDIR.TAG`.
///
/// Seeds generate no accessors: declare a [family](#families) to type their keys. A deploy checks that
/// their values and metadata have the family's types. If you deploy away from the sources, say where
/// they are with `--root` or [`Deploy::root`](crate::Deploy::root).
///
/// ## Types of values
///
/// Without a `type`, the type of a JSON literal is inferred: an object is a struct in a module
/// named after the namespace, with fields in `snake_case`; an integer is an `i64`, or a `u64` if it is too
/// large; any other number is an `f64`; a `null` among other elements makes them an `Option`; elements
/// without a common type are a [`serde_json::Value`](crate::serde_json::Value). A `file` is a `String`, or
/// [`Bytes`](crate::Bytes) if it is not UTF-8; an `env` is a `String`.
///
/// The stored form depends only on the type, so a `get` returns exactly what was `put`, in a Worker
/// too: a `String` is stored as its text, [`Bytes`](crate::Bytes) as they are, and every other type
/// as compact JSON. Reading a struct ignores fields that it does not have.
///
/// # Families
///
/// A family types the keys that an application creates at run time. Its parameters are text, or any
/// type that implements `Display + FromStr`.
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
/// - The accessor is named after the text before the first parameter, or, without such text, after
///   that parameter, unless `as` names it. The accessor with the suffix `_list` lists the family.
/// - A key parses back to the parameters that it was made from. Parameters for which it would not,
///   such as `"a/b"` for a parameter that ends at the next `/`, are an error when the request is
///   awaited.
/// - Two families that could produce the same key do not compile, unless one of them is a single
///   parameter such as `"{path}"`, which gets the keys that no other family matches.
/// - An entry of `values` or a pair of a seed whose key belongs to a family has the family's type,
///   metadata and TTL. Its own expiration takes precedence.
///
/// # Constants, docs and names
///
/// An `expirationTtl` can be a Rust constant or constant expression of type `u64`; one that Workers KV
/// refuses does not compile. Doc comments before an entry, a family or one of their properties become
/// the docs of its accessor. `#[cfg(...)]` before `struct Name;` applies to everything that the
/// declaration generates. If the name of the module of the generated types is taken, choose another
/// with `module`.
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
/// `value` and `delete` can differ by stage, and an entry can be limited to some stages. Name a stage,
/// or match several with a pattern in which `*` stands for any text. A `value` or `delete` without `in`
/// applies to all other stages. A plan shows what applies.
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
/// A changed struct can still read old values if the family, or the entry next to its `type`, lists the
/// older types in `was`, newest first. A value that does not decode as the newest type is tried as each
/// older type in turn and converted to the newest with `From`. Writes always use the newest type. A
/// value that decodes as the newest type is never tried as an older one, so a struct whose new fields
/// have `#[serde(default)]` reads old values by itself.
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
/// # Generated items
///
/// | item | is |
/// |---|---|
/// | `Sessions` | the namespace: `Clone + Debug`, and [`Namespace`](crate::Namespace) |
/// | `Sessions::new(store)` | the namespace in a [`Store`](crate::Store), or in anything that converts into one |
/// | `Sessions::from_env(&env)` | in a Worker: the namespace behind the binding |
/// | `Sessions::deploy()` | a deploy of this namespace, which runs when awaited |
/// | `Sessions::connect()` | the deployed namespace, found through the state of its deploy |
/// | `Sessions::at(id)` | the namespace with this id at Cloudflare |
/// | `Sessions::in_memory()` | the declared entries in memory, for tests |
/// | `.reader()`, `.writer()` | a read-only or write-only view of the namespace: `Sessions<ReadOnly>`, `Sessions<WriteOnly>` |
/// | `Sessions::SESSION_123` | the [`Key`](crate::Key) of an entry |
/// | `.session_123()` | its [`Entry`](crate::Entry): `get`, `get_with_metadata`, `put`, `delete` |
/// | `.profile("acme", 42)` | the [`Entry`](crate::Entry) of a family's key |
/// | `.profile_list()` | a [`FamilyList`](crate::FamilyList): a stream of parameters and keys |
/// | `mod sessions` | the inferred types, such as `sessions::Session123` |
///
/// Names that are not identifiers are mapped: `main.js` to `main_js`, `2024` to `_2024`, `type` to
/// `r#type`. Two keys that map to the same name do not compile; rename one of them with `as`.
#[macro_export]
macro_rules! kv_namespace {
    ($($tokens:tt)*) => {
        $crate::__private::kv_namespace! { $crate; $($tokens)* }
    };
}

/// Inherent methods of every namespace, so that callers need no trait in scope.
#[doc(hidden)]
#[macro_export]
macro_rules! __namespace {
    ($namespace:ident) => {
        #[allow(dead_code, deprecated)]
        impl $namespace {
            /// Creates the namespace over a store: Cloudflare's API, local files, memory, or a
            /// Worker's binding.
            pub fn new(store: impl ::core::convert::Into<$crate::Store>) -> Self {
                <Self as $crate::Namespace>::from_store(::core::convert::Into::into(store))
            }
        }

        #[allow(dead_code, deprecated)]
        impl<__Access> $namespace<__Access> {
            /// The store that contains the values.
            #[must_use]
            pub fn store(&self) -> &$crate::Store<__Access> {
                &self.store
            }

            /// A read-only view of the namespace.
            #[must_use]
            pub fn reader(&self) -> $namespace<$crate::ReadOnly>
            where
                __Access: $crate::CanRead,
            {
                $namespace { store: self.store.reader() }
            }

            /// A write-only view of the namespace.
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
            /// Creates the namespace in memory for tests, with its entries as if it had just been
            /// deployed. An `env(...)` has the text `[env NAME]` as its value; the seeds of `..file`
            /// and `..dir` are left out.
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

/// `deploy()` and `connect()`, if this crate is built with the feature `deploy`.
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

            /// Connects to the deployed namespace, which the state of its deploy identifies.
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

/// `at()`, if this crate is built with the feature `rest`.
#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __at {
    ($namespace:ident) => {
        #[allow(dead_code, deprecated)]
        impl $namespace {
            /// Connects to the namespace with this id at Cloudflare.
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

/// The constants and accessors of a namespace's entries, grouped by the types of value and metadata.
///
/// Entries of the same type call the same two functions, so that there is almost nothing to infer in
/// thousands of bodies, which saves a fifth of their compile time. The functions are inside an unnamed
/// constant so that they cannot collide with the user's names.
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
            )*

            // Entries are declared to be deployed; a program need not use every accessor.
            #[allow(dead_code, deprecated)]
            impl $namespace {
                $($(
                    #[doc = $docs]
                    pub const $constant: $key_type = $key_of($key)$(.expiration_ttl($ttl))?;
                )*)*
            }

            #[allow(dead_code, deprecated)]
            impl<__Access> $namespace<__Access> {
                // A method, since rustc resolves thousands of calls of a generic function slower.
                $(
                    #[doc(hidden)]
                    fn $entry_of(&self, key: &'static ::core::primitive::str) -> $entry_type {
                        self.store.entry($key_of(key))
                    }
                )*

                $($(
                    #[doc = $docs]
                    pub fn $accessor(&self) -> $entry_type {
                        self.$entry_of($key)$(.expiration_ttl($ttl))?
                    }
                )*)*
            }
        };
    };
}

/// The function that makes the JSON Schema of a user's type, which has one if the type derives it.
#[doc(hidden)]
#[cfg(all(feature = "schemars", not(target_arch = "wasm32")))]
#[macro_export]
macro_rules! __schema {
    ($ty:ty) => {
        ::core::option::Option::Some(|| {
            #[allow(unused_imports)]
            use $crate::__private::NoSchema as _;
            $crate::__private::Schema::<$ty>::NEW.get()
        })
    };
}

/// Without the feature `schemars` there is none.
#[doc(hidden)]
#[cfg(not(all(feature = "schemars", not(target_arch = "wasm32"))))]
#[macro_export]
macro_rules! __schema {
    ($ty:ty) => {
        ::core::option::Option::None
    };
}
