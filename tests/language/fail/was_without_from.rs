use kv_runtime::kv_namespace;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct ProfileV1 {
    name: String,
}

#[derive(Serialize, Deserialize)]
pub struct Profile {
    first: String,
}

kv_namespace! {
    pub struct People;
    title: "people",
    keys: { "user:{id}": Profile { was: [ProfileV1] } }
}

fn main() {
    let people = People::new(kv_runtime::MemoryStore::new());
    let _ = people.user("1").get();
}
