//! What a store promises, kept by every store there is.

#![allow(clippy::unwrap_used, reason = "a promise that fails fails the test")]

mod at;
mod daily;
mod families;
mod lossless;
mod suite;

use kv_local::{Server, ServerConfig, Storage};
use kv_runtime::api::{Client, Credentials, RetryPolicy};
use kv_runtime::{LocalStore, MemoryStore, RestStore, Store};
use tempfile::TempDir;

/// A store without pairs, and what must not be dropped before it.
struct Fresh {
    store: Store,
    _server: Option<Server>,
    _folder: Option<TempDir>,
}

async fn memory() -> Fresh {
    Fresh { store: MemoryStore::new().into(), _server: None, _folder: None }
}

async fn local() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path(), "test").unwrap();
    Fresh { store: store.into(), _server: None, _folder: Some(folder) }
}

/// The store of a deployed namespace, over HTTP.
async fn rest() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let server = Server::start(storage, ServerConfig::default()).await.unwrap();
    let token = Credentials::Token(server.token().clone());
    let client = Client::new(&server.base_url(), token, RetryPolicy::default()).unwrap();
    let namespaces = client.namespaces(server.account_id());
    let id = namespaces.create("test").await.unwrap().id;
    let store = RestStore::new(namespaces, id);
    Fresh { store: store.into(), _server: Some(server), _folder: Some(folder) }
}

/// Tests each promise with each store: the functions of `suite` and of its siblings take any store.
macro_rules! every_store {
    ($($suite:ident::$promise:ident,)*) => {
        every_store!(@memory $($suite::$promise),*);
        every_store!(@local $($suite::$promise),*);
        every_store!(@rest $($suite::$promise),*);
    };
    (@$store:ident $($suite:ident::$promise:ident),*) => {
        mod $store {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let fresh = super::$store().await;
                super::$suite::$promise(&fresh.store).await;
            })*
        }
    };
}

every_store! {
    suite::what_is_put_is_got,
    suite::what_is_not_there_is_none,
    suite::many_values_come_in_the_order_of_their_keys,
    suite::a_value_that_is_no_text_comes_among_many,
    suite::metadata_is_got_beside_any_value,
    suite::a_put_replaces_all_of_a_pair,
    suite::the_last_word_on_expiry_counts,
    suite::what_is_deleted_is_gone,
    suite::any_text_that_is_a_key_names_a_pair,
    suite::a_listing_has_every_key_once,
    suite::a_listing_shows_expiration_and_metadata,
    suite::foreign_metadata_spoils_one_key_of_a_listing,
    suite::what_breaks_a_rule_is_not_written,
    suite::the_limits_themselves_are_kept,
    suite::an_error_names_the_key_and_the_type,
    daily::a_value_of_each_generation_reads,
    daily::requests_are_futures,
    daily::a_value_is_put_as_what_it_borrows_as,
    daily::metadata_and_expiry_are_given_in_several_ways,
    daily::a_key_exists_or_not,
    daily::an_update_keeps_metadata_and_expiry,
    daily::a_missing_value_is_made_once,
    daily::a_family_is_listed_page_by_page,
    daily::a_page_continues_where_the_last_one_ended_whatever_was_deleted,
    daily::a_cursor_of_another_listing_is_refused,
    daily::a_cursor_of_another_family_is_refused,
    daily::leading_parameters_narrow_a_listing,
    daily::a_listing_is_deleted_and_nothing_else,
    daily::many_are_put_read_and_deleted,
    daily::an_entry_is_read_and_deleted_in_its_own_store,
    daily::bytes_stream_in_and_out,
    daily::a_view_reads_or_writes_the_same_pairs,
    daily::keys_are_values_of_their_own,
    families::an_entry_has_its_declared_ttl,
    families::a_family_lists_its_parameters,
    families::parameters_that_make_no_key_send_nothing,
    lossless::any_value_comes_back,
}
