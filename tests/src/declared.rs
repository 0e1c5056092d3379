//! Namespaces as a package declares them over time, by the name that selects them.

use kv_runtime::{Declaration, Namespace, kv_namespace};

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

/// After a while: another title, one value changed, one added, one removed, one seeded once.
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

/// The declarations of that name.
#[must_use]
pub fn select(name: &str) -> Vec<&'static Declaration> {
    match name {
        "v1" => vec![v1::Sessions::DECLARATION, v1::Users::DECLARATION],
        "v2" => vec![v2::Sessions::DECLARATION, v2::Users::DECLARATION],
        "v1-without-sessions" => vec![v1::Users::DECLARATION],
        _ => panic!("no declarations are named {name:?}"),
    }
}
