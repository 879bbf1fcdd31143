//! Every other way in which a connection doesn't come about, each with its cause.

use crate::chains::{HOST, Served, leaf, root, self_signed, served};
use crate::client::{self, Outcome, clock, get, get_with, now, random, std_network, with_tls};
use crate::programs::{Folder, files, find, free_port, s_server};
use crate::rustls_server::{config, hello, start};
use conformance::common::cx;
use conformance::common::tools::{answering, falling_silent};
use rustls::version::{TLS12, TLS13};
use safe_http_client::{
    Cause, Connect, ErrorKind, NalNetwork, PcLink, SafeHttpClient, StackFault, StackQuirks,
    TlsFault, Verification,
};
use safe_http_client_tls::{
    Authority, Error, FULL_RECORD, Failure, FnRandom, LEAST_WRITE_BUFFER, NoValidityCheck,
    PinnedKey, Pipe, Tls, Unverified, Verify, WallClock, WallTime, anchor, session,
};
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::pin::pin;
use std::time::Duration;
use test_server::read_head;

fn by_authority(served: &Served, host: &str, port: u16, clock: impl WallClock) -> Outcome {
    let anchors = [anchor(&served.root).unwrap()];
    get(host, port, Authority::new(&anchors, clock))
}

fn verified(served: &Served, port: u16) -> Outcome {
    without_dates(by_authority(served, HOST, port, WallTime::Utc(now())))
}

/// The dates are shown, and are as long ago as the test was.
fn without_dates(outcome: Outcome) -> Outcome {
    let (why, word) = match outcome {
        Outcome::Refused(why @ Failure::Expired, _) => (why, "until 20"),
        Outcome::Refused(why @ Failure::NotYetValid, _) => (why, "from 20"),
        _ => return outcome,
    };
    let Outcome::Refused(_, shown) = outcome else { unreachable!() };
    assert!(shown.starts_with(word) && shown.contains(" UTC, now 20"), "{shown}");
    Outcome::refused(why)
}

#[test]
fn without_a_time_nothing_is_sent() {
    let served = served();
    // Nobody answers here, and nobody has to.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let outcome = by_authority(&served, HOST, port, WallTime::Unknown);
    assert_eq!(outcome, Outcome::refused(Failure::ClockNotSet));
    let (mut socket, _) = listener.accept().unwrap();
    assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0, "no byte came");
}

/// It is the program's own mistake, and nobody else is blamed.
#[test]
fn what_cant_begin_sends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let dead: fn(&mut [u8]) = |bytes| bytes.fill(7);
    for (host, room, source, why) in [
        (HOST, LEAST_WRITE_BUFFER - 1, random as fn(&mut [u8]), Failure::WriteBufferTooSmall),
        (HOST, LEAST_WRITE_BUFFER, dead, Failure::NoRandomNumbers),
        ("under_score-.test", LEAST_WRITE_BUFFER, random, Failure::BadServerName),
    ] {
        let pipe = Pipe::new();
        let (mut read, mut write) = (vec![0; FULL_RECORD], vec![0; room]);
        let session = pin!(session(&pipe, &mut read, &mut write, Unverified, FnRandom(source)));
        let tls = Tls::new(std_network(), &pipe, session);
        let mut client = SafeHttpClient::with_config(tls, clock(), client::config());
        let (mut cx, mut buffer) = (cx(), [0; 512]);
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get(&format!("https://{host}/"), &mut buffer).connect_to(at);
        let error = request.send().map(drop).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Handshake(Error::Tls(it)) if it == why), "{error}");
        assert_eq!(client.evidence().fault, StackFault::Tls(TlsFault::NotStarted), "{why:?}");
        assert_eq!(client.cause(&error), Cause::InvalidRequest, "{why:?}");
        assert_eq!(listener.accept().unwrap().0.read(&mut [0; 8]).unwrap(), 0, "no byte came");
    }
}

#[test]
fn times_that_are_declared() {
    let served = served();
    let port = start(config(&served, &[&TLS13]), hello);
    const DAY: u64 = 86_400;
    let (year, long_ago) = (now() + 400 * DAY, now() - 400 * DAY);
    for (clock, expected) in [
        (WallTime::Utc(now()), Outcome::hello()),
        (WallTime::Utc(year), Outcome::refused(Failure::Expired)),
        (WallTime::Utc(long_ago), Outcome::refused(Failure::NotYetValid)),
        // It is later than that: whether it has expired since, nobody knows.
        (WallTime::NotBefore(long_ago), Outcome::hello()),
        (WallTime::NotBefore(0), Outcome::hello()),
        (WallTime::NotBefore(year), Outcome::refused(Failure::Expired)),
    ] {
        let outcome = without_dates(by_authority(&served, HOST, port, clock));
        assert_eq!(outcome, expected, "{clock:?}");
    }
}

#[test]
fn validity_is_left_out_by_a_type_that_says_so() {
    let root = root();
    let mut expired = leaf(&[HOST]);
    expired.not_after = time::OffsetDateTime::now_utc() - time::Duration::days(1);
    let expired = root.sign_p256(expired).served(&[], &root);
    let port = start(config(&expired, &[&TLS13]), hello);
    assert_eq!(verified(&expired, port), Outcome::refused(Failure::Expired));
    assert_eq!(by_authority(&expired, HOST, port, NoValidityCheck), Outcome::hello());
    // All else is verified.
    let elsewhere = by_authority(&expired, "elsewhere.test", port, NoValidityCheck);
    assert_eq!(elsewhere, Outcome::Refused(Failure::WrongHost, HOST.into()));
}

/// The SHA-256 of a certificate's SubjectPublicKeyInfo, by a library.
fn pin(certificate: &[u8]) -> [u8; 32] {
    let der = certificate.into();
    let key = webpki::EndEntityCert::try_from(&der).unwrap().subject_public_key_info();
    Sha256::digest(&key).into()
}

#[test]
fn pinned_keys() {
    let alone = self_signed();
    let served = alone.served(&[], &alone);
    let port = start(config(&served, &[&TLS13]), hello);
    let right = pin(&served.chain[0]);
    // Whatever the certificate says.
    assert_eq!(get("10.11.12.13", port, PinnedKey::new(&[[0; 32], right])), Outcome::hello());
    assert_eq!(get(HOST, port, PinnedKey::new(&[[0; 32]])), Outcome::refused(Failure::WrongKey));
    assert_eq!(get(HOST, port, PinnedKey::new(&[])), Outcome::refused(Failure::WrongKey));

    let served = crate::chains::served();
    let port = start(config(&served, &[&TLS13]), hello);
    let anchors = [anchor(&served.root).unwrap()];
    let both = |pins: &[[u8; 32]]| {
        get(HOST, port, Authority::new(&anchors, WallTime::Utc(now())).and_key(pins))
    };
    assert_eq!(both(&[pin(&served.chain[0])]), Outcome::hello());
    assert_eq!(both(&[right]), Outcome::refused(Failure::WrongKey));
    let other_root = [anchor(&alone.der).unwrap()];
    let verify = Authority::new(&other_root, WallTime::Utc(now()));
    let outcome = get(HOST, port, verify.and_key(&[pin(&served.chain[0])]));
    assert_eq!(outcome, Outcome::Refused(Failure::UnknownAuthority, "Test Root".into()));
}

#[test]
fn a_key_that_the_server_doesnt_have() {
    // The right certificate, and another key to sign the handshake with.
    let mut served = served();
    served.key = self_signed().key.serialize_der();
    let port = start(config(&served, &[&TLS13]), hello);
    assert_eq!(verified(&served, port), Outcome::refused(Failure::BadSignature));
    let pins = [pin(&served.chain[0])];
    assert_eq!(get(HOST, port, PinnedKey::new(&pins)), Outcome::refused(Failure::BadSignature));
}

#[test]
fn nothing_is_verified_by_a_type_that_says_so() {
    let served = served();
    let port = start(config(&served, &[&TLS13]), hello);
    assert_eq!(get("elsewhere.test", port, Unverified), Outcome::hello());
}

/// And by evidence that says so: of the response, and of a failure behind it. Plain requests of the same client have
/// nothing to say.
#[allow(clippy::needless_borrows_for_generic_args, reason = "a verifier may be lent")]
#[test]
fn what_wasnt_verified_is_evidence() {
    let served = served();
    let secure = start(config(&served, &[&TLS13]), |stream| {
        for _ in 0..2 {
            read_head(stream)?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")?;
            stream.flush()?;
        }
        read_head(stream).map(drop)
    });
    let plain = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let anchors = [anchor(&served.root).unwrap()];
    let (now, pins) = (WallTime::Utc(now()), [pin(&served.chain[0])]);
    both_ways(secure, plain, Unverified, Verification::NotVerified);
    both_ways(secure, plain, &Unverified, Verification::NotVerified);
    both_ways(secure, plain, PinnedKey::new(&pins), Verification::Verified);
    both_ways(secure, plain, Authority::new(&anchors, now), Verification::Verified);
    let without_dates = Authority::new(&anchors, NoValidityCheck);
    both_ways(secure, plain, without_dates, Verification::DatesNotVerified);
    let pinned_without_dates = without_dates.and_key(&pins);
    both_ways(secure, plain, pinned_without_dates, Verification::DatesNotVerified);
}

fn both_ways(secure: u16, plain: u16, verify: impl Verify, expected: Verification) {
    with_tls(std_network(), FULL_RECORD, verify, |tls| {
        let (mut cx, mut buffer) = (cx(), [0; 512]);
        let mut client = SafeHttpClient::with_config(&mut *tls, clock(), client::config());
        let (url, of_plain) =
            (format!("https://{HOST}:{secure}/"), format!("http://{HOST}:{plain}/"));
        let nothing = Verification::Unknown;
        // The third request over TLS has its connection closed in place of an answer.
        for (url, port, found) in [
            (&of_plain, plain, Ok(nothing)),
            (&url, secure, Ok(expected)),
            (&url, secure, Ok(expected)),
            (&url, secure, Err(expected)),
            (&of_plain, plain, Ok(nothing)),
        ] {
            let mut online = client.online(&mut cx).unwrap();
            let request = online.post(url, &mut buffer).connect_to(([127, 0, 0, 1], port).into());
            let got = request.send().map(|mut response| {
                response.read_to_end().unwrap();
                response.evidence().verification
            });
            let got = got.map_err(|_| ()).map_err(|()| client.evidence().verification);
            assert_eq!(got, found, "{url}");
        }
    });
}

#[test]
fn old_versions_and_nothing_in_common() {
    let served = served();
    let port = start(config(&served, &[&TLS12]), hello);
    assert_eq!(verified(&served, port), Outcome::refused(Failure::OldVersion), "rustls, 1.2");
    let Some(openssl) = find("openssl") else { return };
    let folder = Folder::new();
    let files = files(&folder, "served", &served);
    for (arguments, expected) in [
        (&["-tls1_2"][..], Outcome::refused(Failure::OldVersion)),
        (&["-groups", "X25519"], Outcome::refused(Failure::NothingInCommon)),
        (
            &["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
            Outcome::refused(Failure::NothingInCommon),
        ),
        (
            &["-Verify", "1", "-verify_return_error"],
            Outcome::refused(Failure::ClientCertificateWanted),
        ),
    ] {
        let port = free_port();
        let _server = s_server(&openssl, port, &files, arguments);
        assert_eq!(verified(&served, port), expected, "OpenSSL {arguments:?}");
    }
}

#[test]
fn servers_that_arent_tls() {
    let served = served();
    let cases: [(&[u8], Outcome); 6] = [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            Outcome::Refused(Failure::NotTls, "HTTP/1.1 400 Bad Request\r\n\r\n".into()),
        ),
        (b"SSH-2.0-x\r\n", Outcome::Refused(Failure::NotTls, "SSH-2.0-x\r\n".into())),
        (b"", Outcome::refused(Failure::EndedInHandshake)),
        (b"\x16\x03\x03\x00\x40half of a record", Outcome::refused(Failure::EndedInHandshake)),
        (b"\x15\x03\x03\x00\x02\x02\x28", Outcome::refused(Failure::NothingInCommon)),
        (b"\x15\x03\x03\x00\x02\x02\x2f", Outcome::refused(Failure::Alert(47))),
    ];
    for (answer, expected) in cases {
        assert_eq!(verified(&served, answering(answer)), expected, "{answer:?}");
    }
}

/// Its end is the handshake's, and no refusal; unless the stack calls a connection what may be none.
#[test]
fn a_connection_that_ends_in_the_handshake_was_one() {
    let served = served();
    let anchors = [anchor(&served.root).unwrap()];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let resets = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // What is left unread at its close is answered by a reset.
            let _ = stream.unwrap().peek(&mut [0]);
        }
    });
    let (silent, stalling) = (falling_silent(b""), falling_silent(b"\x16\x03\x03\x00\x40half"));
    let (known, said) = (StackQuirks::STD, StackQuirks::STD.with_connect(Connect::ReportsSuccess));
    for (quirks, port, expected) in [
        (known, resets, StackFault::Tls(TlsFault::BrokenOff)),
        (known, answering(b""), StackFault::Tls(TlsFault::BrokenOff)),
        (known, answering(b"\x15\x03\x03\x00\x02\x02\x2f"), StackFault::Tls(TlsFault::Aborted)),
        (known, silent, StackFault::Tls(TlsFault::Unanswered)),
        (known, stalling, StackFault::Tls(TlsFault::Unfinished)),
        (known, answering(b"HTTP/1.1 400 x\r\n\r\n"), StackFault::Tls(TlsFault::NotTls)),
        (known, answering(b"<!DOCTYPE HTML>"), StackFault::Tls(TlsFault::NotTls)),
        (known, answering(b"SSH-2.0-x\r\n"), StackFault::Tls(TlsFault::OtherProtocol)),
        (known, answering(b"HELO"), StackFault::Tls(TlsFault::OtherProtocol)),
        (said, resets, StackFault::Reset),
        (said, answering(b""), StackFault::TlsFailed),
    ] {
        let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, quirks)
            .with_faults(|error| (&error.0).into());
        let verify = Authority::new(&anchors, WallTime::Utc(now()));
        with_tls(network, FULL_RECORD, verify, |tls| {
            let (mut cx, mut buffer) = (cx(), [0; 512]);
            let mut client = SafeHttpClient::with_config(tls, clock(), client::config());
            let mut online = client.online(&mut cx).unwrap();
            let mut request = online.get(&format!("https://{HOST}:{port}/"), &mut buffer);
            if port == silent || port == stalling {
                request = request.connect_timeout(Duration::from_millis(300));
            }
            request.connect_to(([127, 0, 0, 1], port).into()).send().map(drop).unwrap_err();
            assert_eq!(client.evidence().fault, expected, "{quirks:?}");
        });
    }
}

#[test]
fn records_that_dont_fit_their_buffer() {
    let root = root();
    let many = (0..80).map(|n| format!("n{n}.a-rather-long-name.gate.test")).collect::<Vec<_>>();
    let mut names = many.iter().map(String::as_str).collect::<Vec<_>>();
    names.push(HOST);
    let served = root.sign_p256(leaf(&names)).served(&[], &root);
    let port = start(config(&served, &[&TLS13]), hello);
    let anchors = [anchor(&served.root).unwrap()];
    let with = |read: usize| {
        let verify = Authority::new(&anchors, WallTime::Utc(now()));
        get_with(std_network(), read, &format!("https://{HOST}:{port}/"), port, verify)
    };
    assert_eq!(with(FULL_RECORD), Outcome::hello());
    let Outcome::Refused(Failure::RecordTooLarge { needed, available: 2048 }, _) = with(2048)
    else {
        panic!("{:?}", with(2048));
    };
    assert!(needed > 2048);
    // The signature is longer or shorter by a byte or two each time.
    assert_eq!(with(usize::from(needed) + 4), Outcome::hello(), "as much as it says");
    assert_eq!(with(0), Outcome::refused(Failure::RecordTooLarge { needed: 123, available: 0 }));
}

#[test]
fn names_that_are_none() {
    let served = served();
    let port = start(config(&served, &[&TLS13]), hello);
    // A dot at the end is no part of the name (RFC 6066 section 3).
    assert_eq!(by_authority(&served, "gate.test.", port, WallTime::Utc(now())), Outcome::hello());
    // What is no name at all, a URL can't have; a name of DNS with this is none of TLS.
    assert_eq!(
        get("under_score-.test", port, Unverified),
        Outcome::refused(Failure::BadServerName)
    );
}
