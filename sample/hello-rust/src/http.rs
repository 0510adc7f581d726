//! HTTP/1.1 over one connection that is kept, to a server given by its
//! numeric address: the Runtime API is always one, and so nothing here needs a
//! resolver.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

pub struct Client {
    address: SocketAddr,
    connection: Option<TcpStream>,
}

pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

impl Client {
    /// server is a numeric address and a port; a name is an error.
    pub fn new(server: &str) -> Result<Client> {
        let address = server.parse().map_err(|_| broken("no numeric address and port"))?;
        Ok(Client { address, connection: None })
    }

    /// Sends a request and waits for its answer without a limit, for the
    /// process may be frozen meanwhile. headers are whole lines with CRLF.
    pub fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<Response> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = TcpStream::connect(self.address)?;
                connection.set_nodelay(true)?;
                connection
            }
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        );
        connection.write_all(&[head.as_bytes(), body].concat())?;
        let response = receive(&mut connection)?;
        let close = response.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if !close {
            self.connection = Some(connection);
        }
        Ok(response)
    }
}

fn receive(connection: &mut TcpStream) -> Result<Response> {
    let mut data = Vec::with_capacity(4096);
    let head_end = loop {
        if let Some(end) = data.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let old = data.len();
        data.resize(old + 4096, 0);
        let got = connection.read(&mut data[old..])?;
        data.truncate(old + got);
        if got == 0 {
            return Err(broken("connection closed"));
        }
    };
    let mut body = data.split_off(head_end + 4);
    let head = std::str::from_utf8(&data[..head_end]).map_err(|_| broken("head is not UTF-8"))?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|line| line.get(..3)?.parse().ok())
        .ok_or_else(|| broken("answer is not HTTP/1.1"))?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut response = Response { status, headers, body: Vec::new() };

    // The Runtime API always says how long its answers are.
    let length: usize = response
        .header("Content-Length")
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| broken("answer has no Content-Length"))?;
    let old = body.len().min(length);
    body.resize(length, 0);
    connection.read_exact(&mut body[old..])?;
    response.body = body;
    Ok(response)
}
