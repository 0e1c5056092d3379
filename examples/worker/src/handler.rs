//! The Worker: HTTP in front of the two namespaces.

use futures_util::TryStreamExt;
use percent_encoding::percent_decode_str;
use serde_json::json;
use worker::{Context, Env, Method, Request, Response, Result, event};

use crate::{Assets, Session, Sessions, Visit};

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
    let sessions = Sessions::from_env(env)?;
    let keys: Vec<_> = sessions.session_list().try_collect().await?;
    let shown = keys.into_iter().map(|(id, key)| {
        json!({ "id": id, "agent": key.metadata.map(|visit| visit.agent), "ends": key.expiration })
    });
    Response::from_json(&shown.collect::<Vec<_>>())
}

async fn get_session(env: &Env, id: &str) -> Result<Response> {
    match Sessions::from_env(env)?.session(id).get().await? {
        Some(session) => Response::from_json(&session),
        None => Response::error("no such session", 404),
    }
}

async fn put_session(env: &Env, id: &str, request: &mut Request) -> Result<Response> {
    let session: Session = match serde_json::from_slice(&request.bytes().await?) {
        Ok(session) => session,
        Err(error) => return Response::error(error.to_string(), 400),
    };
    let agent = request.headers().get("User-Agent")?.unwrap_or_default();
    Sessions::from_env(env)?.session(id).put(&session).metadata(&Visit { agent }).await?;
    Response::empty()
}

async fn delete_session(env: &Env, id: &str) -> Result<Response> {
    Sessions::from_env(env)?.session(id).delete().await?;
    Response::empty()
}

/// Files change with a deploy only, so a data centre may answer from a copy for five minutes.
async fn get_file(env: &Env, path: &str) -> Result<Response> {
    let file = Assets::from_env(env)?.file(path).get_with_metadata().cache_ttl(300).await?;
    let Some((content, Some(file))) = file else { return Response::error("no such file", 404) };
    let response = Response::from_bytes(content.into())?;
    response.headers().set("Content-Type", &file.content_type)?;
    response.headers().set("ETag", &format!("\"{}\"", file.etag))?;
    Ok(response)
}
