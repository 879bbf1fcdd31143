//! Challenges and what answers them.

use super::*;
use crate::http::head::HeadParser;
use std::format;
use std::string::String;
use std::vec::Vec;

const MUFASA: Credentials<'_> =
    Credentials { user: "Mufasa", password: "Circle of Life", random: 0xFEDC_BA98_7654_3210 };
const URI: &[u8] = b"/dir/index.html";
const NONCE: &str = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
const OPAQUE: &str = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";

/// What becomes of the challenge of a response with these header lines.
fn challenge<T>(lines: &str, look: impl FnOnce(Result<Challenge<'_>, ChallengeError>) -> T) -> T {
    let mut bytes = format!("HTTP/1.1 401 No\r\n{lines}\r\n\r\n").into_bytes();
    let mut parser = HeadParser::new();
    parser.parse(&mut bytes).unwrap();
    look(Challenge::of(&ResponseHead::new(&parser, &bytes)))
}

fn line(challenge: Challenge<'_>, credentials: &Credentials<'_>) -> String {
    let answer = challenge.answer(credentials, b"GET", URI);
    let mut room = [0; 1024];
    let length = answer.write(&mut room);
    assert_eq!(answer.write(&mut []), length);
    String::from_utf8(room[..length].to_vec()).unwrap()
}

/// Of texts of any length, as the libraries have them.
#[test]
fn the_hashes() {
    use sha2::Digest;
    let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text: Vec<u8> = (0..300u32).map(|at| (at * 7) as u8).collect();
    for length in 0..=text.len() {
        for (is_md5, expected) in [
            (true, hex(&md5::Md5::digest(&text[..length]))),
            (false, hex(&sha2::Sha256::digest(&text[..length]))),
        ] {
            let found = hash(is_md5, &[&text[..length]], false);
            assert_eq!(core::str::from_utf8(found.text()), Ok(&*expected), "{length}");
        }
    }
}

/// RFC 7616 section 3.9.1; the sessions by Python's hashlib; and RFC 2617 section 3.5.
#[test]
fn the_vectors() {
    let cnonce = b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, expected) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ("md5-SESS", "e783283f46242139c486a698fec7211d"),
        ("SHA-256-sess", "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"),
    ] {
        let lines = format!(
            "WWW-Authenticate: Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
             algorithm={algorithm}, nonce=\"{NONCE}\", opaque=\"{OPAQUE}\""
        );
        challenge(&lines, |found| {
            let response = found.unwrap().response(&MUFASA, b"GET", URI, cnonce);
            assert_eq!(core::str::from_utf8(response.text()), Ok(expected), "{algorithm}");
        });
    }
    let lines = "WWW-Authenticate: Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
                 nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
    let credentials = Credentials { password: "Circle Of Life", ..MUFASA };
    challenge(lines, |found| {
        let response = found.unwrap().response(&credentials, b"GET", URI, b"0a4f113b");
        assert_eq!(response.text(), b"6629fae49393a05397450978507c4ef1");
    });
}

#[test]
fn the_line() {
    let lines = format!(
        "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"{NONCE}\", opaque=\"{OPAQUE}\""
    );
    challenge(&lines, |found| {
        let found = found.unwrap();
        let response = found.response(&MUFASA, b"GET", URI, b"0123456789abcdef");
        let response = core::str::from_utf8(response.text()).unwrap();
        assert_eq!(
            line(found, &MUFASA),
            format!(
                "\r\nAuthorization: Digest username=\"Mufasa\", uri=\"/dir/index.html\", realm=\"r\", \
                 nonce=\"{NONCE}\", cnonce=\"0123456789abcdef\", response=\"{response}\", \
                 opaque=\"{OPAQUE}\", qop=auth, nc=00000001"
            )
        );
        let quoted = Credentials { user: "a\"b\\c", ..MUFASA };
        assert!(line(found, &quoted).contains("username=\"a\\\"b\\\\c\""));
    });
    // RFC 7616 section 3.9.2, with SHA-256; but the name as it is, which Apache, too, reads, and browsers send.
    let user = Credentials { user: "J\u{e4}s\u{f8}n Doe", ..MUFASA };
    let lines = |hides| {
        format!(
            "WWW-Authenticate: Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-256, \
             nonce=\"n\", charset=UTF-8, userhash={hides}"
        )
    };
    challenge(&lines(false), |found| {
        let line = line(found.unwrap(), &user);
        assert!(line.contains("username=\"J\u{e4}s\u{f8}n Doe\", "), "{line}");
        assert!(line.ends_with(", qop=auth, nc=00000001, algorithm=SHA-256"), "{line}");
    });
    challenge(&lines(true), |found| {
        let line = line(found.unwrap(), &user);
        assert!(
            line.contains(
                "username=\"5a1a8a47df5c298551b9b42ba9b05835174a5bd7d511ff7fe9191d8e946fc4e7\", "
            ),
            "{line}"
        );
        assert!(line.ends_with(", userhash=true"), "{line}");
    });
}

/// What a backslash quotes is hashed without it, and sent as it came.
#[test]
fn quoted_pairs() {
    let lines =
        |realm| format!("WWW-Authenticate: Digest realm=\"{realm}\", qop=auth, nonce=\"n\"");
    let sent = challenge(&lines("a\\\"b\\\\"), |found| line(found.unwrap(), &MUFASA));
    assert!(sent.contains("realm=\"a\\\"b\\\\\", "), "{sent}");
    let hashed = hash(true, &[b"c", b"a\\\"b\\\\"], true);
    let plain = hash(true, &[b"c", b"a\"b\\"], false);
    assert_eq!(hashed.text(), plain.text());
}

/// Values without the quotation marks that RFC 7616 section 3.3 wants are whole, too, and are sent with them.
#[test]
fn values_without_quotation_marks() {
    let lines =
        "WWW-Authenticate: Digest realm=Camera, nonce=MTIz/NDU2OjE6MQ==, opaque=11:22, qop=auth";
    let sent = challenge(lines, |found| line(found.unwrap(), &MUFASA));
    for expected in ["realm=\"Camera\", ", "nonce=\"MTIz/NDU2OjE6MQ==\", ", "opaque=\"11:22\", "] {
        assert!(sent.contains(expected), "{sent}");
    }
}

/// The caller's own texts aren't quoted: a backslash in them is hashed. Python's hashlib.
#[test]
fn backslashes_of_the_caller() {
    let lines = "WWW-Authenticate: Digest realm=\"r\", qop=auth, nonce=\"n\"";
    let credentials = Credentials { user: "HOME\\me", password: "pa\\ss\\", random: 0 };
    challenge(lines, |found| {
        let found = found.unwrap();
        let response = found.response(&credentials, b"GET", b"/a\\b\"c", b"0");
        assert_eq!(core::str::from_utf8(response.text()), Ok("8acd0fc9369f12b09c58dd681d3030c4"));
        let answer = found.answer(&credentials, b"GET", b"/a\\b\"c");
        let mut room = [0; 1024];
        let length = answer.write(&mut room);
        let line = core::str::from_utf8(&room[..length]).unwrap();
        assert!(line.contains("username=\"HOME\\\\me\", uri=\"/a\\\\b\\\"c\", "), "{line}");
    });
}

#[test]
fn which_challenge() {
    use ChallengeError::*;
    let md5 = "Digest realm=\"m\", nonce=\"n\", qop=\"auth\"";
    let sha = "Digest realm=\"s\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";
    let other = "Digest realm=\"o\", nonce=\"n\", qop=\"auth\", algorithm=SHA-512-256";
    let field = |value: &str| format!("WWW-Authenticate: {value}");
    for (lines, expected) in [
        (field(md5), Ok("m")),
        (field(sha), Ok("s")),
        (format!("{}\r\n{}", field(md5), field(sha)), Ok("s")),
        (format!("{}\r\n{}", field(sha), field(md5)), Ok("s")),
        (format!("{}\r\n{}", field(other), field(md5)), Ok("m")),
        (field(&format!("{md5}, {sha}")), Ok("s")),
        (field(&format!("Basic realm=\"b\", {md5}")), Ok("m")),
        (field(&format!("{md5}, Basic realm=\"b\", charset=\"UTF-8\"")), Ok("m")),
        (field(&format!("Negotiate a87421000492aa874209af8bc028==, {md5}")), Ok("m")),
        (field(&format!("Negotiate, {md5}")), Ok("m")),
        (field("DIGEST REALM=\"m\" , NONCE = \"n\",,QOP=auth"), Ok("m")),
        (
            field("Digest realm=\"a, Digest realm=\\\"b\", nonce=\"n\", qop=auth"),
            Ok("a, Digest realm=\\\"b"),
        ),
        (field(other), Err(Algorithm)),
        (field("Digest realm=\"m\", nonce=\"n\""), Err(Weak)),
        (field("Digest realm=\"m\", nonce=\"n\", qop=\"auth-int\""), Err(Quality)),
        (field("Digest realm=\"m\", nonce=\"n\", qop=\"\""), Err(Quality)),
        (field("Digest realm=\"m\", qop=\"auth\""), Err(Malformed)),
        (field("Digest realm=\"m\", nonce=\"\", qop=\"auth\""), Err(Malformed)),
        (field("Digest nonce=\"n\", qop=\"auth\""), Err(Malformed)),
        (field("Digest realm=\"m, nonce=\"n\", qop=\"auth"), Err(Malformed)),
        (field("Digest realm=\"m"), Err(Malformed)),
        (field("Digest realm=\"m\\"), Err(Malformed)),
        (field("Digest"), Err(Malformed)),
        (field("=\"\""), Err(Malformed)),
        (field("Basic realm=\"b\""), Err(NoDigest)),
        (field(""), Err(NoDigest)),
        ("Server: x".into(), Err(NoDigest)),
    ] {
        challenge(&lines, |found| {
            let found = found.map(|found| core::str::from_utf8(found.realm).unwrap());
            assert_eq!(found, expected, "{lines}");
        });
    }
}

/// Whatever a server sends: a challenge or an error, and an answer of one line.
#[test]
fn any_bytes() {
    let mut state = 1u32;
    let mut next = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % limit
    };
    let mut answered = 0;
    for _ in 0..20_000 {
        let mut value = String::from("Digest realm=\"m\", nonce=\"n\", qop=\"auth\"");
        for _ in 0..next(3) {
            let at = next(value.len() as u32) as usize;
            let byte = b"=,\" \\/aD"[next(8) as usize];
            value.replace_range(at..=at, core::str::from_utf8(&[byte]).unwrap());
        }
        challenge(&format!("WWW-Authenticate: {value}"), |found| {
            if let Ok(found) = found {
                answered += 1;
                let line = line(found, &MUFASA);
                assert_eq!(line.matches('\n').count(), 1, "{value}: {line}");
            }
        });
    }
    assert!(answered > 1000, "{answered}");
}
