//! What the fuzzers found, one row each: see `fuzz/README.md`.

use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use safe_http_client::{
    BodyLength, BufferUse, ErrorKind, ErrorOf, LoopContext, NalNetwork, SafeHttpClient, StackQuirks,
};
use std::cell::RefCell;
use std::rc::Rc;

const URL: &str = "http://192.168.1.20/x";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

type Net = NalNetwork<ScriptStack, TestLink>;
type Client = SafeHttpClient<Net, TestClock>;

/// A client over these connections, and what it does to them.
fn client(connections: impl IntoIterator<Item = Connection>) -> (Client, Rc<RefCell<Log>>) {
    let stack = ScriptStack::new(connections);
    let log = stack.log.clone();
    let network = stack.attached(StackQuirks::STD);
    (SafeHttpClient::new(network, TestClock::ticking(50)), log)
}

/// PUTs so many bytes, read in pieces; the answer's status.
fn upload(
    client: &mut Client,
    cx: &mut LoopContext,
    buffer: &mut [u8],
    length: usize,
) -> Result<u16, ErrorOf<Net>> {
    let body = vec![b'b'; length];
    let mut online = client.online(cx)?;
    let request = online.put(URL, buffer);
    let response = request.send_from(&mut &body[..], BodyLength::Known(length as u64));
    response.map(|response| response.status())
}

/// It looked for the end of that head for ever.
#[test]
fn an_early_answer_whose_head_does_not_fit_ends_an_upload() {
    let head = format!("HTTP/1.1 417 No\r\nA: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(500));
    let mut cx = cx();
    let (mut client, _) = client([Connection::answer(&head)]);
    let error = upload(&mut client, &mut cx, &mut [0; 192], 300).unwrap_err();
    let what = BufferUse::ResponseHead;
    let needed = head.len();
    assert_eq!(error.kind, ErrorKind::Buffer { what, needed, available: 192, exact: true });
}

/// The second part of the body was sent on the fresh connection, without the request.
#[test]
fn an_upload_on_a_kept_connection_that_ends_is_sent_again_whole() {
    let mut kept = Connection::answer(OK);
    kept.steps.extend([Step::AwaitRequest, Step::Zero]);
    let mut cx = cx();
    // It isn't answered before it has come whole.
    let fresh = Connection::new([Step::AwaitRequest, Step::Pend(5), Step::Data(OK.to_vec())]);
    let (mut client, log) = client([kept, fresh]);
    let mut buffer = [0; 192];
    client.online(&mut cx).unwrap().get(URL, &mut buffer).send().unwrap();
    assert!(client.is_connected());
    assert_eq!(upload(&mut client, &mut cx, &mut buffer, 300).unwrap(), 200);
    let sent = log.borrow().text(1);
    assert!(sent.starts_with("PUT /x HTTP/1.1\r\n"), "{sent}");
    assert!(sent.ends_with(&format!("\r\n\r\n{}", "b".repeat(300))), "{sent}");
}
