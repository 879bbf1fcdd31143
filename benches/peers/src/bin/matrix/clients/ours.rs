//! This crate, over `embedded-nal`.

use super::{BUFFER, Client};
use crate::case::{Answer, Ask, Body, Reading, Reply};
use crate::transport::{NalStack, Stack};
use embedded_io::Read;
use safe_http_client::{
    BodyLength, Buffer, Clock, Config, ErrorOf, FnClock, Header, IpConfig, Link, LinkStatus,
    LoopContext, Method, NalNetwork, Network, Request, Response, SafeHttpClient, StackQuirks,
};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

pub const CLIENT: Client =
    Client { name: "safe-http-client", package: "safe-http-client", run, lacks: &[] };

pub struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }
}

/// A field's name and value.
pub fn field(field: Header<'_>) -> (String, Vec<u8>) {
    (field.name().to_owned(), field.value().to_vec())
}

fn run(port: u16, asks: &[Ask]) -> Vec<Reply> {
    let mut cx = LoopContext::take().expect("one client in the process");
    let start = Instant::now();
    let clock = FnClock(move || start.elapsed().as_millis() as u32)
        .with_idle(|| std::thread::sleep(Duration::from_micros(50)));
    let network = NalNetwork::new(NalStack(Stack { port, patience: None }), Up, StackQuirks::STD);
    let mut client = SafeHttpClient::new(network, clock);
    let mut buffer = [0; BUFFER];
    asks.iter()
        .map(|ask| {
            ask.wait();
            // Longer than the matrix waits: its own deadline is not to hide that it waits.
            let patience = Duration::from_millis(ask.patience.unwrap_or(60_000).into());
            *client.config_mut() = Config::new().response_timeout(patience).idle_timeout(patience);
            let mut online = client.online(&mut cx).expect("the link is up");
            let method = Method::from_name(ask.method);
            let mut request = online.request(method, ask.url.as_str(), &mut buffer);
            for (name, value) in &ask.headers {
                request = request.header(name, value);
            }
            exchange(request, ask).map_err(|error| error.to_string())
        })
        .collect()
}

fn exchange<N: Network, C: Clock, B: Buffer>(
    request: Request<'_, '_, N, C, B>,
    ask: &Ask,
) -> Result<Answer, ErrorOf<N>> {
    let mut response = match ask.body {
        Body::None => request.send()?,
        Body::Stream(mut bytes, declared) => {
            let length = declared.map_or(BodyLength::Chunked, BodyLength::Known);
            request.send_from(&mut bytes, length)?
        }
    };
    let mut answer = Answer { status: response.status(), ..Answer::default() };
    answer.fields.extend(response.head().headers().map(field));
    match ask.read {
        Reading::All => {
            read(&mut response, &mut answer.body)?;
            answer.fields.extend(response.trailers().map(field));
        }
        Reading::Some(count) => {
            answer.body = vec![0; count];
            let count = response.read(&mut answer.body)?;
            answer.body.truncate(count);
        }
        Reading::Tunnel(count) => {
            if let Ok(mut stream) = response.into_stream() {
                while answer.body.len() < count {
                    let mut piece = [0; 16];
                    let read = stream.read(&mut piece)?;
                    answer.body.extend_from_slice(&piece[..read]);
                }
            }
        }
    }
    Ok(answer)
}

fn read<N: Network, C: Clock, B: Buffer>(
    response: &mut Response<'_, '_, N, C, B>,
    body: &mut Vec<u8>,
) -> Result<(), ErrorOf<N>> {
    let mut piece = [0; 512];
    loop {
        match response.read(&mut piece)? {
            0 => return Ok(()),
            count => body.extend_from_slice(&piece[..count]),
        }
    }
}
