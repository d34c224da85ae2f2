//! What the fake orgs share: a loopback port, a thread for each connection, and requests read from it.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A request, as far as a fake org looks at it.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

/// Listens as long as the test runs, and serves each connection on a thread of its own, telling it the address of the
/// whole. Returns that address.
pub(crate) fn listen(serve: impl Fn(&TcpStream, &str) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let origin = url.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (serve, origin) = (serve.clone(), origin.clone());
            thread::spawn(move || serve(&stream, &origin));
        }
    });
    url
}

/// The next request of a connection.
pub(crate) fn request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut authorization) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => authorization = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, authorization, body: String::from_utf8(body).ok()? })
}
