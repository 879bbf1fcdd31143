//! nanofish, over a stream that the caller opens, and keeps as long as the client says so.

use super::{BUFFER, Client};
use crate::case::{Answer, Ask, Body, Needs, Reply};
use crate::transport::{Socket, Stack, block_on};
use nanofish::{
    DefaultHttpClient, Error, HttpClientRequest, HttpHeader, HttpMethod, parse_endpoint,
};

const STREAM: &str = "the caller opens the connections";

pub const CLIENT: Client = Client {
    name: "nanofish",
    package: "nanofish",
    run,
    lacks: &[
        (Needs::Schemes, STREAM),
        (Needs::Hosts, STREAM),
        (Needs::Deadlines, STREAM),
        (Needs::Dropping, "a response is read at once"),
        (Needs::AnyMethod, "methods are an enumeration"),
        (Needs::Streams, "a body is a slice"),
        (Needs::Trailers, "trailers aren't given to the caller"),
        (Needs::Tunnel, "the stream isn't handed over"),
    ],
};

fn run(port: u16, asks: &[Ask]) -> Vec<Reply> {
    let stack = Stack { port, patience: None };
    let mut kept = None;
    let keep = asks.len() > 1;
    asks.iter()
        .map(|ask| {
            let outcome = block_on(exchange(stack, &mut kept, keep, ask));
            outcome?.map_err(|error| format!("{error:?}"))
        })
        .collect()
}

fn method(name: &str) -> HttpMethod {
    match name {
        "HEAD" => HttpMethod::HEAD,
        "POST" => HttpMethod::POST,
        "PUT" => HttpMethod::PUT,
        _ => HttpMethod::GET,
    }
}

async fn exchange(
    stack: Stack,
    kept: &mut Option<Socket>,
    keep: bool,
    ask: &Ask,
) -> Result<Answer, Error> {
    ask.wait();
    let endpoint = parse_endpoint(&ask.url)?;
    let host = endpoint.host_header::<64>()?;
    // `Host` has a place of its own.
    let (hosts, headers): (Vec<_>, Vec<_>) = ask
        .headers
        .iter()
        .map(|(name, value)| HttpHeader::new(name, value))
        .partition(|field| field.name == "Host");
    let request = HttpClientRequest {
        method: method(ask.method),
        host: hosts.first().map_or(&host, |field| field.value),
        path: endpoint.path,
        query: endpoint.query,
        headers: &headers,
        body: match ask.body {
            Body::None => None,
            Body::Stream(bytes, _) => Some(bytes),
        },
    };
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => stack.open().map_err(|_| Error::NoResponse)?,
    };
    let mut buffer = [0; BUFFER];
    let client = DefaultHttpClient::new();
    let exchange = client.exchange(&mut stream, request, &mut buffer, keep).await?;
    if exchange.reusable {
        *kept = Some(stream);
    }
    let response = exchange.response;
    Ok(Answer {
        status: response.status_code.as_u16(),
        fields: response
            .headers
            .iter()
            .map(|field| (field.name.to_owned(), field.value.as_bytes().to_vec()))
            .collect(),
        body: response.body.as_bytes().to_vec(),
    })
}
