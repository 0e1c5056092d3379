//! `…/namespaces` and `…/namespaces/{namespace}`.

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::super::envelope::{Empty, PageQuery, page, paginate, success};
use super::super::error::ApiError;
use super::super::extract::{Body, InAccount, InNamespace, Parameters, blocking};
use crate::Namespace;

/// The order of a listing. The API's default order is not established.
#[derive(Deserialize)]
pub(super) struct OrderQuery {
    #[serde(default)]
    order: Order,
    #[serde(default)]
    direction: Direction,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Id,
    Title,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    #[default]
    Asc,
    Desc,
}

#[derive(Deserialize)]
struct TitleBody {
    title: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    title: String,
    supports_url_encoding: bool,
}

impl From<Namespace> for Shown {
    fn from(Namespace { id, title, .. }: Namespace) -> Self {
        Self { id, title, supports_url_encoding: true }
    }
}

/// `GET …/namespaces`
pub(super) async fn list(
    account: InAccount,
    Parameters(pages): Parameters<PageQuery>,
    Parameters(query): Parameters<OrderQuery>,
) -> Result<Response, ApiError> {
    const OPERATION: &str = "list namespaces";
    blocking(move || {
        let failed = |error| ApiError::of_one(OPERATION, error);
        let mut namespaces = account.storage.list().map_err(failed)?;
        match query.order {
            Order::Id => namespaces.sort_unstable_by(|a, b| a.id.cmp(&b.id)),
            Order::Title => namespaces.sort_unstable_by(|a, b| a.title.cmp(&b.title)),
        }
        if let Direction::Desc = query.direction {
            namespaces.reverse();
        }
        let (namespaces, info) = paginate(OPERATION, namespaces, &pages)?;
        let namespaces: Vec<Shown> = namespaces.into_iter().map(Shown::from).collect();
        Ok(page(namespaces, info))
    })
    .await
}

/// `POST …/namespaces`
pub(super) async fn create(account: InAccount, Body(body): Body) -> Result<Response, ApiError> {
    const OPERATION: &str = "create namespace";
    let title = title(OPERATION, &body)?;
    blocking(move || {
        let created = account.storage.create(&title);
        let created = created.map_err(|error| ApiError::of_one(OPERATION, error))?;
        Ok(success(Shown::from(created)))
    })
    .await
}

/// `GET …/namespaces/{namespace}`
pub(super) async fn get(namespace: InNamespace) -> Result<Response, ApiError> {
    const OPERATION: &str = "get namespace";
    blocking(move || {
        let found = namespace.storage.get(&namespace.id);
        let found = found.map_err(|error| ApiError::of_one(OPERATION, error))?;
        let found = found.ok_or_else(|| ApiError::no_namespace(OPERATION))?;
        Ok(success(Shown::from(found)))
    })
    .await
}

/// `PUT …/namespaces/{namespace}`
pub(super) async fn rename(namespace: InNamespace, Body(body): Body) -> Result<Response, ApiError> {
    const OPERATION: &str = "rename namespace";
    let title = title(OPERATION, &body)?;
    blocking(move || {
        let renamed = namespace.storage.rename(&namespace.id, &title);
        let renamed = renamed.map_err(|error| ApiError::of_one(OPERATION, error))?;
        Ok(success(Shown::from(renamed)))
    })
    .await
}

/// `DELETE …/namespaces/{namespace}`
pub(super) async fn delete(namespace: InNamespace) -> Result<Response, ApiError> {
    const OPERATION: &str = "remove namespace";
    blocking(move || {
        let deleted = namespace.storage.delete(&namespace.id);
        deleted.map_err(|error| ApiError::of_one(OPERATION, error))?;
        Ok(success(Empty {}))
    })
    .await
}

fn title(operation: &str, body: &[u8]) -> Result<String, ApiError> {
    let body: TitleBody =
        serde_json::from_slice(body).map_err(|error| ApiError::bad_request(operation, error))?;
    body.title.ok_or_else(|| ApiError::bad_title(operation, "title is required"))
}
