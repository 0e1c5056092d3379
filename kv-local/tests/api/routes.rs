//! Unknown paths, and how a server starts and stops.

use kv_local::{Server, ServerConfig, Storage, router};
use reqwest::Method;

use crate::{Api, code, failure, result, send};

#[tokio::test]
async fn an_unknown_route_says_so() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    let text = (404, 7000, "No route for that URI".to_owned());
    assert_eq!(failure(api.request(Method::GET, "/nowhere")).await, text);
    assert_eq!(failure(api.anonymous(Method::GET, "/nowhere")).await, text);
    for path in ["/values/a/b", "/values/", "/values", "/keys/"] {
        assert_eq!(failure(api.kv(Method::GET, &(namespace.clone() + path))).await, text, "{path}");
    }
    assert_eq!(code(api.kv(Method::PATCH, &namespace)).await, (405, 7001));
}

#[tokio::test]
async fn a_server_that_was_shut_down_stops_answering_and_keeps_the_store() {
    let api = Api::new().await;
    let path = api.namespace().await + "/values/k";
    result(api.kv(Method::PUT, &path).body("v")).await;
    let request = api.kv(Method::GET, &path);
    let Api { folder, server, .. } = api;
    server.shutdown().await;
    assert!(request.send().await.is_err());
    let storage = Storage::open(folder.path()).unwrap();
    let namespace = &storage.list().unwrap()[0].id;
    assert_eq!(storage.pairs(namespace).unwrap().get("k").unwrap().unwrap().value, "v");
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let api = Api::new().await;
    let port = reqwest::Url::parse(&api.server.base_url()).unwrap().port().unwrap();
    let storage = Storage::open(api.folder.path()).unwrap();
    let config = ServerConfig { port, ..ServerConfig::default() };
    let error = Server::start(storage, config).await.unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn a_layer_can_be_put_in_front_of_the_routes() {
    use axum::response::IntoResponse as _;

    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let fails = axum::middleware::from_fn(async |_: axum::extract::Request, _| {
        axum::http::StatusCode::BAD_GATEWAY.into_response()
    });
    let routes = router(storage, ServerConfig::default()).layer(fails);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/client/v4/user", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, routes).into_future());
    let client = crate::client::client();
    assert_eq!(send(client.get(url)).await.status(), 502);
}
