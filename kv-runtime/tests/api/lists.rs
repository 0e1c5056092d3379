//! Lists are read to their end.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::server::{Act, Seen, Server};
use crate::{NAMESPACE, PATIENT, client, namespaces};

/// A list of 250 items behind `page` and `per_page`, of which a page has at most `cap`.
fn page(seen: &Seen, cap: usize, info: impl Fn(usize, usize) -> Value) -> Act {
    let number = |name| seen.query(name).unwrap().parse::<usize>().unwrap();
    let per_page = number("per_page").min(cap);
    let first = (number("page") - 1) * per_page;
    let items: Vec<_> = (first..250.min(first + per_page))
        .map(|n| json!({"id": format!("{n:032x}"), "title": format!("t{n}"), "name": "a"}))
        .collect();
    let info = info(per_page, items.len());
    Act::json(200, &json!({"success": true, "result": items, "result_info": info}))
}

fn full_info(per_page: usize, count: usize) -> Value {
    json!({"page": 1, "per_page": per_page, "count": count, "total_count": 250})
}

#[tokio::test]
async fn all_namespaces_are_listed_whatever_the_server_says_of_its_pages() {
    type Info = fn(usize, usize) -> Value;
    let infos: [(&str, usize, Info); 5] = [
        ("as documented", 1000, full_info),
        ("smaller pages than asked for", 20, full_info),
        ("smaller pages, size only", 20, |per_page, _| json!({"per_page": per_page})),
        ("nothing", 1000, |_, _| Value::Null),
        ("smaller pages, and nothing of that", 20, |_, _| Value::Null),
    ];
    for (says, cap, info) in infos {
        let server = Server::start(move |seen| page(seen, cap, info)).await;
        let list = namespaces(&server).list().await.unwrap();
        let ids: HashSet<_> = list.iter().map(|namespace| &namespace.id).collect();
        assert_eq!((list.len(), ids.len()), (250, 250), "{says}");
    }
}

#[tokio::test]
async fn few_namespaces_take_one_request() {
    let one = json!({"id": NAMESPACE, "title": "t"});
    let info = json!({"page": 1, "per_page": 20, "count": 1, "total_count": 1});
    let answer = json!({"success": true, "result": [one], "result_info": info});
    let server = Server::script(vec![Act::json(200, &answer)]).await;
    let list = namespaces(&server).list().await.unwrap();
    let [namespace] = list.as_slice() else { panic!("{list:?}") };
    assert_eq!((namespace.id.as_str(), namespace.title.as_str()), (NAMESPACE, "t"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_server_that_repeats_a_full_page_does_not_hang_the_list() {
    let items: Vec<_> =
        (0..100).map(|n| json!({"id": format!("{n:032x}"), "title": format!("t{n}")})).collect();
    let server = Server::script(vec![Act::ok(&json!(items))]).await;
    assert_eq!(namespaces(&server).list().await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_title_is_found_on_the_last_page_and_only_exactly() {
    let server = Server::start(|seen| page(seen, 1000, full_info)).await;
    let api = namespaces(&server);
    let found = api.find("t249").await.unwrap().unwrap();
    assert_eq!(found.id, format!("{:032x}", 249));
    assert_eq!(api.find("T249").await.unwrap(), None);
    assert_eq!(api.find("t24").await.unwrap().unwrap().title, "t24");
}

#[tokio::test]
async fn all_accounts_are_listed() {
    let server = Server::start(|seen| page(seen, 50, full_info)).await;
    let accounts = client(&server, PATIENT).accounts().await.unwrap();
    let last = accounts.last().unwrap();
    assert_eq!((accounts.len(), last.name.as_str()), (250, "a"));
    assert_eq!(last.id, format!("{:032x}", 249));
}

#[tokio::test]
async fn keys_are_listed_beyond_a_thousand_and_across_an_empty_page() {
    let server = Server::start(|seen| {
        let at: usize = seen.query("cursor").map_or(0, |cursor| cursor.parse().unwrap());
        // The third page is empty, as when all its keys have expired.
        let items: Vec<_> = if at == 2 {
            Vec::new()
        } else {
            (0..1000).map(|n| json!({"name": format!("{at}:{n}")})).collect()
        };
        let cursor = if at == 3 { String::new() } else { (at + 1).to_string() };
        let info = json!({"count": items.len(), "cursor": cursor});
        Act::json(200, &json!({"success": true, "result": items, "result_info": info}))
    })
    .await;
    let api = namespaces(&server);
    let (mut keys, mut cursor) = (HashSet::new(), None);
    loop {
        let page = api.keys(NAMESPACE, "a b/ü&", cursor.as_deref(), 1000).await.unwrap();
        keys.extend(page.keys.into_iter().map(|key| key.name));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(keys.len(), 3000);
    for seen in server.seen() {
        assert_eq!(seen.query("prefix").as_deref(), Some("a b/ü&"));
        assert_eq!(seen.query("limit").as_deref(), Some("1000"));
    }
}

#[tokio::test]
async fn a_key_is_listed_with_its_expiration_and_metadata() {
    let items = json!([
        {"name": "a", "expiration": 2_000_000_000, "metadata": {"n": 1}},
        {"name": "b", "metadata": null},
        {"name": "\u{0}"},
    ]);
    for cursor in [json!(""), Value::Null] {
        let info = json!({"count": 3, "cursor": cursor});
        let answer = json!({"success": true, "result": items, "result_info": info});
        let server = Server::script(vec![Act::json(200, &answer)]).await;
        let page = namespaces(&server).keys(NAMESPACE, "", None, 10).await.unwrap();
        let [a, b, nul] = &page.keys[..] else { panic!("{page:?}") };
        assert_eq!(a.expiration, Some(2_000_000_000));
        assert_eq!(a.metadata.as_ref().unwrap().get(), r#"{"n":1}"#);
        assert!(b.metadata.is_none());
        assert_eq!(nul.name, "\0");
        assert_eq!(page.cursor, None);
    }
}

#[tokio::test]
async fn a_cursor_that_leads_back_to_itself_does_not_hang_a_list() {
    let info = json!({"count": 0, "cursor": "same"});
    let answer = json!({"success": true, "result": [], "result_info": info});
    let well = json!({"success": true, "result": [], "result_info": {"cursor": ""}});
    let server = Server::script(vec![Act::json(200, &answer), Act::json(200, &well)]).await;
    let page = namespaces(&server).keys(NAMESPACE, "", Some("same"), 10).await.unwrap();
    assert_eq!((page.cursor, server.seen().len()), (None, 2));
}
