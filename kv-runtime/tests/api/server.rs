//! An HTTP/1.1 server that answers, cuts and stalls as a test says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// How many came before it.
    pub(crate) number: usize,
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A parameter of the query, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://localhost{}", self.target)).unwrap();
        url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Sends these bytes; `whole` says whether the connection stays.
    Send { bytes: Vec<u8>, whole: bool },
    /// Cuts the connection without an answer.
    Cut,
    /// Never answers.
    Stall,
}

impl Act {
    pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            bytes.extend([name, ": ", value, "\r\n"]);
        }
        bytes.push_str("\r\n");
        Self::Send { bytes: [bytes.as_bytes(), body].concat(), whole: true }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::answer(status, &[("content-type", "application/json")], body.to_string())
    }

    /// A success with a result.
    pub(crate) fn ok(result: &Value) -> Self {
        let envelope =
            serde_json::json!({"success": true, "errors": [], "messages": [], "result": result});
        Self::json(200, &envelope)
    }

    /// A refusal with a code.
    pub(crate) fn refuse(status: u16, code: i64, message: &str) -> Self {
        let errors = [serde_json::json!({"code": code, "message": message})];
        let envelope = serde_json::json!(
            {"success": false, "errors": errors, "messages": [], "result": null}
        );
        Self::json(status, &envelope)
    }

    /// Sends only the first bytes of the answer, then cuts the connection.
    pub(crate) fn truncated(self) -> Self {
        let Self::Send { mut bytes, .. } = self else { return self };
        bytes.truncate(bytes.len() - 3);
        Self::Send { bytes, whole: false }
    }
}

pub(crate) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(act: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, connections) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::default());
        let server = Self { port, seen: Arc::clone(&seen), connections: Arc::clone(&connections) };
        let act = Arc::new(act);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&act)));
            }
        });
        server
    }

    /// A server that does each of `acts` once, the last one again and again.
    pub(crate) async fn script(acts: Vec<Act>) -> Self {
        Self::start(move |seen| acts[seen.number.min(acts.len() - 1)].clone()).await
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/client/v4", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve<F: Fn(&Seen) -> Act>(
    mut stream: TcpStream,
    all: Arc<Mutex<Vec<Seen>>>,
    act: Arc<F>,
) {
    let mut buffer = Vec::new();
    while let Some(mut seen) = read(&mut stream, &mut buffer).await {
        {
            let mut all = all.lock().unwrap();
            seen.number = all.len();
            all.push(seen.clone());
        }
        match act(&seen) {
            Act::Send { bytes, whole } => {
                let sent = stream.write_all(&bytes).await;
                if sent.is_err() || !whole {
                    return;
                }
            }
            Act::Cut => return,
            Act::Stall => {
                // Until the client goes away.
                while stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {}
                return;
            }
        }
    }
}

/// The next request; `None` when the client is done.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let mut seen = Seen { method, target, headers, ..Seen::default() };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    let whole = end + 4 + length;
    while buffer.len() < whole {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = buffer[end + 4..whole].to_vec();
    buffer.drain(..whole);
    Some(seen)
}
