use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    accountId: env("ACCOUNT"),
    account_id: env("CLOUDFLARE_ACCOUNT_ID")
}

fn main() {}
