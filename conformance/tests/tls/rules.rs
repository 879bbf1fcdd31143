//! Servers that break the rules, each in its own way: none is believed, none makes the client panic.

use crate::chains::served;
use crate::client::Outcome;
use crate::evil::{APPLICATION_DATA, Evil, EvilPeer, HANDSHAKE, message, plain, server_hello};
use crate::hostile::{get, get_within};
use crate::memory::Memory;
use safe_http_client_tls::Failure;
use std::time::Duration;

const ALERT: u8 = 21;
const CHANGE_CIPHER_SPEC: &[u8] = &[20, 3, 3, 0, 1, 1];

fn answer(evil: &mut Evil) {
    evil.say(APPLICATION_DATA, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

fn run(
    handshake: impl FnMut(&mut Evil) + 'static,
    data: impl FnMut(&mut Evil) + 'static,
) -> Outcome {
    let served = served();
    get(Memory::new(EvilPeer::new(&served, handshake, data)), &served).0
}

#[test]
fn an_honest_one_is_believed() {
    assert_eq!(run(Evil::honest, answer), Outcome::hello());
    let one_record = |evil: &mut Evil| {
        let mut record = evil.noted(message(8, &[0, 0]));
        for make in [Evil::certificate, Evil::proof, Evil::finished] {
            let next = make(evil);
            record.extend(evil.noted(next));
        }
        evil.say(HANDSHAKE, &record);
        evil.change_keys();
    };
    assert_eq!(run(one_record, answer), Outcome::hello());
}

/// embedded-tls 0.19 itself takes a handshake without certificate or proof for one.
#[test]
fn nobody_is_believed_without_certificate_and_proof() {
    let no_certificate = |evil: &mut Evil| {
        evil.messages(&[&message(8, &[0, 0])]);
        evil.finish();
    };
    assert_eq!(run(no_certificate, answer), Outcome::refused(Failure::Unauthenticated));

    let no_proof = |evil: &mut Evil| {
        let certificate = evil.certificate();
        evil.messages(&[&message(8, &[0, 0]), &certificate]);
        evil.finish();
    };
    assert_eq!(run(no_proof, answer), Outcome::refused(Failure::Unauthenticated));

    let no_certificates_in_it = |evil: &mut Evil| {
        evil.messages(&[&message(8, &[0, 0]), &message(11, &[0, 0, 0, 0])]);
        evil.finish();
    };
    assert_eq!(run(no_certificates_in_it, answer), Outcome::refused(Failure::Unauthenticated));
}

#[test]
fn the_order_of_messages() {
    let proof_first = |evil: &mut Evil| {
        let proof = evil.proof();
        evil.messages(&[&message(8, &[0, 0]), &proof]);
        let certificate = evil.certificate();
        evil.messages(&[&certificate]);
        evil.finish();
    };
    assert_eq!(run(proof_first, answer), Outcome::refused(Failure::UnexpectedMessage));

    let another_certificate = |evil: &mut Evil| {
        let certificate = evil.certificate();
        evil.messages(&[&message(8, &[0, 0]), &certificate]);
        let proof = evil.proof();
        evil.messages(&[&proof, &certificate]);
        evil.finish();
    };
    assert_eq!(run(another_certificate, answer), Outcome::refused(Failure::UnexpectedMessage));

    let proof_of_something_else = |evil: &mut Evil| {
        let (certificate, proof) = (evil.certificate(), evil.proof());
        evil.messages(&[&message(8, &[0, 0]), &certificate, &proof]);
        evil.finish();
    };
    assert_eq!(run(proof_of_something_else, answer), Outcome::refused(Failure::BadSignature));

    let data_too_early = |evil: &mut Evil| answer(evil);
    assert_eq!(run(data_too_early, answer), Outcome::refused(Failure::UnexpectedMessage));

    let wrong_finished = |evil: &mut Evil| {
        let certificate = evil.certificate();
        evil.messages(&[&message(8, &[0, 0]), &certificate]);
        let proof = evil.proof();
        evil.messages(&[&proof, &message(20, &[9; 32])]);
    };
    assert_eq!(run(wrong_finished, answer), Outcome::refused(Failure::BadSignature));
}

/// A record, and what becomes of a connection that it comes in.
type Case = (&'static str, fn(&mut Evil), Failure);

const ANYWHERE: &[Case] = &[
    ("no content and no type", |evil| evil.seal(&[]), Failure::BadRecord),
    ("zeros alone", |evil| evil.seal(&[0; 40]), Failure::UnexpectedMessage),
    ("a type that is none", |evil| evil.say(99, b"x"), Failure::UnexpectedMessage),
    ("the type of a cipher change", |evil| evil.say(20, &[1]), Failure::UnexpectedMessage),
    ("half an alert", |evil| evil.say(ALERT, &[2]), Failure::UnexpectedMessage),
    ("an alert", |evil| evil.say(ALERT, &[2, 80]), Failure::Alert(80)),
    ("an alert that nobody knows", |evil| evil.say(ALERT, &[2, 200]), Failure::Alert(200)),
    ("an alert with padding", |evil| evil.seal(&[1, 90, ALERT, 0, 0]), Failure::Alert(90)),
    ("a certificate wanted", |evil| evil.say(ALERT, &[2, 116]), Failure::ClientCertificateWanted),
    ("half a message", |evil| evil.say(HANDSHAKE, &[4, 0]), Failure::SplitMessage),
    (
        "a message of nobody's",
        |evil| evil.say(HANDSHAKE, &message(99, b"x")),
        Failure::UnexpectedMessage,
    ),
    ("new keys", |evil| evil.say(HANDSHAKE, &message(24, &[0])), Failure::UnexpectedMessage),
    (
        "a ServerHello",
        |evil| {
            let hello = server_hello([1; 32], 0x1301, 0x0304, &[]);
            evil.say(HANDSHAKE, &hello);
        },
        Failure::UnexpectedMessage,
    ),
    (
        "a message in the clear",
        |evil| {
            evil.out.extend(plain(HANDSHAKE, &message(13, &[0, 0, 0])));
        },
        Failure::UnexpectedMessage,
    ),
    (
        "a record that is too long",
        |evil| {
            evil.out.extend([23, 3, 3, 0x41, 0x01]);
        },
        Failure::BadRecord,
    ),
    (
        "a record that is too short",
        |evil| {
            evil.out.extend(plain(23, &[0; 16]));
        },
        Failure::BadRecord,
    ),
    (
        "a record that nobody sealed",
        |evil| {
            evil.out.extend(plain(23, &[0x5a; 64]));
        },
        Failure::BadRecord,
    ),
];

#[test]
fn records_that_break_the_rules_in_the_handshake() {
    for &(what, record, why) in ANYWHERE {
        let handshake = move |evil: &mut Evil| {
            evil.messages(&[&message(8, &[0, 0])]);
            record(evil);
        };
        assert_eq!(run(handshake, answer), Outcome::refused(why), "{what}");
    }
    let half = |evil: &mut Evil| {
        let certificate = evil.certificate();
        let (first, rest) = certificate.split_at(100);
        evil.messages(&[&message(8, &[0, 0])]);
        evil.messages(&[first]);
        evil.messages(&[rest]);
    };
    assert_eq!(run(half, answer), Outcome::refused(Failure::SplitMessage));
    let many = |evil: &mut Evil| {
        for _ in 0..5 {
            evil.out.extend_from_slice(CHANGE_CIPHER_SPEC);
        }
    };
    assert_eq!(run(many, answer), Outcome::refused(Failure::UnexpectedMessage));
    let one = |evil: &mut Evil| {
        evil.out.extend_from_slice(CHANGE_CIPHER_SPEC);
        evil.honest();
    };
    assert_eq!(run(one, answer), Outcome::hello());
    let ticket = |evil: &mut Evil| evil.say(HANDSHAKE, &message(4, &[0; 13]));
    assert_eq!(run(ticket, answer), Outcome::refused(Failure::UnexpectedMessage));
}

#[test]
fn records_that_break_the_rules_behind_it() {
    for &(what, record, why) in ANYWHERE {
        assert_eq!(run(Evil::honest, record), Outcome::refused(why), "{what}");
    }
    // embedded-tls 0.19 panics at these.
    for kind in [8, 11, 13, 15, 20] {
        let record = move |evil: &mut Evil| {
            let content: &[u8] = match kind {
                8 => &[0, 0],
                11 => &[0, 0, 0, 0],
                13 => &[0, 0, 0],
                15 => &[4, 3, 0, 0],
                _ => &[0; 32],
            };
            evil.say(HANDSHAKE, &message(kind, content));
        };
        assert_eq!(
            run(Evil::honest, record),
            Outcome::refused(Failure::UnexpectedMessage),
            "{kind}"
        );
    }
    let change = |evil: &mut Evil| evil.out.extend_from_slice(CHANGE_CIPHER_SPEC);
    assert_eq!(run(Evil::honest, change), Outcome::refused(Failure::UnexpectedMessage));
    let alert = |evil: &mut Evil| evil.out.extend(plain(ALERT, &[2, 80]));
    assert_eq!(run(Evil::honest, alert), Outcome::refused(Failure::UnexpectedMessage));
}

#[test]
fn tickets_and_empty_records_are_for_nobody() {
    let tickets = |evil: &mut Evil| {
        evil.say(HANDSHAKE, &message(4, &[0; 13]));
        // Two in one record, the second without any sense, and padding.
        evil.seal(&[message(4, &[0; 13]), message(4, b"nonsense"), vec![HANDSHAKE, 0, 0]].concat());
        evil.say(APPLICATION_DATA, b"");
        evil.seal(&[APPLICATION_DATA, 0, 0, 0]);
        answer(evil);
        evil.say(HANDSHAKE, &message(4, &[0; 13]));
    };
    assert_eq!(run(Evil::honest, tickets), Outcome::hello());
}

/// As fast as they are taken, the next one is there.
#[test]
fn records_without_data_hold_no_deadline_up() {
    let served = served();
    let records: [fn(&mut Evil); 3] = [
        |evil| evil.say(APPLICATION_DATA, b""),
        |evil| evil.say(HANDSHAKE, &message(4, &[0; 13])),
        |evil| evil.seal(&[&[APPLICATION_DATA][..], &[0; 1000]].concat()),
    ];
    for more in records {
        let mut peer = EvilPeer::new(&served, Evil::honest, more);
        peer.more = more;
        let (outcome, network) = get_within(Duration::from_millis(200), Memory::new(peer), &served);
        let Outcome::Other(text) = outcome else { panic!("{outcome:?}") };
        assert!(text.contains("Timeout"), "{text}");
        assert_eq!(network.closed, 1);
    }
}

/// A record in place of the ServerHello, of a share of a key.
type Hello = fn(&[u8]) -> Vec<u8>;

#[test]
fn hellos_that_break_the_rules() {
    let served = served();
    let cases: [(&str, Hello, Failure); 10] = [
        (
            "1.2",
            |share| plain(HANDSHAKE, &server_hello([7; 32], 0x1301, 0x0303, share)),
            Failure::OldVersion,
        ),
        (
            "another suite",
            |share| plain(HANDSHAKE, &server_hello([7; 32], 0x1302, 0x0304, share)),
            Failure::NothingInCommon,
        ),
        (
            "once more, with another group",
            |_| {
                let random = *b"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";
                plain(HANDSHAKE, &server_hello(random, 0x1301, 0x0304, &[0, 0x1d]))
            },
            Failure::NothingInCommon,
        ),
        (
            "no key",
            |_| plain(HANDSHAKE, &server_hello([7; 32], 0x1301, 0x0304, &[])),
            Failure::BadRecord,
        ),
        (
            "a point that isn't on the curve",
            |share| {
                let mut share = share.to_vec();
                share[40] ^= 1;
                plain(HANDSHAKE, &server_hello([7; 32], 0x1301, 0x0304, &share))
            },
            Failure::BadRecord,
        ),
        (
            "another message",
            |_| plain(HANDSHAKE, &message(13, &[0, 0, 0])),
            Failure::UnexpectedMessage,
        ),
        ("half of it", |_| plain(HANDSHAKE, &[2, 0, 0, 90, 3, 3]), Failure::SplitMessage),
        ("more than it", |_| plain(HANDSHAKE, &[2, 0, 0, 0, 3, 3]), Failure::UnexpectedMessage),
        ("less than a message", |_| plain(HANDSHAKE, &[2]), Failure::SplitMessage),
        ("a very long one", |_| plain(HANDSHAKE, &[2; 300]), Failure::BadRecord),
    ];
    for (what, hello, why) in cases {
        let mut peer = EvilPeer::new(&served, Evil::honest, answer);
        peer.hello = hello;
        assert_eq!(get(Memory::new(peer), &served).0, Outcome::refused(why), "{what}");
    }
}
