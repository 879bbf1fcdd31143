//! What a server may send, right or wrong, put together at random.

use crate::common::script::{Connection, Step};

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const STATUS: &[&str] = &[
    "200 OK",
    "200",
    "204 No",
    "301 M",
    "302 F",
    "303 S",
    "307 T",
    "308 P",
    "401 No",
    "401 No",
    "503 Busy",
    "206 Part",
    "206 Part",
    "416 No",
    "100 Continue",
    "101 Up",
    "304 Not",
    "408 T",
];

const LOCATIONS: &[&str] = &[
    "/b",
    "b",
    "",
    "?",
    "?x",
    "#f",
    "//h/",
    "//192.168.1.21/",
    "/\\evil.example/",
    "\\\\h\\x",
    "/\\192.168.1.21/",
    "\\/192.168.1.21/",
    "/\t/192.168.1.21/",
    "///192.168.1.21/",
    "https:192.168.1.21/",
    "http:\\\\h\\",
    "http://192.168.1.20:80/c",
    "http://192.168.1.20:81/",
    "http://192.168.1.20./",
    "http://192.168.1.20@192.168.1.21/",
    "http://192.168.1.20\\@192.168.1.21/",
    "http://192.168.1.21#@192.168.1.20/",
    "http://u:p@192.168.1.20/d",
    "http:///x",
    "http://",
    "http:/x",
    "http:x",
    "HTTP://192.168.1.20/E",
    "h\ttp://192.168.1.21/",
    "/a\tb",
    "/a b",
    "/\u{e9}",
    "http://[::ffff:192.168.1.20]/",
    "http://[::1]/",
    "http://[fe80::1%25e]/",
    "http://0xC0A80114/",
    "http://3232235796/",
    "http://192.168.276/",
    "http://192.168.1.20:65536/",
    "http://192.168.1.20:0080/g",
    "http://192.168.1.20:/",
    "../../..",
    "./././x/..",
    "/..//192.168.1.21/x",
    "//192.168.1.20:81",
    "https://192.168.1.20/",
    "javascript:x",
    "192.168.1.21/",
    ":80/",
    "//@192.168.1.21",
    "//192.168.1.20:80@192.168.1.21:80/",
    "//192.168.1.21?@192.168.1.20/",
    "/;x=/../y",
    "/%2e%2e/%2F",
];

const FIELDS: &[&str] = &[
    "Content-Length: 0",
    "Content-Length: 5",
    "Content-Length: 10",
    "Content-Length: 18446744073709551615",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked",
    "Connection: close",
    "Retry-After: 1",
    "Retry-After: 99999999999",
    "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT",
    "Date: Sun, 06 Jan 0000 08:49:37 GMT",
    "ETag: \"1\"",
    "ETag: W/\"1\"",
    "ETag: \"2\"",
    "Content-Range: bytes 0-4/10",
    "Content-Range: bytes 5-9/10",
    "Content-Range: bytes 5-9/*",
    "Content-Range: bytes 3-18446744073709551614/18446744073709551615",
    "Content-Range: bytes */5",
    "Content-Range: bytes 0-18446744073709551615/*",
    "Content-Range: bytes */18446744073709551615",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"",
    "WWW-Authenticate: Digest realm=\"r\\\"\\\\\", nonce=\"\u{fc}\", qop=auth, algorithm=SHA-256, stale=true",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"m\", qop=\"auth\", stale=TRUE, userhash=true",
    "WWW-Authenticate: Basic realm=\"r\"",
    "X: \r\n folded",
    "X: y\r\n\t",
    "Bad name: x",
    "Keep-Alive: 1",
];

const BODIES: &[&str] = &[
    "",
    "hello",
    "0123456789",
    "5\r\nhello\r\n0\r\n\r\n",
    "5;x\r\nhello\r\n5\r\nworld\r\n0\r\nA: b\r\n\r\n",
    "0\r\n\r\n",
    "FFFFFFFFFFFFFFFF\r\nx",
    "helloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
];

fn answer(random: &mut Random) -> Vec<u8> {
    let mut text = format!("HTTP/1.{} {}\r\n", usize::from(random.below(9) > 0), random.of(STATUS));
    if random.below(3) > 0 {
        text += &format!("Location: {}\r\n", random.of(LOCATIONS));
    }
    for _ in 0..random.below(5) {
        text += &format!("{}\r\n", random.of(FIELDS));
    }
    let mut bytes = (text + "\r\n" + random.of(BODIES)).into_bytes();
    if random.below(8) == 0 {
        let (at, byte) = (random.below(bytes.len()), random.below(256) as u8);
        bytes[at] = byte;
    }
    if random.below(8) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

/// Some answers, in segments of any size, and how the connection ends.
pub fn connection(random: &mut Random) -> Connection {
    let mut steps = Vec::new();
    for _ in 0..=random.below(3) {
        steps.push(Step::AwaitRequest);
        let size = [1, 7, 50, 10_000][random.below(4)];
        for segment in answer(random).chunks(size) {
            steps.push(Step::Data(segment.to_vec()));
            steps.push(Step::Pend(random.below(2)));
        }
    }
    steps.push([Step::Zero, Step::PipeClosed, Step::Fail, Step::Silence][random.below(4)].clone());
    Connection { send_limit: [1, 30, 10_000][random.below(3)], ..Connection::new(steps) }
}
