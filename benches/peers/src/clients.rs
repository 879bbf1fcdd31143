//! One GET exchange in each published client, through the interface that its documentation shows.

use std::net::{Ipv4Addr, SocketAddr};

use embedded_io_async::Read;

use crate::mock_async::{AsyncStack, block_on};
use crate::wire::{HOST, PATH, URL, Wire};

/// The status and the body, or why there is none.
pub type Reply<'b> = Result<(u16, &'b [u8]), String>;

/// A client under measurement.
pub trait Client {
    /// Connects, sends `GET /data`, reads the whole response. The body ends up in `buffer`.
    fn exchange<'b>(&mut self, buffer: &'b mut [u8]) -> Reply<'b>;
}

/// Each client's name on the command line and its package in the lock file.
pub const CLIENTS: &[(&str, &str)] = &[
    ("reqwless", "reqwless"),
    ("edge-http", "edge-http"),
    ("nanofish", "nanofish"),
    ("ours", "safe-http-client"),
];

/// The client of that name, over `wire`.
pub fn client(name: &str, wire: &'static Wire) -> Option<Box<dyn Client>> {
    Some(match name {
        "reqwless" => Box::new(Reqwless(wire)),
        "edge-http" => Box::new(EdgeHttp(wire)),
        "nanofish" => Box::new(Nanofish(wire)),
        "ours" => Box::new(crate::ours::Ours::new(wire)),
        _ => return None,
    })
}

fn finished<'b, E: core::fmt::Debug>(outcome: Option<Result<(u16, &'b [u8]), E>>) -> Reply<'b> {
    match outcome {
        Some(Ok(reply)) => Ok(reply),
        Some(Err(error)) => Err(format!("{error:?}")),
        None => Err("it waits for bytes past the end of the response".to_owned()),
    }
}

struct Reqwless(&'static Wire);

impl Client for Reqwless {
    fn exchange<'b>(&mut self, buffer: &'b mut [u8]) -> Reply<'b> {
        use reqwless::{Error, client::HttpClient, request::Method};

        let stack = AsyncStack(self.0);
        finished(block_on(async {
            let mut client = HttpClient::new(&stack, &stack);
            let mut request = client.request(Method::GET, URL).await?;
            let response = request.send(buffer).await?;
            let status = response.status.0;
            let body = response.body().read_to_end().await?;
            Ok::<_, Error>((status, &*body))
        }))
    }
}

/// Takes an address and a path, so that no URL is parsed.
///
/// The call in its README, with `Host` alone, adds `Transfer-Encoding: Chunked` and an empty
/// chunked body to a GET. `Content-Length: 0` is the nearest to a plain one that it can send, and
/// costs it less.
struct EdgeHttp(&'static Wire);

impl Client for EdgeHttp {
    fn exchange<'b>(&mut self, buffer: &'b mut [u8]) -> Reply<'b> {
        use edge_http::{
            Method,
            io::{Error, client::Connection},
        };

        let stack = AsyncStack(self.0);
        let address = SocketAddr::from((Ipv4Addr::new(192, 168, 1, 20), 80));
        let headers = [("Host", HOST), ("Content-Length", "0")];
        let half = buffer.len() / 2;
        let (work, body) = buffer.split_at_mut(half);
        finished(block_on(async {
            let mut connection: Connection<_> = Connection::new(work, &stack, address);
            connection.initiate_request(true, Method::Get, PATH, &headers).await?;
            connection.initiate_response().await?;
            let status = connection.headers()?.code;
            let mut length = 0;
            loop {
                match connection.read(&mut body[length..]).await? {
                    0 => break,
                    read => length += read,
                }
            }
            Ok::<_, Error<_>>((status, &body[..length]))
        }))
    }
}

/// Takes a connected stream; the URL goes through its own parser.
struct Nanofish(&'static Wire);

impl Client for Nanofish {
    fn exchange<'b>(&mut self, buffer: &'b mut [u8]) -> Reply<'b> {
        use nanofish::{
            DefaultHttpClient, Error, HttpClientRequest, HttpMethod, ResponseBody, parse_endpoint,
        };

        let stack = AsyncStack(self.0);
        finished(block_on(async {
            let endpoint = parse_endpoint(URL)?;
            let mut stream = stack.open();
            let request = HttpClientRequest {
                method: HttpMethod::GET,
                host: endpoint.host,
                path: endpoint.path,
                query: endpoint.query,
                headers: &[],
                body: None,
            };
            let client = DefaultHttpClient::new();
            let (response, _) = client.request(&mut stream, request, buffer).await?;
            let body: &[u8] = match response.body {
                ResponseBody::Text(text) => text.as_bytes(),
                ResponseBody::Binary(bytes) => bytes,
                ResponseBody::Empty => &[],
            };
            Ok::<_, Error>((response.status_code.as_u16(), body))
        }))
    }
}
