//! A server that answers every request with the same value, as cheaply as it can.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// Starts the server on a thread of its own and gives the base URL.
pub(crate) fn start(value: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{value}", value.len());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                // A client that goes away ends its connection, and nothing else.
                let _ = serve(&stream, answer.as_bytes());
            });
        }
    });
    format!("http://127.0.0.1:{port}/client/v4")
}

/// Answers requests that have no body.
fn serve(mut stream: &TcpStream, answer: &[u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        if line == b"\r\n" {
            stream.write_all(answer)?;
        }
        line.clear();
    }
    Ok(())
}
