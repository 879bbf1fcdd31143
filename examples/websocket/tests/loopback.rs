//! Against servers on this PC: tungstenite, and some that keep to no rule.

use nal_link::{PcLink, StdClock};
use safe_http_client::{LoopContext, NalNetwork, SafeHttpClient, StackQuirks, nb};
use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use test_server::read_head;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};
use websocket::rand_core::{self, RngCore};
use websocket::{CloseStatus, Event, Failure, MESSAGE, Socket};

type Client = SafeHttpClient<NalNetwork<std_embedded_nal::Stack, PcLink>, StdClock>;
type Error = safe_http_client::ErrorOf<NalNetwork<std_embedded_nal::Stack, PcLink>>;

/// Numbers that a test can guess.
struct Counted(u64);

impl RngCore for Counted {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        rand_core::impls::fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// A client with a socket on its way.
struct Rig {
    client: Client,
    cx: LoopContext,
    socket: Socket<[u8; 512], Counted>,
}

impl Rig {
    fn new(port: u16) -> Self {
        let mut cx = LoopContext::take().expect("once in a thread");
        let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
        let mut client = SafeHttpClient::new(network, StdClock::new());
        let mut online = client.online(&mut cx).unwrap();
        let url = format!("http://127.0.0.1:{port}/echo");
        let socket = Socket::open(&mut online, url.as_str(), [0; 512], Counted(4711)).unwrap();
        Self { client, cx, socket }
    }

    /// The next event, as text.
    fn next(&mut self) -> Result<String, Failure<Error>> {
        let began = Instant::now();
        loop {
            match self.socket.poll(&mut self.client, &mut self.cx) {
                Ok(event) => return Ok(format!("{event:?}")),
                Err(nb::Error::Other(error)) => return Err(error),
                Err(nb::Error::WouldBlock) => {
                    assert!(began.elapsed() < Duration::from_secs(20), "nothing comes");
                    thread::sleep(Duration::from_micros(100));
                }
            }
        }
    }

    fn expect(&mut self, event: Event<'_>) {
        match self.next() {
            Ok(told) => assert_eq!(told, format!("{event:?}")),
            Err(error) => panic!("{error}, in place of {event:?}"),
        }
    }

    fn say(&mut self, text: &str) {
        nb::block!(self.socket.send_text::<Error>(text)).unwrap();
    }
}

fn serve<T: Send + 'static>(
    work: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || work(listener.accept().unwrap().0)))
}

/// The answer that accepts it.
fn accepting(head: &str) -> String {
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// What tungstenite reads, to its end.
fn heard(socket: &mut WebSocket<TcpStream>) -> Vec<Message> {
    std::iter::from_fn(|| socket.read().ok()).collect()
}

#[test]
fn texts_of_all_lengths_a_ping_and_a_close() {
    let (port, server) = serve(|stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        let mut count = 0;
        while let Ok(message) = socket.read() {
            if message.is_text() {
                count += 1;
                socket.send(message).unwrap();
            }
        }
        count
    });
    let mut rig = Rig::new(port);
    rig.expect(Event::Open);
    let lengths = [0, 1, 125, 126, 127, 500, MESSAGE];
    for length in lengths {
        let text = if length < 2 {
            "x".repeat(length)
        } else {
            "\u{e9}".to_owned() + &"x".repeat(length - 2)
        };
        rig.say(&text);
        rig.expect(Event::Text(&text));
    }
    let long = "x".repeat(MESSAGE + 1);
    let told = rig.socket.send_text::<Infallible>(&long);
    assert_eq!(told, Err(nb::Error::Other(Failure::TooLong)));
    rig.socket.ping::<Error>().unwrap();
    // There is one place for what is to be sent.
    assert_eq!(rig.socket.send_text::<Infallible>("now"), Err(nb::Error::WouldBlock));
    rig.expect(Event::Pong);
    rig.socket.close::<Error>().unwrap();
    rig.expect(Event::Closed(CloseStatus::NormalClosure));
    assert!(!rig.client.is_connected());
    assert!(matches!(rig.next(), Err(Failure::Socket(_))), "it is over");
    assert!(rig.socket.ping::<Error>().is_err());
    assert_eq!(server.join().unwrap(), lengths.len());
}

#[test]
fn a_server_that_pings_sends_bytes_and_closes() {
    let (port, server) = serve(|stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        socket.send(Message::Ping(b"there?"[..].into())).unwrap();
        socket.send(Message::binary(&[0, 255][..])).unwrap();
        let frame = CloseFrame { code: 1001.into(), reason: "night".into() };
        socket.close(Some(frame)).unwrap();
        heard(&mut socket)
    });
    let mut rig = Rig::new(port);
    rig.expect(Event::Open);
    rig.expect(Event::Binary(&[0, 255]));
    rig.expect(Event::Closed(CloseStatus::EndpointUnavailable));
    let heard = server.join().unwrap();
    assert_eq!(heard[0], Message::Pong(b"there?"[..].into()));
    let Message::Close(Some(frame)) = &heard[1] else { panic!("{heard:?}") };
    assert_eq!(u16::from(frame.code), 1001);
}

/// The bytes of frames as they come: together with the head, one by one, and in two.
#[test]
fn frames_in_any_pieces() {
    let frames = b"\x01\x02on\x89\x01?\x00\x01e\x80\x00\x81\x03two\x88\x00";
    for split in 0..=frames.len() + 1 {
        let (port, server) = serve(move |mut stream| {
            let head = read_head(&mut stream).unwrap();
            let bytes = [accepting(&head).as_bytes(), frames].concat();
            let front = bytes.len() - frames.len();
            let pieces: Vec<&[u8]> = if split > frames.len() {
                bytes.chunks(1).collect()
            } else {
                let (first, second) = bytes.split_at(front + split);
                vec![first, second]
            };
            stream.set_nodelay(true).unwrap();
            for piece in pieces {
                stream.write_all(piece).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            answer
        });
        let mut rig = Rig::new(port);
        rig.expect(Event::Open);
        rig.expect(Event::Text("one"));
        rig.expect(Event::Text("two"));
        rig.expect(Event::Closed(CloseStatus::Empty));
        let answer = server.join().unwrap();
        // A pong and a close, both masked: seven bytes, and six.
        assert_eq!((answer[0], answer[1]), (0x8A, 0x81));
        assert_eq!(answer[6] ^ answer[2], b'?');
        assert_eq!((answer[7], answer[8], answer.len()), (0x88, 0x80, 13), "split at {split}");
    }
}

/// Once it has said that it closes, it says no more: what the server sends meanwhile is read, and its pings have no
/// answer.
#[test]
fn what_comes_between_the_two_closes() {
    let (port, server) = serve(|mut stream| {
        let head = read_head(&mut stream).unwrap();
        stream.write_all(accepting(&head).as_bytes()).unwrap();
        let mut close = [0; 8];
        stream.read_exact(&mut close).unwrap();
        stream.write_all(b"\x89\x01?\x81\x03two\x89\x00\x88\x02\x03\xE8").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        (close[0], answer)
    });
    let mut rig = Rig::new(port);
    rig.expect(Event::Open);
    rig.socket.close::<Error>().unwrap();
    rig.expect(Event::Text("two"));
    rig.expect(Event::Closed(CloseStatus::NormalClosure));
    assert_eq!(server.join().unwrap(), (0x88, Vec::new()));
}

/// A server that refuses, or that accepts what wasn't asked.
#[test]
fn refusals_say_what_was_answered() {
    let rows: [(&str, &str); 9] = [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404 Not Found"),
        ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nno!\n", "401 Unauthorized"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK"),
        (
            "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 7\r\nContent-Length: 0\r\n\r\n",
            "426 Upgrade Required",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "its Sec-WebSocket-Accept",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            "its Sec-WebSocket-Accept",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "its Upgrade",
        ),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "its Connection"),
        ("", "the peer closed the connection without a response"),
    ];
    for (answer, words) in rows {
        let (port, server) = serve(move |mut stream| {
            let head = read_head(&mut stream).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            head
        });
        let mut rig = Rig::new(port);
        let error = rig.next().unwrap_err().to_string();
        assert!(error.contains(words), "{answer:?}: {error}");
        assert!(!rig.client.is_connected());
        let head = server.join().unwrap();
        assert!(head.starts_with("GET /echo HTTP/1.1\r\n"), "{head}");
        for line in ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
        }
    }
    // An extension or a protocol that nobody asked for.
    for name in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"] {
        let (port, server) = serve(move |mut stream| {
            let answer = accepting(&read_head(&mut stream).unwrap());
            let answer = answer.replace("\r\n\r\n", &format!("\r\n{name}: x\r\n\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let error = Rig::new(port).next().unwrap_err();
        assert!(matches!(error, Failure::Handshake(wrong) if wrong == name), "{error}");
        server.join().unwrap();
    }
}

#[test]
fn frames_that_break_a_rule() {
    let rows: [(&[u8], &str); 17] = [
        (b"", "ended without a close frame"),
        (b"\x81\x05cut", "ended without a close frame"),
        (b"\xC1\x00", "bits of an extension"),
        (b"\x81\x81aaaab", "aren't masked"),
        (b"\x89\x7E\x00\x80", "is short, and whole"),
        (b"\x09\x00", "is short, and whole"),
        (b"\x83\x00", "InvalidOpCode"),
        (b"\x80\x01x", "in its order"),
        (b"\x01\x01a\x81\x01b", "in its order"),
        (b"\x01\x01a\x80\x01b\x80\x01c", "in its order"),
        (b"\x81\x02\xC3(", "isn't UTF-8"),
        (b"\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "longer than 512 bytes"),
        // Half a status, those that only a program says to itself, one below all, a reason that is no text.
        (b"\x88\x01\x03", "a close has no status"),
        (b"\x88\x02\x03\xED", "a close has no status"),
        (b"\x88\x02\x03\xEE", "a close has no status"),
        (b"\x88\x02\x03\xE7", "a close has no status"),
        (b"\x88\x03\x03\xE8\xFF", "a close has no status"),
    ];
    for (frames, words) in rows {
        let (port, server) = serve(move |mut stream| {
            let head = read_head(&mut stream).unwrap();
            stream.write_all(&[accepting(&head).as_bytes(), frames].concat()).unwrap();
        });
        let mut rig = Rig::new(port);
        rig.expect(Event::Open);
        let mut error = rig.next();
        // What was whole before is shown.
        if error.is_ok() {
            error = rig.next();
        }
        let error = error.unwrap_err().to_string();
        assert!(error.contains(words), "{frames:?}: {error}");
        assert!(!rig.client.is_connected(), "{frames:?}");
        server.join().unwrap();
    }
    // As long as there is room, in two frames, and a byte more.
    for (more, is_taken) in [(0, true), (1, false)] {
        let (port, server) = serve(move |mut stream| {
            let head = read_head(&mut stream).unwrap();
            let mut bytes = accepting(&head).into_bytes();
            let rest = MESSAGE - 100 + more;
            bytes.extend([0x02, 100].iter().chain(&[b'a'; 100]));
            bytes.extend([0x80, 126, (rest / 256) as u8, (rest % 256) as u8]);
            bytes.extend(std::iter::repeat_n(b'a', rest));
            stream.write_all(&bytes).unwrap();
        });
        let mut rig = Rig::new(port);
        rig.expect(Event::Open);
        if is_taken {
            rig.expect(Event::Binary(&[b'a'; MESSAGE]));
        } else {
            assert!(matches!(rig.next(), Err(Failure::TooLong)));
        }
        server.join().unwrap();
    }
}

/// The program, with the server that it has itself, and with one that refuses.
#[test]
fn the_program() {
    // `cargo test` builds examples beside the tests, but has no variable that names them.
    let test = std::env::current_exe().unwrap();
    let program = || Command::new(test.ancestors().nth(2).unwrap().join("examples/websocket"));
    let done = program().args(["--text", "hello", "--count", "2"]).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let lines: Vec<_> = said.lines().collect();
    let expected = ["Open", "Text(\"hello\")", "Text(\"hello\")", "Pong", "Closed(NormalClosure)"];
    assert_eq!(lines[..5], expected);
    assert!(lines[5].starts_with("2 times, in "), "{said}");

    // A pong that nobody asked for, as some servers send them to show that they are there.
    let (port, server) = serve(|stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        socket.send(Message::Pong(b""[..].into())).unwrap();
        while let Ok(message) = socket.read() {
            if message.is_text() {
                socket.send(message).unwrap();
            }
        }
    });
    let url = format!("ws://127.0.0.1:{port}/");
    let done = program().args([url.as_str(), "--count", "1"]).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let lines: Vec<_> = said.lines().collect();
    let expected = ["Open", "Pong", "Text(\"open\")", "Pong", "Closed(NormalClosure)"];
    assert_eq!(lines.get(..5), Some(&expected[..]), "{said}");
    server.join().unwrap();

    let (port, server) = serve(|mut stream| {
        read_head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let done = program().arg(format!("ws://127.0.0.1:{port}/")).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success() && said.contains("it answered 403 Forbidden"), "{said}");
    server.join().unwrap();
    let done = program().arg("wss://127.0.0.1/").output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success() && said.contains("https"), "{said}");
}
