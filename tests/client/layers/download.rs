//! Files that come in pieces: what is asked for, and when one is whole.

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{Client, scripted};
use embedded_io::{ErrorKind as IoError, ErrorType, Write};
use safe_http_client::{Config, Download, DownloadError, LoopContext, nb};

const URL: &str = "http://192.168.1.20/firmware.bin";
const FILE: &[u8] = b"0123456789abcdefghij";

/// Flash that takes a few bytes at a time, and so many in all.
struct Flash {
    bytes: Vec<u8>,
    at_once: usize,
    room: usize,
    flushed: usize,
}

impl Flash {
    fn new() -> Self {
        Self { bytes: Vec::new(), at_once: 3, room: usize::MAX, flushed: 0 }
    }
}

impl ErrorType for Flash {
    type Error = IoError;
}

impl Write for Flash {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, IoError> {
        let count = bytes.len().min(self.at_once).min(self.room);
        self.room -= count;
        self.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), IoError> {
        self.flushed = self.bytes.len();
        Ok(())
    }
}

/// What a server answers, and then it closes.
fn answer(status: &str, fields: &str, body: &[u8]) -> Connection {
    let mut bytes = format!("HTTP/1.1 {status} x\r\n{fields}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    Connection::new([Step::AwaitRequest, Step::Data(bytes), Step::Zero])
}

/// The file's bytes from here on, as a server gives them that knows ranges.
fn part(from: usize) -> Connection {
    let (last, length) = (FILE.len() - 1, FILE.len());
    let fields = format!(
        "ETag: \"1\"\r\nContent-Range: bytes {from}-{last}/{length}\r\nContent-Length: {}",
        length - from
    );
    answer("206", &fields, &FILE[from..])
}

fn whole() -> Connection {
    answer("200", "ETag: \"1\"\r\nContent-Length: 20", FILE)
}

type Outcome = Result<(), DownloadError<String, IoError>>;

/// One request and its answer.
fn save(
    download: &mut Download,
    client: &mut Client,
    cx: &mut LoopContext,
    flash: &mut Flash,
) -> Outcome {
    let told = |error: DownloadError<_, _>| match error {
        DownloadError::Response(error) => DownloadError::Response(format!("{error:?}")),
        DownloadError::Writer(error) => DownloadError::Writer(error),
        DownloadError::Full => DownloadError::Full,
        DownloadError::StartsOver => DownloadError::StartsOver,
        DownloadError::Changed => DownloadError::Changed,
        DownloadError::Status(status) => DownloadError::Status(status),
        DownloadError::WrongRange { wanted, first, last } => {
            DownloadError::WrongRange { wanted, first, last }
        }
        DownloadError::TooLong { length } => DownloadError::TooLong { length },
        DownloadError::NoEnd => DownloadError::NoEnd,
        DownloadError::Incomplete { have, length } => DownloadError::Incomplete { have, length },
        other => panic!("{other:?}"),
    };
    let mut online = client.online(cx).unwrap();
    let mut response = download
        .request(&mut online, URL, [0; 512])
        .send()
        .map_err(|error| DownloadError::Response(format!("{error:?}")))?;
    download.save(&mut response, flash, |_, _| {}).map_err(told)
}

#[test]
fn what_an_answer_makes_of_a_download() {
    let tagged = || Download::resume(10, "\"1\"");
    let untagged = || Download::resume(10, "W/\"1\"");
    let fresh = Download::new;
    let cut = "Content-Range: bytes 10-19/20\r\nContent-Length: 10";
    let wrong = |first, last| Err(DownloadError::WrongRange { wanted: 10, first, last }) as Outcome;
    for (what, mut download, answered, expected, have) in [
        ("all of it", fresh(), whole(), Ok(()), 20),
        ("the rest", tagged(), part(10), Ok(()), 20),
        ("the rest, without a tag", tagged(), answer("206", cut, &FILE[10..]), Ok(()), 20),
        ("all of it again", tagged(), whole(), Err(DownloadError::StartsOver), 10),
        ("without a tag", untagged(), whole(), Err(DownloadError::StartsOver), 10),
        (
            "of another version",
            tagged(),
            answer("206", &format!("ETag: \"2\"\r\n{cut}"), &FILE[10..]),
            Err(DownloadError::Changed),
            10,
        ),
        ("from too early", tagged(), part(9), wrong(9, 19), 10),
        ("from too late", tagged(), part(11), wrong(11, 19), 10),
        (
            "of another length than it says",
            tagged(),
            answer("206", "Content-Range: bytes 10-19/20\r\nContent-Length: 9", &FILE[10..19]),
            wrong(10, 19),
            10,
        ),
        (
            "longer than its range, in chunks",
            tagged(),
            answer(
                "206",
                "Content-Range: bytes 10-10/11\r\nTransfer-Encoding: chunked",
                b"2\r\nab\r\n0\r\n\r\n",
            ),
            Err(DownloadError::TooLong { length: 11 }),
            10,
        ),
        (
            "a part of the rest",
            tagged(),
            answer("206", "Content-Range: bytes 10-14/20\r\nContent-Length: 5", &FILE[10..15]),
            Err(DownloadError::Incomplete { have: 15, length: 20 }),
            15,
        ),
        (
            "a part of unknown length",
            tagged(),
            answer("206", "Content-Range: bytes 10-14/*\r\nContent-Length: 5", &FILE[10..15]),
            Err(DownloadError::NoEnd),
            10,
        ),
        (
            "a part that wasn't asked for",
            fresh(),
            answer("206", "Content-Range: bytes 0-4/20\r\nContent-Length: 5", &FILE[..5]),
            Err(DownloadError::Incomplete { have: 5, length: 20 }),
            5,
        ),
        (
            "parts in parts",
            tagged(),
            answer("206", "Content-Type: multipart/byteranges\r\nContent-Length: 1", b"-"),
            Err(DownloadError::Status(206)),
            10,
        ),
        (
            "nothing is missing",
            Download::resume(20, "\"1\""),
            answer("416", "Content-Range: bytes */20\r\nContent-Length: 4", b"none"),
            Ok(()),
            20,
        ),
        (
            "the file is shorter by now",
            tagged(),
            answer("416", "Content-Range: bytes */9\r\nContent-Length: 4", b"none"),
            Err(DownloadError::Changed),
            10,
        ),
        (
            "416 for no reason",
            fresh(),
            answer("416", "Content-Length: 4", b"none"),
            Err(DownloadError::Status(416)),
            0,
        ),
        (
            "in chunks",
            fresh(),
            answer("200", "Transfer-Encoding: chunked", b"5\r\n01234\r\n0\r\n\r\n"),
            Ok(()),
            5,
        ),
        ("of nothing", fresh(), answer("200", "Content-Length: 0", b""), Ok(()), 0),
        (
            "without an end of its own",
            fresh(),
            answer("200", "Connection: close", FILE),
            Err(DownloadError::NoEnd),
            0,
        ),
        (
            "an error page",
            fresh(),
            answer("404", "Content-Length: 4", b"gone"),
            Err(DownloadError::Status(404)),
            0,
        ),
        (
            "an error page, later",
            tagged(),
            answer("503", "Content-Length: 4", b"busy"),
            Err(DownloadError::Status(503)),
            10,
        ),
    ] {
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), [answered]);
        let asks = download.have() > 0 && !download.tag().is_empty();
        let mut flash = Flash::new();
        flash.bytes.extend_from_slice(&FILE[..download.have() as usize]);
        let outcome = save(&mut download, &mut client, &mut cx(), &mut flash);
        assert_eq!(outcome, expected, "{what}");
        assert_eq!((download.have(), flash.bytes.len()), (have, have as usize), "{what}");
        assert_eq!(download.is_whole(), expected.is_ok(), "{what}");
        assert_eq!(log.borrow().text(0).contains("\r\nrange: bytes="), asks, "{what}");
        if !what.contains("chunks") {
            assert_eq!(flash.bytes, &FILE[..have as usize], "{what}");
        }
    }
}

#[test]
fn a_response_from_the_start_is_saved_after_starting_over() {
    let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), [whole()]);
    let mut cx = cx();
    let mut download = Download::resume(4, "\"0\"");
    let mut flash = Flash::new();
    let mut online = client.online(&mut cx).unwrap();
    let mut response = download.request(&mut online, URL, [0; 512]).send().unwrap();
    let error = download.save(&mut response, &mut flash, |_, _| {}).unwrap_err();
    assert!(error.starts_over());
    download.start_over();
    let mut seen = Vec::new();
    let hook = |download: &Download, piece: &[u8]| {
        seen.extend_from_slice(piece);
        assert_eq!((download.have(), download.length()), (seen.len() as u64, Some(20)));
    };
    download.save(&mut response, &mut flash, hook).unwrap();
    assert_eq!((flash.bytes.as_slice(), seen.as_slice(), flash.flushed), (FILE, FILE, 20));
    assert_eq!((download.is_whole(), download.tag()), (true, "\"1\""));
    let sent = log.borrow().text(0);
    assert!(sent.contains("\r\nrange: bytes=4-\r\nif-range: \"0\"\r\n"), "{sent}");
}

#[test]
fn a_writer_without_room_keeps_what_it_took() {
    let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [whole()]);
    let mut cx = cx();
    let (mut download, mut flash) = (Download::new(), Flash::new());
    flash.room = 7;
    let mut online = client.online(&mut cx).unwrap();
    let mut response = download.request(&mut online, URL, [0; 512]).send().unwrap();
    let full = download.save(&mut response, &mut flash, |_, _| {});
    assert_eq!((full, download.have()), (Err(DownloadError::Full), 7));
    // Somebody makes room: the same response goes on.
    flash.room = 100;
    download.save(&mut response, &mut flash, |_, _| {}).unwrap();
    assert_eq!(flash.bytes, FILE);
}

/// The supply fails once so many bytes of the answer have come, or the connection does; what is known of the
/// download afterwards is what was stored with the bytes.
#[test]
fn a_file_that_is_cut_at_any_byte_is_never_taken_for_whole() {
    let full = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 20\r\n\r\n0123456789abcdefghij";
    let chunks = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n\
                  7\r\n0123456\r\nd\r\n789abcdefghij\r\n0\r\n\r\n";
    let mut cuts = 0;
    for answer in [full, chunks] {
        for end in 0..answer.len() {
            for restarts in [false, true] {
                let cut = answer.as_bytes()[..end].to_vec();
                let first = Connection::new([Step::AwaitRequest, Step::Data(cut), Step::Zero]);
                let clock = TestClock::ticking(1);
                let (mut client, _) = scripted(&clock, Config::new(), [first]);
                let (mut download, mut flash, mut cx) = (Download::new(), Flash::new(), cx());
                let failed = save(&mut download, &mut client, &mut cx, &mut flash);
                assert!(matches!(failed, Err(DownloadError::Response(_))), "{end}: {failed:?}");
                assert!(!download.is_whole(), "{end} of {answer}");
                assert_eq!(flash.bytes, &FILE[..download.have() as usize], "{end} of {answer}");
                if restarts {
                    download = Download::resume(flash.bytes.len() as u64, download.tag());
                }
                let from = flash.bytes.len();
                let rest = match from {
                    0 => whole(),
                    20 => self::answer(
                        "416",
                        "ETag: \"1\"\r\nContent-Range: bytes */20\r\nContent-Length: 0",
                        b"",
                    ),
                    from => part(from),
                };
                let (mut client, log) = scripted(&clock, Config::new(), [rest]);
                save(&mut download, &mut client, &mut cx, &mut flash).unwrap();
                assert_eq!((flash.bytes.as_slice(), download.is_whole()), (FILE, true), "{end}");
                let asked = log.borrow().text(0).contains(&format!("\r\nrange: bytes={from}-\r\n"));
                assert_eq!(asked, from > 0, "{end}");
                cuts += 1;
            }
        }
    }
    println!("{cuts} cuts");
}

#[test]
fn a_download_in_a_loop_that_goes_on() {
    let connection = Connection::answer_split(
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789abcdefghij",
        2,
        None,
    );
    let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [connection]);
    let mut cx = cx();
    let (mut download, mut flash) = (Download::new(), Flash::new());
    let mut call = {
        let mut online = client.online(&mut cx).unwrap();
        download.request(&mut online, URL, [0; 512]).start().unwrap()
    };
    let mut turns = 0;
    loop {
        turns += 1;
        let before = download.have();
        match download.poll_save(&mut call, &mut client, &mut cx, &mut flash, |_, _| {}) {
            Ok(()) => break,
            Err(nb::Error::WouldBlock) => assert!(download.have() <= before + 3, "one piece"),
            Err(nb::Error::Other(error)) => panic!("{error}"),
        }
    }
    assert_eq!(flash.bytes, FILE);
    assert!(turns > 10, "{turns}");
    // It stays whole.
    let again = download.poll_save(&mut call, &mut client, &mut cx, &mut flash, |_, _| {});
    assert_eq!((again, flash.bytes.len()), (Ok(()), 20));
}

#[test]
fn a_tag_that_is_too_long_is_none() {
    let long = format!("\"{}\"", "t".repeat(63));
    assert_eq!(Download::resume(1, &long).tag(), "");
    let fits = format!("\"{}\"", "t".repeat(62));
    assert_eq!(Download::resume(1, &fits).tag(), fits);
}
