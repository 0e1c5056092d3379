//! `module` names a module, and does not say where it is.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s", module: crate::session_types,
    values: [{ key: "limits", value: { a: 1 } }]
}

fn main() {}
