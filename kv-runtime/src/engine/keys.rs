//! Every key of a namespace.

use super::error::DeployError;
use super::wait;
use crate::api::Namespaces;

/// Shows every key of a namespace.
pub(super) async fn list_keys(
    api: &Namespaces,
    id: &str,
    namespace_id: &str,
    mut show: impl FnMut(String),
) -> Result<(), DeployError> {
    let mut cursor = None;
    loop {
        let keys = || api.keys(namespace_id, "", cursor.as_deref(), kv_rules::MAX_LIST_KEYS);
        let page = wait::while_unseen(keys).await;
        let page = page.map_err(DeployError::request(id, "list the keys"))?;
        page.keys.into_iter().for_each(|key| show(key.name));
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}
