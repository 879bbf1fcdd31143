//! Answers of servers, and of what isn't one: what they come to, and what is shown of them.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use safe_http_client::{
    BodyFraming, BodyProgress, Cause, Config, Diagnosis, ErrorKind, ErrorOf, Evidence, LoopContext,
    NalNetwork, Peer, ProtocolError, SafeHttpClient, StackQuirks,
};

pub(crate) const URL: &str = "http://192.168.1.20/";
type Network = NalNetwork<ScriptStack, crate::common::TestLink>;
pub(crate) type Client = SafeHttpClient<Network, TestClock>;
pub(crate) type Failed = ErrorOf<Network>;

pub(crate) fn client(connections: impl IntoIterator<Item = Connection>) -> Client {
    let network = ScriptStack::new(connections).attached(StackQuirks::STD);
    SafeHttpClient::with_config(network, TestClock::ticking(1), Config::new())
}

/// Head and body of a GET.
pub(crate) fn get(cx: &mut LoopContext, client: &mut Client) -> Result<(u16, String), Failed> {
    let mut online = client.online(cx)?;
    let mut response = online.get(URL, [0; 512]).send()?;
    let status = response.status();
    response.read_to_str().map(|text| (status, text.to_owned()))
}

/// Asks for an answer in each of its splits: whole, in bytes, and cut at each place.
pub(crate) fn each_split(
    answer: &[u8],
    end: Option<Step>,
    mut check: impl FnMut(&mut LoopContext, &mut Client, &str),
) {
    let mut cx = cx();
    let mut splits: Vec<Vec<&[u8]>> = vec![vec![answer], answer.chunks(1).collect()];
    splits.extend((1..answer.len()).map(|at| vec![&answer[..at], &answer[at..]]));
    for segments in splits {
        let mut steps = vec![Step::AwaitRequest];
        for segment in &segments {
            steps.extend([Step::Data(segment.to_vec()), Step::Pend(1)]);
        }
        steps.extend(end.clone());
        let sizes: Vec<_> = segments.iter().map(|segment| segment.len()).collect();
        let how = format!("{} in {sizes:?}", answer.escape_ascii());
        check(&mut cx, &mut client([Connection::new(steps)]), &how);
    }
}

/// An answer that is refused, whichever way it comes, with the evidence of it.
pub(crate) fn refused(answer: &[u8], end: Option<Step>) -> Vec<(Failed, Evidence)> {
    let mut all = Vec::new();
    each_split(answer, end, |cx, client, how| {
        let error = get(cx, client).expect_err(how);
        assert!(!client.is_connected(), "{how}");
        all.push((error, client.evidence()));
    });
    all
}

/// Refused as a rule says, in each split; the first evidence is that of the answer as a whole.
#[track_caller]
pub(crate) fn refused_as(answer: &[u8], rule: ProtocolError) -> Evidence {
    let all = refused(answer, None);
    for (error, _) in &all {
        assert_eq!(error.kind, ErrorKind::Protocol(rule), "{}", answer.escape_ascii());
    }
    all[0].1
}

// --- Odd lines of a head ---

#[test]
fn odd_lines_are_shown_by_their_place_and_the_rule_that_they_break() {
    use ProtocolError::{HeaderName, HeaderValue, SpaceBeforeColon};
    let rows: [(&str, ProtocolError, &str); 15] = [
        ("This is odd", HeaderName, r#""This is odd""#),
        ("en-US Content-Type: text/xml", HeaderName, r#""en-US Content-Type: text/xml""#),
        ("X-XSS-Protection=1;", HeaderName, r#""X-XSS-Protection=1;""#),
        ("Content-Type", HeaderName, r#""Content-Type""#),
        (": nameless", HeaderName, r#"": nameless""#),
        ("<html>", HeaderName, r#""<html>""#),
        ("{\"a\": 1}", HeaderName, r#""{"a": 1}""#),
        ("Caf\u{e9}: x", HeaderName, r#""Caf\xc3\xa9: x""#),
        ("(comment): x", HeaderName, r#""(comment): x""#),
        ("Content-Length : 5", SpaceBeforeColon, r#""Content-Length : 5""#),
        ("Content-Length\t \t: 5", SpaceBeforeColon, r#""Content-Length\t \t: 5""#),
        ("X: a\u{1}b", HeaderValue, r#""X: a\x01b""#),
        ("X: a\rb", HeaderValue, r#""X: a\rb""#),
        ("X: a\r", HeaderValue, r#""X: a\r""#),
        (
            "X-Long: 0123456789012345678901234\u{7}",
            HeaderValue,
            r#""X-Long: 012345678901234567890123""#,
        ),
    ];
    for (line, rule, shown) in rows {
        for before in ["", "A: b\r\n", "A: b\r\nB: c\r\n c\r\n"] {
            let answer = format!("HTTP/1.1 200 OK\r\n{before}{line}\r\nContent-Length: 0\r\n\r\n");
            let evidence = refused_as(answer.as_bytes(), rule);
            let place = 2 + before.matches(": ").count() as u16;
            assert_eq!(
                (evidence.answer.line(), evidence.answer.to_string()),
                (place, shown.into()),
                "{line}"
            );
        }
    }
    // What the rule is, and none that it isn't.
    let text = HeaderName.to_string();
    assert!(
        text.contains("a header's name and a colon") && !text.contains("white space"),
        "{text}"
    );
    assert!(SpaceBeforeColon.to_string().contains("white space between its name and its colon"));
    // A trailer may break each of them, too.
    for rule in [HeaderName, SpaceBeforeColon, HeaderValue, ProtocolError::ObsFold] {
        assert!(rule.to_string().contains("trailer"), "{rule}");
    }
}

#[test]
fn the_status_lines_reason_is_no_header() {
    for answer in [
        "HTTP/1.1 500 a\r0)\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 \u{1b}[31m\r\n\r\n",
        "HTTP/1.1 200\rX\r\n\r\n",
    ] {
        let evidence = refused_as(answer.as_bytes(), ProtocolError::StatusLine);
        assert_eq!(evidence.answer.line(), 1, "{answer:?}");
        assert!(evidence.answer.to_string().starts_with("\"HTTP/1.1 "), "{}", evidence.answer);
    }
    assert!(ProtocolError::StatusLine.to_string().contains("status line"));
}

/// A framing that contradicts itself shows at the head's end, and is the coding's line all the same.
#[test]
fn a_wrong_framing_is_shown_by_the_line_of_its_coding() {
    use ProtocolError::{ChunkedNotFinal, LengthWithTransferEncoding, TransferCoding};
    for (coding, rule) in [
        ("Transfer-Encoding: gzip, chunked", TransferCoding),
        ("Transfer-Encoding: chunk", TransferCoding),
        ("transfer-encoding: \"chunked\"", TransferCoding),
        ("Transfer-Encoding: none", TransferCoding),
        ("Transfer-Encoding: chunked, chunked", ChunkedNotFinal),
        ("Transfer-Encoding: chunked, gzip", ChunkedNotFinal),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", LengthWithTransferEncoding),
    ] {
        for before in ["", "A: b\r\n", "Content-Type: text/plain\r\nConnection: close\r\n"] {
            for behind in ["", "Proxy-Connection: a\r\nX: y\r\n"] {
                let answer =
                    format!("HTTP/1.1 200 OK\r\n{before}{coding}\r\n{behind}\r\n5\r\nhello");
                let evidence = refused_as(answer.as_bytes(), rule);
                let place = 2 + before.matches(": ").count() as u16;
                let line = coding.split("\r\n").next().unwrap_or_default();
                let shown = format!("\"{}\"", &line[..line.len().min(32)]);
                let seen = (evidence.answer.line(), evidence.answer.to_string());
                assert_eq!(seen, (place, shown), "{answer}");
            }
        }
    }
}

/// A version that is none of HTTP/1.x, or what isn't one.
#[test]
fn a_version_that_is_another_is_nearly_http() {
    for line in ["HTTP/2 200", "HTTP/2.0 200 OK", "HTTP/3 200", "HTTP/1 200 OK", "HTTP/1.1200 OK"] {
        for (error, evidence) in refused(format!("{line}\r\nX: y\r\n\r\n").as_bytes(), None) {
            assert_eq!(error.kind, ErrorKind::Protocol(ProtocolError::Version), "{line}");
            let found = Diagnosis::new(&error, evidence);
            assert_eq!(found.suspects()[0].cause, Cause::NearlyHttp, "{line}");
            assert!(
                error.to_string().contains("doesn't begin with HTTP/1.0 or HTTP/1.1 and a space")
            );
        }
    }
}

/// Values of cookies and passwords get into logs from wherever they stand.
#[test]
fn secrets_in_odd_lines_stay_out() {
    for (line, shown) in [
        ("Set-Cookie : sid=31d4d96e", r#""Set-Cookie..."#),
        ("set-cookie sid=31d4d96e", r#""set-cookie..."#),
        ("Cookie = 31d4d96e", r#""Cookie..."#),
        ("Authorization : 31d4d96e", r#""Authoriz..."#),
        ("WWW-Authenticate : 31d4d96e", r#""WWW-Authentic..."#),
        ("password 31d4d96e", r#""passw..."#),
        ("X-Token : 31d4d96e", r#""X-Token..."#),
        ("X-Api-Key = 31d4d96e", r#""X-Api-Key..."#),
        ("PHPSESSION 31d4d96e", r#""PHPSESSION..."#),
        ("X-Auth : 31d4d96e", r#""X-Auth..."#),
        ("Location : /cb?code=31d4d96e", r#""Location : /cb?..."#),
        ("Location : http://u:31d4d96e@h/", r#""Location : http://..."#),
        ("Location http://31d4d96e@gate/", r#""Location http://..."#),
        // It is cut in front of its `@`.
        ("Location : https://user:31d4d96e-and-so-on@h/", r#""Location : https://..."#),
        ("Location : http://gate:8080/in", r#""Location : http://gate:8080/in""#),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n");
        let (error, evidence) = &refused(answer.as_bytes(), None)[0];
        assert_eq!(evidence.answer.to_string(), shown);
        assert!(!format!("{error} {error:?} {evidence:?}").contains("31d4d96e"), "{line}");
    }
}

// --- Codings ---

#[test]
fn transfer_encoding_identity_is_as_if_the_line_were_not_there() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (fields, body, end) in [
        ("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello", None),
        ("Content-Length: 5\r\nTRANSFER-ENCODING: Identity\r\n", "hello", None),
        ("Transfer-Encoding: identity, identity\r\nContent-Length: 5\r\n", "hello", None),
        (
            "Transfer-Encoding: identity,\r\nTransfer-Encoding: \r\nContent-Length: 5\r\n",
            "hello",
            None,
        ),
        ("Transfer-Encoding: identity\r\n", "hello", Some(Step::Zero)),
        ("Transfer-Encoding: identity, chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", None),
        (
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            None,
        ),
    ] {
        let answer = format!("{head}{fields}\r\n{body}");
        each_split(answer.as_bytes(), end, |cx, client, how| {
            assert_eq!(get(cx, client), Ok((200, "hello".into())), "{how}");
        });
    }
    // Behind `chunked`, which has to be the last, some take it for a coding.
    let answer =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    refused_as(answer, ProtocolError::ChunkedNotFinal);
    // HTTP/1.0 has no transfer codings, and this is none.
    let answer =
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello";
    each_split(answer, None, |cx, client, how| {
        assert_eq!(get(cx, client), Ok((200, "hello".into())), "{how}");
    });
}

#[test]
fn a_body_that_is_compressed_unasked_is_said_to_be() {
    let gzip =
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0\0";
    let rows: [(&str, &[u8], &str); 6] = [
        ("Content-Encoding: gzip\r\n", gzip, "compressed"),
        ("content-encoding: br\r\n", b"\x0b\x02\x80hello\x03", "compressed"),
        ("", gzip, "compressed"),
        ("", b"\x28\xb5\x2f\xfd\x20\x05", "compressed"),
        ("Content-Encoding: identity\r\n", b"caf\xe9", "not_utf8"),
        ("", b"caf\xe9", "not_utf8"),
    ];
    for (fields, body, code) in rows {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
        let answer = [head.as_bytes(), body].concat();
        for (error, evidence) in refused_but_kept(&answer) {
            assert_eq!(error.code(), code, "{}", answer.escape_ascii());
            let says_so = error.to_string().contains("compressed");
            assert_eq!(says_so, code == "compressed", "{error}");
            // The exchange's own figures.
            assert_eq!(evidence.received as usize, answer.len());
            assert!(evidence.sent > 0 && evidence.remote.is_some());
            assert_eq!(evidence.status, Some(200));
        }
    }
}

/// The response was read: its connection is kept, and the error is of its text.
fn refused_but_kept(answer: &[u8]) -> Vec<(Failed, Evidence)> {
    let mut all = Vec::new();
    each_split(answer, None, |cx, client, how| {
        let error = get(cx, client).expect_err(how);
        all.push((error, client.evidence()));
    });
    all
}

// --- Bodies that don't end ---

#[test]
fn a_body_that_stalls_is_shown_by_its_framing_and_its_counts() {
    use BodyFraming::{Chunked, Length, UntilClose};
    let rows: [(&str, &str, BodyFraming, u64, &str); 7] = [
        ("Content-Length: 6", "hello", Length(6), 5, "5 of 6 bytes of the body came"),
        ("Content-Length: 6", "", Length(6), 0, "0 of 6 bytes of the body came"),
        (
            "Transfer-Encoding: identity\r\nContent-Length: 9",
            "hello",
            Length(9),
            5,
            "5 of 9 bytes of the body came",
        ),
        ("A: b", "hello", UntilClose, 5, "neither a length nor chunks tell its end"),
        ("A: b", "", UntilClose, 0, "neither a length nor chunks tell its end"),
        (
            "Transfer-Encoding: chunked",
            "5\r\nhello\r\n",
            Chunked,
            5,
            "5 bytes of the body came in chunks, and no last chunk",
        ),
        ("Transfer-Encoding: chunked", "5\r\nhel", Chunked, 3, "and no last chunk"),
    ];
    for (fields, body, framing, received, says) in rows {
        let answer = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}");
        for (error, evidence) in refused(answer.as_bytes(), None) {
            assert_eq!(error.code(), "idle_timeout", "{answer:?}");
            let text = error.to_string();
            assert!(text.contains("announced more than it has"), "{text}");
            assert!(!text.contains("raise"), "{text}");
            assert_eq!(evidence.body, Some(BodyProgress { received, framing }), "{answer:?}");
            assert!(evidence.body.unwrap().to_string().contains(says), "{answer:?}");
            assert_eq!(evidence.status, Some(200));
        }
    }
}

#[test]
fn a_body_that_is_cut_says_how_much_of_it_came() {
    for (fields, body, says) in [
        ("Content-Length: 6", "hello", "5 of 6 bytes came"),
        ("Transfer-Encoding: chunked", "5\r\nhello\r\n", "5 bytes came, and no end"),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}");
        for (error, evidence) in refused(answer.as_bytes(), Some(Step::Zero)) {
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(evidence.body.unwrap().received, 5);
        }
    }
}

/// Where a chunk is wrong, its line is shown.
#[test]
fn a_wrong_chunk_is_shown() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (body, shown) in [("+2\r\nhe\r\n", r#""+2\r\nhe\r\n""#), ("xyz", r#""xyz""#)] {
        let (error, evidence) = &refused(format!("{head}{body}").as_bytes(), None)[0];
        assert_eq!(error.kind, ErrorKind::Protocol(ProtocolError::ChunkSize));
        assert_eq!(evidence.answer.to_string(), shown);
    }
}

/// A server that says `100 Continue`, and then nothing more, has cut no response.
#[test]
fn a_close_behind_an_interim_response_is_one_before_the_final_one() {
    let interim =
        ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"];
    for answer in [interim[0], interim[1], &interim.concat()] {
        for (error, evidence) in refused(answer.as_bytes(), Some(Step::Zero)) {
            assert_eq!(error.code(), "empty_reply", "{error}");
            assert!(error.to_string().contains("no more than an interim one (1xx)"), "{error}");
            assert_eq!(evidence.received as usize, answer.len());
            let found = Diagnosis::new(&error, evidence);
            assert_eq!(found.suspects()[0].cause, Cause::ConnectionLost, "{found}");
        }
        // A part of another head is one that is cut.
        let cut = format!("{answer}HTTP/1.1 200 OK\r\nConte");
        for (error, _) in refused(cut.as_bytes(), Some(Step::Zero)) {
            assert_eq!(error.code(), "truncated", "{error}");
        }
    }
}

/// What comes behind an interim response is none of another service's.
#[test]
fn what_isnt_http_behind_an_interim_response_is_told_as_that() {
    let interim =
        ["HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"];
    let rule = ProtocolError::NotHttp(Peer::BehindInterim);
    for (interim, behind) in [
        (interim[0], "hello\n"),
        (interim[0], "helloHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (interim[1], "\r\nHTTP/1.1 200 OK\r\n"),
        (interim[1], "\x15\x03\x03\x00\x02\x02\x28"),
        (&interim.concat(), "<html>\n"),
    ] {
        for (error, evidence) in refused(format!("{interim}{behind}").as_bytes(), Some(Step::Zero))
        {
            assert_eq!(error.kind, ErrorKind::Protocol(rule), "{behind:?}");
            assert!(error.to_string().contains("behind an interim one (1xx)"), "{error}");
            assert!(!evidence.answer.is_empty(), "{behind:?}");
            let found = Diagnosis::new(&error, evidence);
            assert_eq!(found.cause(), Cause::NearlyHttp, "{found}");
            assert!(!found.suspects().iter().any(|it| it.cause == Cause::NotHttp), "{found}");
            assert!(!found.to_string().contains("another service"), "{found}");
        }
    }
}

/// What is shown is one of them, and not the final one behind.
#[test]
fn too_many_interim_responses_are_shown_by_the_one_too_many() {
    let answer =
        format!("{}HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(17));
    let evidence = refused_as(answer.as_bytes(), ProtocolError::TooManyInterim);
    let shown = evidence.answer.to_string();
    assert!(shown.starts_with("\"HTTP/1.1 103 Early Hints\\r\\n"), "{shown}");
}
