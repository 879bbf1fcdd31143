//! The async client over TLS: the same network around an async stack.

use crate::chains::{HOST, Served, leaf, root, served};
use crate::client::{now, random};
use crate::programs::{Folder, files, find, free_port, s_server};
use crate::rustls_server::{Stream, config, hello, start};
use conformance::common::cx;
use embedded_io_async::{ErrorType, Read, Write};
use rustls::version::{TLS12, TLS13};
use safe_http_client::asynch::{AsyncNetwork, Connected, NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{
    BodyLength, Clock, Config, Deadline, ErrorKind, PcLink, StdClock, Verification,
};
use safe_http_client_tls::{
    Authority, Error, FULL_RECORD, Failure, FnRandom, PinnedKey, Pipe, Tls, Unverified, Verify,
    WallTime, anchor, session,
};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;
use std::time::{Duration, Instant};
use test_server::read_head;

#[derive(Clone, Copy)]
struct IoTimer(StdClock);

impl Clock for IoTimer {
    fn now_ms(&self) -> u32 {
        self.0.now_ms()
    }
}

impl Timer for IoTimer {
    async fn sleep_ms(&self, ms: u32) {
        async_io::Timer::after(Duration::from_millis(ms.into())).await;
    }
}

fn timer() -> IoTimer {
    IoTimer(StdClock::new())
}

/// A server for everybody; and where.
fn server(served: &Served, answer: fn(&mut Stream) -> io::Result<()>) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, start(config(served, &[&TLS12, &TLS13]), answer)).into()
}

/// Lets `work` go on with a client over `network` with TLS around it.
fn with_client<N: AsyncNetwork, T>(
    network: N,
    verify: impl Verify,
    work: impl AsyncFnOnce(&mut SafeHttpClient<Tls<'_, N>, IoTimer>) -> T,
) -> T {
    let pipe = Pipe::new();
    let (mut read, mut write) = (vec![0; FULL_RECORD], vec![0; 1024]);
    let session = pin!(session(&pipe, &mut read, &mut write, verify, FnRandom(random)));
    let network = Tls::new(network, &pipe, session);
    let long = Duration::from_secs(20);
    let config = Config::new().connect_timeout(long).idle_timeout(long);
    let mut client = SafeHttpClient::with_config(network, timer(), config);
    async_io::block_on(work(&mut client))
}

/// The same over the operating system's sockets.
fn on_sockets<T>(
    served: &Served,
    work: impl AsyncFnOnce(
        &mut SafeHttpClient<
            Tls<
                '_,
                NalNetwork<
                    '_,
                    std_embedded_nal_async::Stack,
                    std_embedded_nal_async::Stack,
                    PcLink,
                >,
            >,
            IoTimer,
        >,
    ) -> T,
) -> T {
    let stack = std_embedded_nal_async::Stack::default();
    let network = NalNetwork::new(&stack, &stack, PcLink).with_tcp_fault(|error| error.into());
    let anchors = [anchor(&served.root).unwrap()];
    with_client(network, Authority::new(&anchors, WallTime::Utc(now())), work)
}

const URL: &str = "https://gate.test/";

#[test]
fn requests_and_uploads_go_over_one_verified_connection() {
    let served = served();
    static HANDSHAKES: AtomicU32 = AtomicU32::new(0);
    let at = server(&served, |stream| {
        HANDSHAKES.fetch_add(1, Relaxed);
        loop {
            let request = read_head(stream)?;
            let mut length = 100_000;
            if request.starts_with("PUT ") {
                let mut body = vec![0; 20_000];
                io::Read::read_exact(stream, &mut body)?;
                assert!(body.iter().all(|&byte| byte == b'x'));
                length = 0;
            }
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
            stream.write_all(&vec![b'y'; length])?;
            stream.flush()?;
        }
    });
    on_sockets(&served, async |client| {
        let (mut cx, mut buffer) = (cx(), [0; 512]);
        for _ in 0..3 {
            let mut online = client.wait_online(&mut cx).await.unwrap();
            let mut response = online.get(URL, &mut buffer).connect_to(at).send().await.unwrap();
            let (mut bytes, mut total) = ([0; 1000], 0);
            loop {
                match response.read(&mut bytes).await.unwrap() {
                    0 => break,
                    count => total += count,
                }
            }
            assert_eq!(total, 100_000);
            drop(response);
            let body = [b'x'; 20_000];
            let request = online.put(URL, &mut buffer).connect_to(at);
            let sent = request.send_from(&mut &body[..], BodyLength::Known(20_000)).await;
            assert_eq!(sent.unwrap().status(), 200);
        }
        assert_eq!(HANDSHAKES.load(Relaxed), 1);
    });
}

#[test]
fn by_openssl_as_well() {
    let Some(openssl) = find("openssl") else { return };
    let (served, folder, port) = (served(), Folder::new(), free_port());
    let files = files(&folder, "served", &served);
    let _server = s_server(&openssl, port, &files, &[]);
    on_sockets(&served, async |client| {
        let (mut cx, mut buffer) = (cx(), [0; 8192]);
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get(URL, &mut buffer).connect_to((Ipv4Addr::LOCALHOST, port).into());
        let mut response = request.send().await.unwrap();
        assert!(response.read_to_str().await.unwrap().contains("TLSv1.3"));
    });
}

#[test]
fn whoever_cant_be_verified_gets_no_request() {
    // Roots of the same name, with other keys.
    let (served, other) = (served(), served());
    let elsewhere = {
        let root = root();
        root.sign_p256(leaf(&["elsewhere.test"])).served(&[], &root)
    };
    for (shown, trusted, why, evidence) in [
        (&served, &other, Failure::BadSignature, ""),
        (&elsewhere, &elsewhere, Failure::WrongHost, "elsewhere.test"),
    ] {
        let at = server(shown, |stream| {
            assert!(read_head(stream).is_err(), "a request came");
            Ok(())
        });
        on_sockets(trusted, async |client| {
            let (mut cx, mut buffer) = (cx(), [0; 512]);
            let mut online = client.online(&mut cx).unwrap();
            let sent = online.get(URL, &mut buffer).connect_to(at).send().await;
            let error = sent.map(|_| ()).unwrap_err();
            assert!(
                matches!(error.kind, ErrorKind::Handshake(Error::Tls(found)) if found == why),
                "{error:?} and not {why:?}"
            );
            assert_eq!(client.network().evidence(), evidence.as_bytes());
        });
    }
}

#[test]
fn a_server_that_wasnt_verified_is_evidence() {
    let at = server(&served(), hello);
    let stack = std_embedded_nal_async::Stack::default();
    let network = NalNetwork::new(&stack, &stack, PcLink);
    with_client(network, Unverified, async |client| {
        let (mut cx, mut buffer) = (cx(), [0; 512]);
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).connect_to(at).send().await.unwrap();
        assert_eq!(response.read_to_str().await.unwrap(), "hello");
        assert_eq!(response.evidence().verification, Verification::NotVerified);
    });
}

/// While it waits the task sleeps, and in the handshake others have their turns.
#[test]
fn a_silent_server_ends_in_a_timeout_and_the_task_sleeps_meanwhile() {
    let served = served();
    let at = server(&served, |stream| {
        read_head(stream)?;
        read_head(stream).map(drop)
    });
    on_sockets(&served, async |client| {
        let (mut cx, mut buffer) = (cx(), [0; 512]);
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get(URL, &mut buffer).connect_to(at);
        let (began, mut polls) = (Instant::now(), 0);
        let error = {
            let short = Duration::from_millis(200);
            let mut sent = pin!(request.response_timeout(short).send());
            std::future::poll_fn(|context| {
                polls += 1;
                match sent.as_mut().poll(context) {
                    Poll::Ready(sent) => Poll::Ready(sent.map(|_| ()).unwrap_err()),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        let is_expected =
            matches!(error.kind, ErrorKind::Timeout { deadline: Deadline::Response, .. });
        assert!(is_expected, "{error:?}");
        // The connect deadline was longer.
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(200) && took < Duration::from_secs(10), "{took:?}");
        eprintln!("tls: async: {polls} polls of a handshake and a wait");
        assert!((4..60).contains(&polls), "{polls} polls");
    });
}

/// A stream over anything.
struct OneByteAtATime<S>(S);

impl<S: ErrorType> ErrorType for OneByteAtATime<S> {
    type Error = S::Error;
}

impl<S: Read> Read for OneByteAtATime<S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, S::Error> {
        let most = buf.len().min(1);
        self.0.read(&mut buf[..most]).await
    }
}

impl<S: Write> Write for OneByteAtATime<S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, S::Error> {
        self.0.write(&buf[..buf.len().min(1)]).await
    }

    async fn flush(&mut self) -> Result<(), S::Error> {
        self.0.flush().await
    }
}

#[test]
fn any_stream_that_is_connected_carries_it() {
    use embedded_nal_async::TcpConnect as _;
    use sha2::Digest as _;
    let served = served();
    let at = server(&served, hello);
    let key: Vec<u8> = {
        let der = served.chain[0].as_slice().into();
        webpki::EndEntityCert::try_from(&der).unwrap().subject_public_key_info().to_vec()
    };
    let pins = [sha2::Sha256::digest(&key).into()];
    let stack = std_embedded_nal_async::Stack::default();
    let stream = async_io::block_on(stack.connect(at)).unwrap();
    let stream = Connected::new(OneByteAtATime(stream), at);
    let network = NalNetwork::new(&stream, &stream, PcLink);
    with_client(network, PinnedKey::new(&pins), async |client| {
        let (mut cx, mut buffer) = (cx(), [0; 512]);
        for _ in 0..2 {
            let mut online = client.online(&mut cx).unwrap();
            let url = format!("https://{HOST}:{}/", at.port());
            let mut response = online.get(&url, &mut buffer).send().await.unwrap();
            assert_eq!(response.read_to_str().await.unwrap(), "hello");
        }
    });
}

/// A request that nobody waits for any more leaves nothing behind.
#[test]
fn a_handshake_that_is_dropped_anywhere() {
    let served = served();
    let at = server(&served, hello);
    on_sockets(&served, async |client| {
        let (mut cx, mut buffer) = (cx(), [0; 512]);
        for polls in 1..40 {
            let mut online = client.online(&mut cx).unwrap();
            {
                let mut sent = pin!(online.get(URL, &mut buffer).connect_to(at).send());
                let mut left = polls;
                std::future::poll_fn(|context| {
                    left -= 1;
                    match sent.as_mut().poll(context) {
                        Poll::Ready(_) => Poll::Ready(()),
                        Poll::Pending if left == 0 => Poll::Ready(()),
                        Poll::Pending => Poll::Pending,
                    }
                })
                .await;
            }
            let mut response = online.get(URL, &mut buffer).connect_to(at).send().await.unwrap();
            assert_eq!(response.read_to_str().await.unwrap(), "hello", "{polls} polls");
            drop(response);
            online.client().close();
        }
    });
}
