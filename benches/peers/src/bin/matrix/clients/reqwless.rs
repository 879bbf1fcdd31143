//! reqwless, over `embedded-nal-async`: `HttpClient::request` for one request, a resource (its
//! connection that is kept) for several.

use super::{BUFFER, Client};
use crate::case::{Answer, Ask, Body, Needs, Reading, Reply};
use crate::transport::{Stack, block_on};
use embedded_io_async::{Read, Write};
use reqwless::TryBufRead;
use reqwless::client::{HttpClient, HttpResource};
use reqwless::request::{Method, RequestBody, RequestBuilder};
use reqwless::response::Response;

pub const CLIENT: Client = Client {
    name: "reqwless",
    package: "reqwless",
    run,
    lacks: &[
        (Needs::AnyMethod, "methods are an enumeration"),
        (Needs::Trailers, "trailers aren't given to the caller"),
        (Needs::Tunnel, "the stream isn't handed over"),
    ],
};

/// What a caller's reader gives, with the length that was declared.
#[derive(Clone, Copy)]
struct Payload(&'static [u8], Option<u64>);

impl RequestBody for Payload {
    fn len(&self) -> Option<usize> {
        self.1.map(|length| length as usize)
    }

    async fn write<W: Write>(&self, writer: &mut W) -> Result<(), W::Error> {
        writer.write_all(self.0).await
    }
}

fn run(port: u16, asks: &[Ask]) -> Vec<Reply> {
    let stack = Stack { port, patience: asks[0].patience };
    let mut client = HttpClient::new(&stack, &stack);
    let (authority, _) = asks[0].parts();
    if asks.len() == 1 || asks.iter().any(|ask| ask.parts().0 != authority) {
        return asks.iter().map(|ask| finished(block_on(single(&mut client, ask)))).collect();
    }
    let base = format!("http://{authority}");
    match block_on(client.resource(&base)) {
        Ok(Ok(mut resource)) => {
            asks.iter().map(|ask| finished(block_on(kept(&mut resource, ask)))).collect()
        }
        Ok(Err(error)) => asks.iter().map(|_| Err(format!("{error:?}"))).collect(),
        Err(error) => asks.iter().map(|_| Err(error.clone())).collect(),
    }
}

fn finished(outcome: Result<Result<Answer, reqwless::Error>, String>) -> Reply {
    outcome?.map_err(|error| format!("{error:?}"))
}

fn method(name: &str) -> Method {
    match name {
        "HEAD" => Method::HEAD,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        _ => Method::GET,
    }
}

async fn single(
    client: &mut HttpClient<'_, Stack, Stack>,
    ask: &Ask,
) -> Result<Answer, reqwless::Error> {
    ask.wait();
    let mut buffer = [0; BUFFER];
    let mut request = client.request(method(ask.method), &ask.url).await?;
    // `Host` has a call of its own.
    let (hosts, headers): (Vec<_>, Vec<_>) =
        ask.headers.iter().partition(|(name, _)| *name == "Host");
    if let [(_, host)] = hosts[..] {
        request = request.host(host);
    }
    let request = request.headers(&headers);
    match ask.body {
        Body::None => {
            let mut request = request;
            answer(request.send(&mut buffer).await?, ask).await
        }
        Body::Stream(bytes, declared) => {
            let mut request = request.body(Payload(bytes, declared));
            answer(request.send(&mut buffer).await?, ask).await
        }
    }
}

async fn kept<C: Read + Write>(
    resource: &mut HttpResource<'_, C>,
    ask: &Ask,
) -> Result<Answer, reqwless::Error> {
    ask.wait();
    let mut buffer = [0; BUFFER];
    let request = resource.request(method(ask.method), ask.parts().1).headers(&ask.headers);
    match ask.body {
        Body::None => answer(request.send(&mut buffer).await?, ask).await,
        Body::Stream(bytes, declared) => {
            answer(request.body(Payload(bytes, declared)).send(&mut buffer).await?, ask).await
        }
    }
}

async fn answer<C: Read + TryBufRead>(
    response: Response<'_, '_, C>,
    ask: &Ask,
) -> Result<Answer, reqwless::Error> {
    let status = response.status.0;
    let fields = response
        .headers()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_vec()))
        .collect();
    let body = match ask.read {
        Reading::Some(count) => {
            let mut body = vec![0; count];
            let read = response.body().reader().read(&mut body).await?;
            body.truncate(read);
            body
        }
        Reading::All | Reading::Tunnel(_) => response.body().read_to_end().await?.to_vec(),
    };
    Ok(Answer { status, fields, body })
}
