//! ureq, a client for PCs, over the operating system's sockets. Without TLS and compression, and
//! with a status that isn't a success as a response like any other.

use super::Client;
use crate::case::{Answer, Ask, Body, Needs, Reading, Reply};
use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;
use ureq::config::Config;
use ureq::http::{Method, Request, Response, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, AsSendBody, SendBody};

pub const CLIENT: Client = Client {
    name: "ureq",
    package: "ureq",
    run,
    lacks: &[
        (Needs::Trailers, "trailers aren't given to the caller"),
        (Needs::Tunnel, "the stream isn't handed over"),
    ],
};

/// Every host is the server of the case.
#[derive(Debug)]
struct Here(SocketAddr);

impl Resolver for Here {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(self.0);
        Ok(addresses)
    }
}

fn run(port: u16, asks: &[Ask]) -> Vec<Reply> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .allow_non_standard_methods(true)
        .proxy(None)
        .build();
    let here = Here(([127, 0, 0, 1], port).into());
    let agent = Agent::with_parts(config, DefaultConnector::default(), here);
    asks.iter().map(|ask| exchange(&agent, ask).map_err(|error| error.to_string())).collect()
}

fn perform(
    agent: &Agent,
    patience: Option<Duration>,
    request: Request<impl AsSendBody>,
) -> Result<Response<ureq::Body>, ureq::Error> {
    agent.run(agent.configure_request(request).timeout_recv_response(patience).build())
}

fn exchange(agent: &Agent, ask: &Ask) -> Result<Answer, ureq::Error> {
    ask.wait();
    let mut request = Request::builder()
        .method(Method::from_bytes(ask.method.as_bytes()).map_err(ureq::http::Error::from)?)
        .uri(&ask.url);
    for (name, value) in &ask.headers {
        request = request.header(*name, *value);
    }
    let patience = ask.patience.map(|ms| Duration::from_millis(ms.into()));
    let response = match ask.body {
        // A body of no bytes, as its `send_empty` does.
        Body::None if matches!(ask.method, "POST" | "PUT") => {
            perform(agent, patience, request.body(SendBody::none())?)
        }
        Body::None => perform(agent, patience, request.body(())?),
        Body::Stream(mut bytes, declared) => {
            if let Some(declared) = declared {
                request = request.header("Content-Length", declared);
            }
            perform(agent, patience, request.body(SendBody::from_reader(&mut bytes))?)
        }
    };
    let (head, body) = response?.into_parts();
    let fields = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let mut read = Vec::new();
    match ask.read {
        Reading::Some(count) => {
            read = vec![0; count];
            let got = body.into_reader().read(&mut read)?;
            read.truncate(got);
        }
        Reading::All | Reading::Tunnel(_) => {
            body.into_reader().read_to_end(&mut read)?;
        }
    }
    Ok(Answer { status: head.status.as_u16(), fields, body: read })
}
