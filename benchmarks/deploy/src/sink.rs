//! A server that takes everything and keeps nothing, as cheaply as it can, so that what a client
//! costs is what is measured.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};

use memchr::memmem;

use crate::{ROLE, SINK};

const NAMESPACE: &str = r#"{"id":"0f2ac74b498b48028cb68387c421e279","title":"bench"}"#;

/// A server in another process, which ends with this value.
pub(crate) struct Sink {
    process: Child,
    pub(crate) base_url: String,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let this = std::env::current_exe().expect("this program has a path");
        let mut process = Command::new(this)
            .env(ROLE, SINK)
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        let mut port = String::new();
        let out = process.stdout.as_mut().expect("it is piped");
        BufReader::new(out).read_line(&mut port).expect("the server says its port");
        Self { process, base_url: format!("http://127.0.0.1:{}/client/v4", port.trim()) }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How a pair begins.
const PAIR: &[u8] = br#"{"key":"#;

/// The server.
pub(crate) fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    println!("{}", listener.local_addr().expect("it is bound").port());
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || {
            // A client that goes away ends its connection, and nothing else.
            let _ = serve(&stream);
        });
    }
    ExitCode::SUCCESS
}

fn serve(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(256 * 1024, stream);
    let mut out = stream;
    let mut line = String::new();
    loop {
        let (mut length, mut first) = (0_u64, None);
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            let lower = text.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            } else if lower.starts_with("expect:") {
                out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            first.get_or_insert_with(|| text.to_owned());
        }
        let pairs = count_pairs(&mut reader, length)?;
        let body = answer(&first.unwrap_or_default(), pairs);
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
        write!(out, "{head}\r\nContent-Length: {length}\r\n\r\n{body}")?;
    }
}

/// Reads a body, and counts its pairs: every answer must account for them.
fn count_pairs(reader: &mut impl BufRead, mut length: u64) -> std::io::Result<usize> {
    let find = memmem::Finder::new(PAIR);
    let (mut pairs, mut tail) = (0, Vec::new());
    while length > 0 {
        let filled = reader.fill_buf()?;
        if filled.is_empty() {
            break;
        }
        let taken = filled.len().min(usize::try_from(length).unwrap_or(usize::MAX));
        let body = &filled[..taken];
        // One that two reads have a part of each.
        tail.extend_from_slice(&body[..taken.min(PAIR.len() - 1)]);
        pairs += find.find_iter(&tail).count() + find.find_iter(body).count();
        tail.clear();
        tail.extend_from_slice(&body[taken.saturating_sub(PAIR.len() - 1)..]);
        reader.consume(taken);
        length -= taken as u64;
    }
    Ok(pairs)
}

/// There is no namespace until one is asked for.
fn answer(request: &str, pairs: usize) -> String {
    let mut words = request.split(' ');
    let (method, path) = (words.next(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default();
    let result = match method {
        Some("GET") if path.ends_with("/namespaces") => "[]",
        Some("GET" | "POST") if !path.ends_with("/bulk/delete") => NAMESPACE,
        Some("PUT") if path.ends_with("/bulk") => {
            return format!(
                r#"{{"success":true,"errors":[],"messages":[],"result":{{"successful_key_count":{pairs},"unsuccessful_keys":[]}}}}"#
            );
        }
        _ => "null",
    };
    format!(r#"{{"success":true,"errors":[],"messages":[],"result":{result}}}"#)
}
