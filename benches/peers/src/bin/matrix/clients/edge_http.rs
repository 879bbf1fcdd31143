//! edge-http, over `edge-nal`: one `Connection`, which keeps its stream.

use super::{BUFFER, Client};
use crate::case::{Answer, Ask, Body, Needs, Reading, Reply};
use crate::transport::{Stack, block_on};
use edge_http::Method;
use edge_http::io::Error;
use edge_http::io::client::Connection;
use embedded_io_async::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

pub const CLIENT: Client = Client {
    name: "edge-http",
    package: "edge-http",
    run,
    lacks: &[
        (Needs::Urls, "takes an address and a path, no URL"),
        (Needs::Schemes, "takes an address and a path, no URL"),
        (Needs::Hosts, "a connection has one address"),
        (Needs::AnyMethod, "methods are an enumeration"),
        (Needs::Trailers, "trailers aren't given to the caller"),
    ],
};

fn run(port: u16, asks: &[Ask]) -> Vec<Reply> {
    let stack = Stack { port, patience: asks[0].patience };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
    let mut buffer = [0; BUFFER];
    let mut connection: Connection<'_, _> = Connection::new(&mut buffer, &stack, address);
    asks.iter()
        .map(|ask| block_on(exchange(&mut connection, ask))?.map_err(|error| format!("{error:?}")))
        .collect()
}

fn method(name: &str) -> Method {
    Method::new(name).unwrap_or(Method::Get)
}

async fn exchange(
    connection: &mut Connection<'_, Stack>,
    ask: &Ask,
) -> Result<Answer, Error<ErrorKind>> {
    ask.wait();
    let (authority, target) = ask.parts();
    let mut headers = vec![("Host", authority)];
    headers.extend_from_slice(&ask.headers);
    let length;
    if let Body::Stream(_, Some(declared)) = ask.body {
        length = declared.to_string();
        headers.push(("Content-Length", &length));
    }
    connection.initiate_request(true, method(ask.method), target, &headers).await?;
    if let Body::Stream(bytes, _) = ask.body {
        connection.write_all(bytes).await?;
    }
    connection.initiate_response().await?;
    let head = connection.headers()?;
    let mut answer = Answer { status: head.code, ..Answer::default() };
    answer.fields =
        head.headers.iter_raw().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
    let mut piece = [0; 512];
    match ask.read {
        Reading::All => loop {
            match connection.read(&mut piece).await? {
                0 => break,
                count => answer.body.extend_from_slice(&piece[..count]),
            }
        },
        Reading::Some(count) => {
            let read = connection.read(&mut piece[..count]).await?;
            answer.body.extend_from_slice(&piece[..read]);
        }
        Reading::Tunnel(count) => {
            let stream = connection.raw_connection()?;
            while answer.body.len() < count {
                match stream.read(&mut piece).await.map_err(Error::Io)? {
                    0 => break,
                    read => answer.body.extend_from_slice(&piece[..read]),
                }
            }
        }
    }
    Ok(answer)
}
