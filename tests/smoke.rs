//! smoke
mod common;
use common::script::*;
use common::*;
use safe_http_client::*;

#[test]
fn get() {
    let mut cx = cx();
    let stack = ScriptStack::new([Connection::answer_split(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        1,
        None,
    )]);
    let log = stack.log.clone();
    let clock = TestClock::ticking(1);
    let mut online = SafeHttpClient::new(stack.attached(Behaviour::STD), &clock)
        .wait_online(&mut cx)
        .unwrap();
    let mut buffer = [0; 512];
    {
        let mut response = online
            .get(&mut cx, "http://192.168.1.20/gate?x=1#f", &mut buffer)
            .send()
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.read_to_str().unwrap(), "hello");
    }
    println!("{}", log.borrow().text(0));
    println!("{:?}", online);
    let stack2 = ScriptStack::new([Connection::answer_split(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n006\r\n world\r\n0\r\nX-T: 1\r\n\r\n",
        1,
        None,
    )]);
    let mut online = SafeHttpClient::new(stack2.attached(Behaviour::STD), &clock)
        .wait_online(&mut cx)
        .unwrap();
    let mut response = online
        .get(&mut cx, "http://192.168.1.20", &mut buffer)
        .send()
        .unwrap();
    assert_eq!(response.read_to_str().unwrap(), "hello world");
    assert_eq!(response.trailers().next().unwrap().name(), "X-T");
}
