//! Servers on the loopback interface that do as they are told, misbehave too.

use crate::run::PATIENCE;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;
use test_server::Request;

/// What the server does once it has a request.
#[derive(Debug, Clone)]
pub(crate) enum Play {
    /// These bytes, then the end of the stream.
    Answer(Vec<u8>),
    /// These bytes, then nothing for as long as the client stays.
    Stall(Vec<u8>),
    /// These bytes, then one more of the letter each so many milliseconds, for ever.
    Drip(Vec<u8>, u8, u64),
    /// These bytes, then a reset.
    Reset(Vec<u8>),
}

pub(crate) fn answer(response: impl AsRef<[u8]>) -> Play {
    Play::Answer(response.as_ref().to_vec())
}

pub(crate) struct Server {
    pub(crate) port: u16,
    request: Receiver<Request>,
}

impl Server {
    /// Serves one connection.
    pub(crate) fn new(play: Play) -> Self {
        Self::serving(move |stream, request| {
            *request = read_request(stream);
            perform(stream, &play);
        })
    }

    /// Serves one connection with a script that keeps what it read.
    pub(crate) fn serving(
        script: impl FnOnce(&mut TcpStream, &mut Request) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, request) = channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Request::default();
            script(&mut stream, &mut request);
            sender.send(request)
        });
        Self { port, request }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/gate?door=2", self.port)
    }

    /// What was sent to it.
    pub(crate) fn request(self) -> Request {
        self.request.recv_timeout(PATIENCE).unwrap()
    }
}

/// Plays one after the other, a connection each; where it is, and what it was asked.
pub(crate) fn playing(plays: Vec<Play>) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let (sender, asked) = channel();
    thread::spawn(move || {
        for (play, stream) in plays.into_iter().zip(listener.incoming()) {
            let mut stream = stream.unwrap();
            sender.send(read_request(&mut stream)).unwrap();
            thread::spawn(move || perform(&mut stream, &play));
        }
    });
    (host, asked)
}

/// One without a head where the client left before its end.
pub(crate) fn read_request(stream: &mut TcpStream) -> Request {
    Request::read(stream).unwrap_or_default()
}

pub(crate) fn perform(stream: &mut TcpStream, play: &Play) {
    match play {
        Play::Answer(bytes) => {
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
            drain(stream);
        }
        Play::Stall(bytes) => {
            let _ = stream.write_all(bytes);
            drain(stream);
        }
        Play::Drip(bytes, letter, pause) => {
            let _ = stream.write_all(bytes);
            while stream.write_all(&[*letter]).is_ok() {
                thread::sleep(Duration::from_millis(*pause));
            }
        }
        Play::Reset(bytes) => {
            let _ = stream.write_all(bytes);
            // So that they arrive before the reset does.
            thread::sleep(Duration::from_millis(50));
            let at_once = Some(Duration::ZERO);
            rustix::net::sockopt::set_socket_linger(&*stream, at_once).unwrap();
        }
    }
}

/// Waits until the client has gone.
pub(crate) fn drain(stream: &mut TcpStream) {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
}

/// A port that nobody listens on.
pub(crate) fn refusing_port() -> u16 {
    bound_port(false)
}

/// A port that another program may listen on, and that no test gets meanwhile.
pub(crate) fn reserved_port() -> u16 {
    bound_port(true)
}

/// Bound as long as the tests run, so that nobody gets it who asks for any port.
fn bound_port(may_be_shared: bool) -> u16 {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket, sockopt};
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let bound = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    sockopt::set_socket_reuseaddr(&bound, may_be_shared).unwrap();
    bind(&bound, &any).unwrap();
    let address = SocketAddr::try_from(getsockname(&bound).unwrap()).unwrap();
    std::mem::forget(bound);
    address.port()
}

/// A listener whose queue is full: more connections get neither a yes nor a no.
pub(crate) fn deaf_listener() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        fillers.push(stream);
    }
    (listener, fillers)
}
