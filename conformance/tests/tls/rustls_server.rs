//! A server of rustls's, in this process.

use crate::chains::Served;
use rustls::crypto::ring::{default_provider, sign::any_ecdsa_type};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use test_server::read_head;

/// Shows the same certificates to everyone, unseen.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

pub fn config(served: &Served, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    let chain = served.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let key = PrivatePkcs8KeyDer::from(served.key.clone());
    let key = rustls::crypto::ring::sign::any_supported_type(&key.clone_key().into())
        .or_else(|_| any_ecdsa_type(&key.into()))
        .unwrap();
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Always(Arc::new(CertifiedKey::new(chain, key)))))
}

/// A connection as the server sees it.
pub type Stream = StreamOwned<ServerConnection, TcpStream>;

/// What a server does with a connection.
pub type Answer = fn(&mut Stream) -> std::io::Result<()>;

/// Answers each connection in a thread of its own; the port. It serves until the test's end.
pub fn start(config: ServerConfig, answer: Answer) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    thread::spawn(move || {
        for socket in listener.incoming() {
            let (Ok(socket), config) = (socket, config.clone()) else { continue };
            socket.set_nodelay(true).unwrap();
            thread::spawn(move || {
                let connection = ServerConnection::new(config).unwrap();
                let _ = answer(&mut StreamOwned::new(connection, socket));
            });
        }
    });
    port
}

/// `hello`, as often as it is asked for.
pub fn hello(stream: &mut Stream) -> std::io::Result<()> {
    loop {
        read_head(stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")?;
        stream.flush()?;
    }
}
