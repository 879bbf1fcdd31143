//! The same whose calls are awaited, over `embedded-nal-async`.

use super::ours::{Up, field};
use super::{BUFFER, Client};
use crate::case::{Answer, Ask, Body, Reading, Reply};
use crate::transport::{Polled, Stack, block_on_polled};
use embedded_io_async::Read;
use safe_http_client::asynch::{
    AsyncNetwork, NalNetwork, Request, Response, SafeHttpClient, Timer,
};
use safe_http_client::{BodyLength, Buffer, Clock, Config, ErrorOf, LoopContext, Method};
use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

pub const CLIENT: Client =
    Client { name: "safe-http-client (async)", package: "safe-http-client", run, lacks: &[] };

/// It is looked at each time that the future is polled.
#[derive(Clone, Copy)]
struct Watch(Instant);

impl Clock for Watch {
    fn now_ms(&self) -> u32 {
        self.0.elapsed().as_millis() as u32
    }
}

impl Timer for Watch {
    async fn sleep_ms(&self, ms: u32) {
        let begin = self.now_ms();
        poll_fn(|_| if self.now_ms() - begin < ms { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

fn run(port: u16, asks: &[Ask]) -> Vec<Reply> {
    let mut cx = LoopContext::take().expect("one client in the process");
    let stack = Polled(Stack { port, patience: None });
    let network = NalNetwork::new(&stack, &stack, Up);
    let mut client = SafeHttpClient::new(network, Watch(Instant::now()));
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
            block_on_polled(exchange(request, ask)).map_err(|error| error.to_string())
        })
        .collect()
}

async fn exchange<N: AsyncNetwork, C: Timer, B: Buffer>(
    request: Request<'_, '_, N, C, B>,
    ask: &Ask,
) -> Result<Answer, ErrorOf<N>> {
    let mut response = match ask.body {
        Body::None => request.send().await?,
        Body::Stream(mut bytes, declared) => {
            let length = declared.map_or(BodyLength::Chunked, BodyLength::Known);
            request.send_from(&mut bytes, length).await?
        }
    };
    let mut answer = Answer { status: response.status(), ..Answer::default() };
    answer.fields.extend(response.head().headers().map(field));
    match ask.read {
        Reading::All => {
            read(&mut response, &mut answer.body).await?;
            answer.fields.extend(response.trailers().map(field));
        }
        Reading::Some(count) => {
            answer.body = vec![0; count];
            let count = response.read(&mut answer.body).await?;
            answer.body.truncate(count);
        }
        Reading::Tunnel(count) => {
            if let Ok(mut stream) = response.into_stream() {
                while answer.body.len() < count {
                    let mut piece = [0; 16];
                    let read = stream.read(&mut piece).await?;
                    answer.body.extend_from_slice(&piece[..read]);
                }
            }
        }
    }
    Ok(answer)
}

async fn read<N: AsyncNetwork, C: Timer, B: Buffer>(
    response: &mut Response<'_, '_, N, C, B>,
    body: &mut Vec<u8>,
) -> Result<(), ErrorOf<N>> {
    let mut piece = [0; 512];
    loop {
        match response.read(&mut piece).await? {
            0 => return Ok(()),
            count => body.extend_from_slice(&piece[..count]),
        }
    }
}
