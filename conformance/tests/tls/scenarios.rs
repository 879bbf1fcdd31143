//! The stacks' table of scenarios over TLS: the same server, behind one of rustls's that opens and seals.

use crate::chains::{Served, leaf, root};
use crate::client::{clock, now, std_network, with_tls};
use crate::rustls_server::config as server_config;
use conformance::common::cx;
use conformance::scenario::{Act, Bench, Peer, Refused, Shows, config, run};
use conformance::server::Server;
use rustls::version::TLS13;
use rustls::{ServerConfig, ServerConnection};
use safe_http_client_tls::{Authority, FULL_RECORD, WallTime, anchor};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A scripted server behind TLS.
struct Sealed {
    server: Server,
    config: Arc<ServerConfig>,
}

impl Peer for Sealed {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        let count = scripts.len();
        self.server = Server::new(scripts);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let (config, port) = (self.config.clone(), self.server.port());
        thread::spawn(move || {
            for socket in listener.incoming().take(count) {
                let (socket, config) = (socket.unwrap(), config.clone());
                thread::spawn(move || carry(socket, port, config));
            }
        });
        url
    }

    fn refusing(&mut self) -> String {
        self.server.refusing().replace("http:", "https:")
    }

    fn accepted(&mut self) -> usize {
        self.server.accepted()
    }

    fn heads(&mut self) -> Vec<String> {
        self.server.heads()
    }
}

/// Whether there was nothing to read yet.
fn is_later(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Carries bytes both ways; an end of the server's becomes a close_notify and an end, its reset a reset.
fn carry(mut client: TcpStream, port: u16, config: Arc<ServerConfig>) {
    let mut tls = ServerConnection::new(config).unwrap();
    client.set_nodelay(true).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut server = None::<TcpStream>;
    let mut bytes = [0; 16_384];
    let mut has_ended = false;
    loop {
        match tls.read_tls(&mut client) {
            Ok(0) => return,
            Ok(_) if tls.process_new_packets().is_err() => return,
            Ok(_) => {}
            Err(error) if is_later(&error) => {}
            Err(_) => return,
        }
        if tls.is_handshaking() {
            while tls.wants_write() && tls.write_tls(&mut client).is_ok() {}
            continue;
        }
        let server = server.get_or_insert_with(|| {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            server.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            server
        });
        while let Ok(count @ 1..) = tls.reader().read(&mut bytes) {
            let _ = server.write_all(&bytes[..count]);
        }
        if !has_ended {
            match server.read(&mut bytes) {
                Ok(0) => {
                    tls.send_close_notify();
                    has_ended = true;
                }
                Ok(count) => tls.writer().write_all(&bytes[..count]).unwrap(),
                Err(error) if is_later(&error) => {}
                Err(_) => {
                    let now = Some(Duration::ZERO);
                    rustix::net::sockopt::set_socket_linger(&client, now).unwrap();
                    return;
                }
            }
        }
        while tls.wants_write() {
            if let Err(error) = tls.write_tls(&mut client)
                && !is_later(&error)
            {
                return;
            }
        }
        if has_ended {
            let _ = client.shutdown(Shutdown::Write);
        }
    }
}

fn sealed() -> (Sealed, Served) {
    let root = root();
    let served = root.sign_p256(leaf(&["127.0.0.1"])).served(&[], &root);
    let config = Arc::new(server_config(&served, &[&TLS13]));
    (Sealed { server: Server::default(), config }, served)
}

#[test]
fn all_scenarios_over_tls() {
    let (peer, served) = sealed();
    let anchors = [anchor(&served.root).unwrap()];
    let verify = Authority::new(&anchors, WallTime::Utc(now()));
    with_tls(std_network(), FULL_RECORD, verify, |tls| {
        let mut cx = cx();
        let shows = Shows { refused: Refused::Connect, reset: true, clean_end: true };
        // A handshake by code that isn't optimised takes its time on a busy machine.
        let config = config().connect_timeout(Duration::from_secs(20));
        let bench = Bench::new(&mut *tls, clock(), config, &mut cx, peer, shows);
        run("TLS over std-embedded-nal 0.4", bench);
    });
}
