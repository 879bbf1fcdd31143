//! Layers over a call, as a scenario of every stack: a redirect is followed, a request sent again, both, a form
//! filled in, and a file's rest asked for where the first answer was cut.

use crate::scenario::{Act, say};
use safe_http_client::asynch::{self, AsyncNetwork, Timer};
use safe_http_client::{Clock, Download, LoopContext, Network, RetryPolicy, SafeHttpClient};
use std::fmt::Debug;
use std::time::Duration;

/// What the server plays, on a connection each.
pub(crate) fn scripts() -> Vec<Vec<Act>> {
    let file = |answer: &str| say(format!("HTTP/1.1 {answer}"));
    let first = vec![
        Act::Request,
        say("HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 4\r\n\r\ngone"),
        Act::Request,
        say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"),
        Act::Request,
        say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
        Act::Request,
        say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready"),
        Act::Request,
        say("HTTP/1.1 302 Found\r\nLocation: /last\r\nContent-Length: 0\r\n\r\n"),
        Act::Request,
        say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
        Act::Request,
        say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nboth"),
        Act::Request,
        Act::Body("name=front%20door&open=1%262".len()),
        say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken"),
        Act::Request,
        file("200 OK\r\nETag: \"1\"\r\nContent-Length: 10\r\n\r\n0123"),
        Act::Wait(5),
        Act::Fin,
    ];
    let part = "206 Partial\r\nETag: \"1\"\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n456789";
    vec![first, vec![Act::Request, file(part)]]
}

/// What the requests said, as the server has their heads.
pub(crate) fn check(heads: &[String]) {
    let starts = [
        "GET /old",
        "GET /new",
        "GET /busy",
        "GET /busy",
        "GET /both",
        "GET /last",
        "GET /last",
        "POST /form",
        "GET /file",
        "GET /file",
    ];
    assert_eq!(heads.len(), starts.len(), "{heads:?}");
    for (head, start) in heads.iter().zip(starts) {
        assert!(head.starts_with(start), "{head}, not {start}");
    }
    assert!(
        heads[7].contains("Content-Type: application/x-www-form-urlencoded\r\n"),
        "{}",
        heads[7]
    );
    assert!(heads[9].contains("range: bytes=4-\r\nif-range: \"1\"\r\n"), "{}", heads[9]);
}

fn policy() -> RetryPolicy {
    RetryPolicy::new(1).base(Duration::from_millis(20))
}

fn told<T, E: Debug>(what: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error:?}"))
}

const FORM: [(&str, &str); 2] = [("name", "front door"), ("open", "1&2")];

/// The texts of the answers, and the file.
pub(crate) type Came = Vec<String>;

pub(crate) const EXPECTED: [&str; 5] = ["new", "ready", "both", "taken", "0123456789"];

/// By the client whose calls wait.
pub(crate) fn wait<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<Came, String> {
    let mut came = Vec::new();
    let mut buffer = [0; 1024];
    let mut online = told("online", client.online(cx))?;
    let request = online.get(&format!("{url}/old"), &mut buffer);
    let mut response = told("follow", request.follow(3).send())?;
    came.push(told("follow", response.read_to_str())?.to_owned());
    drop(response);
    let request = online.get(&format!("{url}/busy"), &mut buffer);
    let mut response = told("retry", request.retry(policy()).send())?;
    came.push(told("retry", response.read_to_str())?.to_owned());
    drop(response);
    let request = online.get(&format!("{url}/both"), &mut buffer);
    let mut response = told("both", request.follow(3).retry(policy()).send())?;
    came.push(told("both", response.read_to_str())?.to_owned());
    drop(response);
    let request = online.post(&format!("{url}/form"), &mut buffer);
    let mut response = told("form", request.form(&FORM).send())?;
    came.push(told("form", response.read_to_str())?.to_owned());
    drop(response);
    let (mut download, mut file) = (Download::new(), Vec::new());
    for is_last in [false, true] {
        let request = download.request(&mut online, &format!("{url}/file"), &mut buffer);
        let mut response = told("download", request.send())?;
        let saved = download.save(&mut response, &mut Sink(&mut file), |_, _| {});
        assert_eq!((saved.is_ok(), download.is_whole()), (is_last, is_last), "{saved:?}");
    }
    came.push(told("file", String::from_utf8(file))?);
    Ok(came)
}

/// By the client whose calls are awaited.
pub(crate) async fn awaited<N: AsyncNetwork, C: Timer>(
    client: &mut asynch::SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<Came, String> {
    let mut came = Vec::new();
    let mut buffer = [0; 1024];
    let mut online = told("online", client.online(cx))?;
    let request = online.get(&format!("{url}/old"), &mut buffer);
    let mut response = told("follow", request.follow(3).send().await)?;
    came.push(told("follow", response.read_to_str().await)?.to_owned());
    drop(response);
    let request = online.get(&format!("{url}/busy"), &mut buffer);
    let mut response = told("retry", request.retry(policy()).send().await)?;
    came.push(told("retry", response.read_to_str().await)?.to_owned());
    drop(response);
    let request = online.get(&format!("{url}/both"), &mut buffer);
    let mut response = told("both", request.follow(3).retry(policy()).send().await)?;
    came.push(told("both", response.read_to_str().await)?.to_owned());
    drop(response);
    let request = online.post(&format!("{url}/form"), &mut buffer);
    let mut response = told("form", request.form(&FORM).send().await)?;
    came.push(told("form", response.read_to_str().await)?.to_owned());
    drop(response);
    let (mut download, mut file) = (Download::new(), Vec::new());
    for is_last in [false, true] {
        let request = download.request_async(&mut online, &format!("{url}/file"), &mut buffer);
        let mut response = told("download", request.send().await)?;
        let saved = download.save_async(&mut response, &mut Sink(&mut file), |_, _| {}).await;
        assert_eq!((saved.is_ok(), download.is_whole()), (is_last, is_last), "{saved:?}");
    }
    came.push(told("file", String::from_utf8(file))?);
    Ok(came)
}

/// A file that takes three bytes at a time.
struct Sink<'f>(&'f mut Vec<u8>);

impl Sink<'_> {
    fn take(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(3);
        self.0.extend_from_slice(&bytes[..count]);
        count
    }
}

impl embedded_io::ErrorType for Sink<'_> {
    type Error = std::convert::Infallible;
}

impl embedded_io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(self.take(bytes))
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl embedded_io_async::Write for Sink<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(self.take(bytes))
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
