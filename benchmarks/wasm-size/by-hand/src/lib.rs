//! What `examples/worker` does, route for route, written on `worker::kv`.

#![cfg(target_arch = "wasm32")]

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::{Context, Env, Method, Request, Response, Result, event};

#[derive(Serialize, Deserialize)]
struct Session {
    user_id: u64,
    cart: BTreeMap<String, u32>,
}

#[derive(Serialize, Deserialize)]
struct Visit {
    agent: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    content_type: String,
    etag: String,
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let answer = respond(request, &env).await;
    answer.or_else(|error| Response::error(error.to_string(), 500))
}

async fn respond(mut request: Request, env: &Env) -> Result<Response> {
    let path = request.path();
    let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy();
    match (request.method(), path.strip_prefix("sessions/")) {
        (Method::Get, Some("")) => list_sessions(env).await,
        (Method::Get, Some(id)) => get_session(env, id).await,
        (Method::Put, Some(id)) => put_session(env, id, &mut request).await,
        (Method::Delete, Some(id)) => delete_session(env, id).await,
        (Method::Get, None) => {
            get_file(env, if path.is_empty() { "index.html" } else { &path }).await
        }
        _ => Response::error("no such method here", 405),
    }
}

async fn list_sessions(env: &Env) -> Result<Response> {
    let sessions = env.kv("SESSIONS")?;
    let mut shown = Vec::new();
    let mut cursor = None;
    loop {
        let mut list = sessions.list().prefix("session:".to_owned());
        if let Some(cursor) = cursor {
            list = list.cursor(cursor);
        }
        let page = list.execute().await?;
        for key in page.keys {
            let id = key.name.strip_prefix("session:").unwrap_or_default();
            let visit: Option<Visit> = key.metadata.map(serde_json::from_value).transpose()?;
            shown.push(json!({
                "id": id, "agent": visit.map(|visit| visit.agent), "ends": key.expiration
            }));
        }
        cursor = page.cursor.filter(|_| !page.list_complete);
        if cursor.is_none() {
            return Response::from_json(&shown);
        }
    }
}

async fn get_session(env: &Env, id: &str) -> Result<Response> {
    match env.kv("SESSIONS")?.get(&format!("session:{id}")).bytes().await? {
        Some(json) => Response::from_json(&serde_json::from_slice::<Session>(&json)?),
        None => Response::error("no such session", 404),
    }
}

async fn put_session(env: &Env, id: &str, request: &mut Request) -> Result<Response> {
    let session: Session = match serde_json::from_slice(&request.bytes().await?) {
        Ok(session) => session,
        Err(error) => return Response::error(error.to_string(), 400),
    };
    let agent = request.headers().get("User-Agent")?.unwrap_or_default();
    env.kv("SESSIONS")?
        .put_bytes(&format!("session:{id}"), &serde_json::to_vec(&session)?)?
        .metadata(Visit { agent })?
        .expiration_ttl(3600)
        .execute()
        .await?;
    Response::empty()
}

async fn delete_session(env: &Env, id: &str) -> Result<Response> {
    env.kv("SESSIONS")?.delete(&format!("session:{id}")).await?;
    Response::empty()
}

async fn get_file(env: &Env, path: &str) -> Result<Response> {
    let file = env.kv("ASSETS")?.get(path).cache_ttl(300).bytes_with_metadata::<File>().await?;
    let (Some(content), Some(file)) = file else { return Response::error("no such file", 404) };
    let response = Response::from_bytes(content)?;
    response.headers().set("Content-Type", &file.content_type)?;
    response.headers().set("ETag", &format!("\"{}\"", file.etag))?;
    Ok(response)
}
