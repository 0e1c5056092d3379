//! A value is read into memory of its own.

pub struct Session<'a>(&'a str);

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "session:{id}": Session<'a> }
}

fn main() {}
