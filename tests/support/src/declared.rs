//! Declarations of a package over time, in modules with the name that selects them.

use std::fmt::Write as _;

use kv_runtime::__private::declaration::Declaration;
use kv_runtime::__private::declaration::Spread;
use kv_runtime::{Namespace, kv_namespace};

/// As first deployed.
pub mod v1 {
    use super::kv_namespace;

    kv_namespace! {
        /// Sessions.
        pub struct Sessions;
        title: "user-sessions",
        values: [
            { key: "greeting", value: "hello" },
            { key: "limits", value: { perMinute: 60, burst: 10 } },
            {
                key: "session_123",
                value: { userId: "user_456", role: "admin" },
                metadata: { device: "phone" },
                expirationTtl: 3600
            },
        ]
    }

    kv_namespace! {
        /// Users.
        pub struct Users;
        title: "user-data",
        values: [{ key: "first", value: "Ada" }, { key: "second", value: "Grace" }]
    }
}

/// A later version: another title, one value changed, two added, one of them seeded once, one removed.
pub mod v2 {
    use super::kv_namespace;

    kv_namespace! {
        /// Sessions.
        pub struct Sessions;
        title: "sessions",
        values: [
            { key: "greeting", value: "hello again" },
            { key: "limits", value: { perMinute: 60, burst: 10 } },
            { key: "motd", value: "welcome" },
            { key: "theme", value: "light", once: true },
        ]
    }

    kv_namespace! {
        /// Users.
        pub struct Users;
        title: "user-data",
        values: [{ key: "second", value: "Grace Hopper" }, { key: "third", value: "Alan" }]
    }
}

/// An even later version: what was seeded once has another seed.
pub mod v3 {
    use super::kv_namespace;

    kv_namespace! {
        /// Sessions.
        pub struct Sessions;
        title: "sessions",
        values: [
            { key: "greeting", value: "hello again" },
            { key: "limits", value: { perMinute: 60, burst: 10 } },
            { key: "motd", value: "welcome" },
            { key: "theme", value: "dark", once: true },
        ]
    }
}

/// Namespaces that may exist before they are deployed.
pub mod shared {
    use super::kv_namespace;

    kv_namespace! {
        /// Taken over.
        pub struct Existing;
        title: "existing-namespace",
        adopt: true,
        values: [
            { key: "config", value: { setting: "updated-value" } },
            { key: "theme", value: "light", once: true },
        ]
    }

    kv_namespace! {
        /// Taken over, and owned by this package from then on.
        pub struct Owned;
        id: "existing",
        title: "existing-namespace",
        adopt: true,
        delete: true,
        values: [{ key: "config", value: { setting: "updated-value" } }]
    }

    kv_namespace! {
        /// Created, and left at Cloudflare.
        pub struct Preserved;
        title: "preserved-namespace",
        delete: false,
        values: [{ key: "config", value: "keep" }]
    }
}

/// Namespaces whose titles collide.
pub mod colliding {
    use super::kv_namespace;

    kv_namespace! {
        /// Has the title of the users.
        pub struct Sessions;
        title: "user-data",
    }

    kv_namespace! {
        /// Has the same title.
        pub struct Members;
        title: "user-data",
    }
}

/// Namespaces whose values and credentials come from the environment.
pub mod secret {
    use super::kv_namespace;

    kv_namespace! {
        /// Values of the environment.
        pub struct Hooks;
        title: "hooks-{stage}",
        values: [
            { key: "url", value: env("HOOK_URL") },
            { key: "password", value: env("HOOK_PASSWORD") },
        ]
    }

    kv_namespace! {
        /// The same namespace without them.
        pub struct Plain;
        id: "hooks",
        title: "hooks-{stage}",
    }

    kv_namespace! {
        /// Authenticated with a key.
        pub struct Keyed;
        title: "keyed",
        apiKey: env("KEYED_API_KEY"),
        values: [{ key: "a", value: "1" }, { key: "b", value: "2" }]
    }

    kv_namespace! {
        /// A value that can never match its type.
        pub struct Typed;
        title: "typed",
        values: [{ key: "count", value: env("HOOK_PASSWORD"), type: u64 }]
    }
}

/// A seed file whose keys belong to families.
pub mod seeded {
    use serde::{Deserialize, Serialize};

    use super::kv_namespace;

    /// The metadata of a page.
    #[derive(Serialize, Deserialize)]
    pub struct Views {
        /// How often it was read.
        pub views: u32,
    }

    kv_namespace! {
        /// Pages that expire after a day.
        pub struct Pages;
        title: "pages",
        keys: { "{file}": String, "page:{path}": String { metadata: Views, expirationTtl: "1d" } },
        values: [..file("src/pages.json")],
    }

    kv_namespace! {
        /// Pages that expire after two days.
        pub struct PagesOfTwoDays;
        id: "pages",
        title: "pages",
        keys: { "{file}": String, "page:{path}": String { metadata: Views, expirationTtl: "2d" } },
        values: [..file("src/pages.json")],
    }
}

/// Values that differ by stage.
pub mod staged {
    use super::kv_namespace;

    kv_namespace! {
        /// Flags.
        pub struct Flags;
        title: "{stage}-flags",
        delete: true,
        delete: false in "prod",
        values: [
            { key: "everywhere", value: "yes" },
            { key: "level", value: 1, value: 2 in ["prod", "prod-*"], value: 3 in "pr-*" },
            { key: "debug", value: true, only: ["dev", "pr-*"] },
            { key: "mode", value: { fast: true }, value: { fast: false } in "prod" },
        ]
    }
}

/// Files of the package.
pub mod site {
    use super::kv_namespace;

    kv_namespace! {
        /// A site.
        pub struct Site;
        title: "site",
        values: [
            { key: "declared", value: "in the program" },
            ..file("seed.json"),
            ..dir("public"),
        ],
    }
}

/// A seed file whose values are text, as its declaration changes.
pub mod lists {
    macro_rules! lists {
        ($version:ident, $entry:literal, $($family:tt)*) => {
            /// One version.
            pub mod $version {
                kv_runtime::kv_namespace! {
                    /// Lists.
                    pub struct Lists;
                    title: "lists",
                    keys: { "list:{id}": $($family)* },
                    values: [{ key: "declared", value: $entry }, ..file("seed.json")],
                }
            }
        };
    }
    lists!(first, "one", String);
    lists!(changed, "two", String);
    lists!(brief, "one", String { expirationTtl: 3600 });
    lists!(numbers, "one", u8);
}

/// Declarations whose mistakes are found only when deploying.
pub mod late {
    use super::kv_namespace;
    use super::seeded::Views;

    kv_namespace! {
        /// Expired long ago.
        pub struct Expired;
        title: "expired",
        values: [{ key: "sale", value: "over", expiration: 1_000_000_001 }]
    }

    kv_namespace! {
        /// Literals that do not match their declared types.
        pub struct Mistyped;
        title: "mistyped",
        keys: { "page:{path}": String { metadata: Views } },
        values: [
            { key: "level", value: 256, type: core::primitive::u8 },
            { key: "page:home", value: "Hello", metadata: { views: "many" } },
            { key: "page:help", value: "Help", metadata: { views: 2 } },
        ]
    }

    kv_namespace! {
        /// A seed file whose pairs do not match the types of their family.
        pub struct MistypedFile;
        title: "mistyped-file",
        keys: { "page:{id: u32}": u8 { metadata: Views } },
        values: [..file("src/pages_of_another_type.json")],
    }
}

/// A namespace with the default title, before and after its struct was renamed.
pub mod renamed {
    use super::kv_namespace;

    kv_namespace! {
        /// Before.
        pub struct Shop;
        values: [
            { key: "motd", value: "hello" },
            { key: "limits", value: { perMinute: 60 }, metadata: { of: "shop" } },
            { key: "sale", value: "10 %", expirationTtl: 3600 },
        ]
    }

    kv_namespace! {
        /// After.
        pub struct Store;
        values: [
            { key: "motd", value: "hello" },
            { key: "limits", value: { perMinute: 60 }, metadata: { of: "shop" } },
            { key: "sale", value: "10 %", expirationTtl: 3600 },
        ]
    }
}

/// Data of an application, and its earlier types.
pub mod app {
    use serde::{Deserialize, Serialize};

    use super::kv_namespace;

    /// The first version of a profile.
    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ProfileV1 {
        /// The name.
        pub name: String,
    }

    /// A profile.
    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Profile {
        /// The name.
        pub full_name: String,
        /// How often it was visited.
        pub visits: u64,
    }

    impl From<ProfileV1> for Profile {
        fn from(ProfileV1 { name }: ProfileV1) -> Self {
            Self { full_name: name, visits: 0 }
        }
    }

    kv_namespace! {
        /// The data of an application.
        pub struct App;
        title: "app-{stage}",
        keys: {
            "flag:{name}": bool,
            "count:{id: u32}": u64,
            "user:{id}": Profile { was: [ProfileV1], metadata: Vec<u8> },
        },
        values: [
            { key: "motd", value: "hello" },
            { key: "limits", value: { perMinute: 60 } },
            { key: "password", value: env("HOOK_PASSWORD") },
        ]
    }

    kv_namespace! {
        /// A later version of the same namespace.
        pub struct AppLater;
        id: "app",
        title: "app-{stage}",
        values: [
            { key: "motd", value: "hello again" },
            { key: "limits", value: { perMinute: 120, burst: 7 } },
        ]
    }

    kv_namespace! {
        /// The same namespace with fewer values.
        pub struct AppLess;
        id: "app",
        title: "app-{stage}",
        values: [{ key: "motd", value: "hello" }]
    }

    kv_namespace! {
        /// A second namespace of the application.
        pub struct Rates;
        title: "rates-{stage}",
        keys: { "rate:{currency}": f64 },
    }

    kv_namespace! {
        /// The same namespace under another name.
        pub struct Store;
        was: "app",
        title: "app-{stage}",
        values: [
            { key: "motd", value: "hello" },
            { key: "limits", value: { perMinute: 60 } },
            { key: "password", value: env("HOOK_PASSWORD") },
        ]
    }
}

/// Keys that a terminal would act on.
pub mod odd {
    use super::kv_namespace;

    kv_namespace! {
        /// Keys that a terminal would act on.
        pub struct Odd;
        title: "odd \u{202e} title",
        values: [
            { key: "clear\u{1b}[2J", value: "1", as: clear },
            { key: "bell\u{7}\r\n", value: "2", as: bell },
            { key: "csi\u{9b}2J", value: "3", as: csi },
            { key: "bidi\u{202e}", value: "5", as: bidi },
            { key: "``` `| <b>", value: "4", as: markdown },
        ]
    }
}

/// How many keys `many` has: more than fit into two requests.
pub const MANY: usize = 20_001;

/// The declarations of that name.
#[must_use]
pub fn select(name: &str) -> Vec<&'static Declaration> {
    match name {
        "v1" => vec![v1::Sessions::DECLARATION, v1::Users::DECLARATION],
        "v2" => vec![v2::Sessions::DECLARATION, v2::Users::DECLARATION],
        "v3" => vec![v3::Sessions::DECLARATION, v2::Users::DECLARATION],
        "v1-without-sessions" => vec![v1::Users::DECLARATION],
        "existing" => vec![shared::Existing::DECLARATION],
        "existing-and-v1" => {
            vec![shared::Existing::DECLARATION, v1::Sessions::DECLARATION, v1::Users::DECLARATION]
        }
        "existing-owned" => vec![shared::Owned::DECLARATION],
        "preserved" => vec![shared::Preserved::DECLARATION],
        "users-and-preserved" => vec![v1::Users::DECLARATION, shared::Preserved::DECLARATION],
        "title-of-another" => vec![colliding::Sessions::DECLARATION],
        "one-id-twice" => vec![v1::Sessions::DECLARATION, v2::Sessions::DECLARATION],
        "one-title-twice" => {
            vec![colliding::Sessions::DECLARATION, colliding::Members::DECLARATION]
        }
        "one-binding-twice" => {
            vec![leaked(nothing("first", "SHARED")), leaked(nothing("second", "SHARED"))]
        }
        "listed-twice" => vec![v1::Users::DECLARATION, v1::Users::DECLARATION],
        "hooks" => vec![secret::Hooks::DECLARATION],
        "keyed" => vec![secret::Keyed::DECLARATION],
        "typed" => vec![secret::Typed::DECLARATION],
        "late" => vec![late::Expired::DECLARATION, secret::Hooks::DECLARATION],
        "mistyped" => vec![late::Mistyped::DECLARATION],
        "mistyped-file" => vec![late::MistypedFile::DECLARATION],
        "pages" => vec![seeded::Pages::DECLARATION],
        "pages-of-two-days" => vec![seeded::PagesOfTwoDays::DECLARATION],
        "staged" => vec![staged::Flags::DECLARATION],
        "site" => vec![site::Site::DECLARATION],
        "lists" => vec![lists::first::Lists::DECLARATION],
        "lists-changed" => vec![lists::changed::Lists::DECLARATION],
        "lists-brief" => vec![lists::brief::Lists::DECLARATION],
        "lists-of-numbers" => vec![lists::numbers::Lists::DECLARATION],
        "site-of-another-machine" => vec![site_of_another_machine()],
        "odd" => vec![odd::Odd::DECLARATION],
        "app" => vec![app::App::DECLARATION],
        "schemas" => vec![
            schemas::other::Guests::DECLARATION,
            schemas::Accounts::DECLARATION,
            schemas::Anything::DECLARATION,
        ],
        "schemas-reversed" => vec![
            schemas::Anything::DECLARATION,
            schemas::Accounts::DECLARATION,
            schemas::other::Guests::DECLARATION,
        ],
        "app-two" => vec![app::App::DECLARATION, app::Rates::DECLARATION],
        "app-less" => vec![app::AppLess::DECLARATION],
        "app-later" => vec![app::AppLater::DECLARATION],
        "app-renamed" => vec![app::Store::DECLARATION],
        "shop" => vec![renamed::Shop::DECLARATION],
        "store" => vec![renamed::Store::DECLARATION],
        "shop-and-v1" => {
            vec![renamed::Shop::DECLARATION, v1::Sessions::DECLARATION, v1::Users::DECLARATION]
        }
        "store-and-v1" => {
            vec![renamed::Store::DECLARATION, v1::Sessions::DECLARATION, v1::Users::DECLARATION]
        }
        "v1-reversed" => vec![v1::Users::DECLARATION, v1::Sessions::DECLARATION],
        "hooks-plain" => vec![secret::Plain::DECLARATION],
        "many" => vec![many(MANY)],
        "many-and-v1" => {
            vec![many(MANY), v1::Sessions::DECLARATION, v1::Users::DECLARATION]
        }
        "none-of-many" => vec![many(0)],
        _ => panic!("no declarations are named {name:?}"),
    }
}

/// A declaration that was compiled in a folder that does not exist on this machine.
fn site_of_another_machine() -> &'static Declaration {
    let spreads = site::Site::DECLARATION.spreads;
    leaked(Declaration { root: "/build/site", spreads, ..nothing("site", "SITE") })
}

fn leaked(declaration: Declaration) -> &'static Declaration {
    Box::leak(Box::new(declaration))
}

/// A namespace with too many keys for a literal declaration.
fn many(keys: usize) -> &'static Declaration {
    let mut json = String::from("[");
    for n in 0..keys {
        let comma = if n == 0 { "" } else { "," };
        write!(json, r#"{comma}{{"key":"key-{n:05}","value":"{n}"}}"#).unwrap();
    }
    json.push(']');
    // All test processes share the file, so it must appear completely or not at all.
    let root = std::env::temp_dir().join(format!("kv-test-support-many-{keys}"));
    let (seed, draft) = (root.join("many.json"), format!("many-{}.json", std::process::id()));
    if !seed.exists() {
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join(&draft), json).unwrap();
        std::fs::rename(root.join(&draft), seed).unwrap();
    }
    let root = root.into_os_string().into_string().unwrap().leak();
    let spreads = &[Spread::File("many.json")];
    Box::leak(Box::new(Declaration { root, spreads, ..nothing("many", "MANY") }))
}

/// A declaration without values, whose title is its id.
fn nothing(id: &'static str, binding: &'static str) -> Declaration {
    Declaration {
        package: env!("CARGO_PKG_NAME"),
        root: env!("CARGO_MANIFEST_DIR"),
        id,
        title: id,
        binding,
        ..Declaration::NOTHING
    }
}

/// Namespaces whose types derive `JsonSchema`, and one that does not.
pub mod schemas {
    use std::collections::BTreeMap;

    use kv_runtime::kv_namespace;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// Who has an account.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct User {
        /// Shown to others.
        pub display_name: String,
        /// Its plan.
        pub plan: Plan,
        /// Who invited it.
        #[serde(default)]
        pub invited_by: Option<String>,
        /// Those that it invited.
        #[serde(default)]
        pub invited: Vec<Self>,
        /// The hours of each day.
        pub hours: BTreeMap<String, (u8, u8)>,
        /// Where it lives.
        #[serde(default)]
        pub home: Option<Café>,
    }

    /// # A heading is no name
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Café {
        /// Its place, */ and more.
        pub position: [f32; 3],
        /// Open on these days.
        pub days: BTreeMap<u32, bool>,
        /// Anything else.
        #[serde(flatten)]
        pub others: BTreeMap<String, serde_json::Value>,
    }

    /// A list with its end.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "2D<{T}>")]
    pub struct Page<T> {
        /// The items.
        pub items: Vec<T>,
    }

    /// What an account pays.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    pub enum Plan {
        /// Nothing.
        Free,
        /// By the seat.
        Paid {
            /// How many.
            seats: u32,
            /// How often.
            every: Period,
        },
    }

    /// How often something is paid.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    pub enum Period {
        /// Twelve times a year.
        Month,
        /// Once a year.
        Year,
    }

    /// Where a user was seen last.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Seen {
        /// The country.
        pub country: String,
    }

    /// It contains itself.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    pub enum Menu {
        /// The end.
        Link(String),
        /// More.
        Menu(BTreeMap<String, Self>),
    }

    /// It derives no schema.
    #[derive(Debug, Serialize, Deserialize)]
    pub enum Color {
        /// Stored as text.
        Red,
        /// Stored as an object.
        Mixed(u8),
    }

    /// It derives no schema.
    #[derive(Debug, Serialize, Deserialize)]
    pub struct Secretive {
        /// Not told.
        pub hidden: bool,
    }

    kv_namespace! {
        /// Accounts.
        pub struct Accounts;
        values: [
            { key: "founder", type: User, value: { displayName: "Ada", plan: { kind: "free" }, hours: {} } },
        ],
        keys: {
            "user:{id}": User { metadata: Seen },
            "plans:{day}": Vec<Plan>,
            "secret:{id}": Secretive,
            "name:{id}": String,
            "page:{number: u32}": Page<Period>,
            "color:{id}": Color { metadata: std::net::IpAddr },
            "$menu\n`{id}": Menu { as: menu },
        }
    }

    kv_namespace! {
        /// It declares no key.
        pub struct Anything;
    }

    /// Other accounts.
    pub mod other {
        use kv_runtime::kv_namespace;
        use schemars::JsonSchema;
        use serde::{Deserialize, Serialize};

        /// Another type of the same name.
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        pub struct User {
            /// The only field.
            pub id: u64,
        }

        kv_namespace! {
            /// Guests.
            pub struct Guests;
            keys: { "guest:{id}": User, "period:{id}": super::Period }
        }
    }
}
