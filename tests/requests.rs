//! What leaves for a request, byte by byte, and what is refused before a byte leaves.

mod common;

use common::script::{Connection, Log, ScriptStack};
use common::{Cx, TestClock, TestLink, cx};
use safe_http_client::{
    Attached, Behaviour, BodyLength, BufferUse, Check, Config, Error, ErrorKind, Method, Online,
    Phase, Request, RequestError, SafeHttpClient, TargetClass, Url, UrlError, url,
};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

type Stack = Attached<ScriptStack, TestLink>;
type Client = SafeHttpClient<Stack, TestClock, Online>;
type Built<'a, 'c> = Request<'a, 'c, Stack, TestClock>;
type Failure = Error<common::script::ScriptError, common::script::ScriptError>;

/// The lines that stand in every request unless they are replaced or left out.
const DEFAULTS: &str =
    concat!("User-Agent: safe-http-client/", env!("CARGO_PKG_VERSION"), "\r\nAccept: */*\r\n");

/// A client that is online, on a stack whose server answers each request with 204.
struct Bench {
    client: Client,
    log: Rc<RefCell<Log>>,
    cx: Cx,
}

impl Bench {
    fn new() -> Self {
        // What a port means is another test's.
        Self::with_config(Config::new().without_check(Check::PlainOnTlsPort))
    }

    fn with_config(config: Config) -> Self {
        let answer = || Connection::answer("HTTP/1.1 204 No Content\r\n\r\n");
        let mut stack = ScriptStack::new([answer(), answer()]);
        for name in ["h", "gate.local", "example.com"] {
            stack.names.push((name, [192, 168, 1, 20].into()));
        }
        let log = stack.log.clone();
        let mut cx = cx();
        let network = stack.attached(Behaviour::STD);
        let offline = SafeHttpClient::with_config(network, TestClock::ticking(1), config);
        let client = offline.wait_online(&mut cx).unwrap();
        Self { client, log, cx }
    }

    /// Sends a request as `build` completes it, and returns what the stack was given.
    fn sent(
        mut self,
        method: Method<'_>,
        url: &str,
        build: impl for<'a, 'c> FnOnce(Built<'a, 'c>) -> Built<'a, 'c>,
    ) -> String {
        let mut buffer = [0; 512];
        let request = self.client.request(&mut self.cx, method, url, &mut buffer);
        let status =
            build(request).send().unwrap_or_else(|error| panic!("{url}: {error}")).status();
        assert_eq!(status, 204);
        self.log.borrow().text(0)
    }

    /// The same for a request that must be refused: nothing was resolved, dialed or sent.
    fn refused(
        mut self,
        method: Method<'_>,
        url: &str,
        build: impl for<'a, 'c> FnOnce(Built<'a, 'c>) -> Built<'a, 'c>,
    ) -> Failure {
        let mut buffer = [0; 512];
        let request = self.client.request(&mut self.cx, method, url, &mut buffer);
        let Err(error) = build(request).send() else {
            panic!("{method:?} {url} was sent:\n{}", self.log.borrow().text(0));
        };
        assert_eq!(error.phase, Phase::Url, "{error}");
        assert_untouched(&self.log.borrow());
        error
    }
}

#[track_caller]
fn assert_untouched(log: &Log) {
    assert!(log.resolved.is_empty(), "resolved {:?}", log.resolved);
    assert!(log.dialed.is_empty(), "dialed {:?}", log.dialed);
    assert_eq!((log.opened, log.sends.len()), (0, 0), "sockets, sends");
}

fn get(url: &str) -> String {
    Bench::new().sent(Method::Get, url, |request| request)
}

fn with_defaults(lines: &str) -> String {
    format!("{lines}{DEFAULTS}\r\n")
}

mod targets_and_hosts {
    use super::*;

    #[test]
    fn a_get_is_its_request_line_host_and_defaults() {
        assert_eq!(
            get("http://192.168.1.20/gate?door=2"),
            format!(
                "GET /gate?door=2 HTTP/1.1\r\n\
                 Host: 192.168.1.20\r\n\
                 User-Agent: safe-http-client/{}\r\n\
                 Accept: */*\r\n\
                 \r\n",
                env!("CARGO_PKG_VERSION")
            )
        );
    }

    #[test]
    fn the_url_decides_target_and_host() {
        for (url, target, host) in [
            // The fragment is never sent; a port is, unless it goes without saying.
            ("http://h:8080/p?q#f", "/p?q", "h:8080"),
            ("http://h:80/p", "/p", "h"),
            ("http://h:443/p", "/p", "h:443"),
            ("http://h:/p", "/p", "h"),
            ("http://h", "/", "h"),
            ("http://h/", "/", "h"),
            ("http://h#f", "/", "h"),
            ("http://h?x=1", "/?x=1", "h"),
            ("http://h/?", "/?", "h"),
            // As written: nothing is decoded, folded or put in order.
            ("http://h//a/../b;c=%20%e4?d[]=|", "//a/../b;c=%20%e4?d[]=|", "h"),
            ("http://GATE.local/Open", "/Open", "GATE.local"),
            ("http://[fe80::1]:80/", "/", "[fe80::1]"),
            ("http://[fe80::1]:81/", "/", "[fe80::1]:81"),
        ] {
            let mut bench = Bench::new();
            // Names as written would need a resolver with the same case.
            bench.client.network_mut().stack_mut().names.push(("GATE.local", [10, 0, 0, 1].into()));
            let sent = bench.sent(Method::Get, url, |request| request);
            let expected = with_defaults(&format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n"));
            assert_eq!(sent, expected, "{url}");
        }
    }

    #[test]
    fn a_url_constant_is_sent_like_a_text() {
        const GATE: Url<'static> = url!("http://192.168.1.20:8080/gate");
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client.get(&mut cx, GATE, &mut buffer).send().unwrap();
        let expected = with_defaults("GET /gate HTTP/1.1\r\nHost: 192.168.1.20:8080\r\n");
        assert_eq!(log.borrow().text(0), expected);
    }

    #[test]
    fn an_address_is_dialed_and_a_name_resolved() {
        for (url, resolved, dialed) in [
            ("http://192.168.1.30:8080/", None, "192.168.1.30:8080"),
            ("http://[fe80::1]/", None, "[fe80::1]:80"),
            ("http://gate.local/", Some("gate.local"), "192.168.1.20:80"),
        ] {
            let Bench { mut client, log, mut cx } = Bench::new();
            let mut buffer = [0; 512];
            client.get(&mut cx, url, &mut buffer).send().unwrap();
            let log = log.borrow();
            assert_eq!(log.resolved.first().map(String::as_str), resolved, "{url}");
            assert_eq!(log.dialed, [dialed.parse::<SocketAddr>().unwrap()], "{url}");
        }
    }

    #[test]
    fn connect_to_dials_its_address_and_resolves_nothing() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        let address: SocketAddr = "10.1.2.3:8123".parse().unwrap();
        client
            .get(&mut cx, "http://nowhere.example/p", &mut buffer)
            .connect_to(address)
            .send()
            .unwrap();
        let log = log.borrow();
        assert!(log.resolved.is_empty());
        assert_eq!(log.dialed, [address]);
        // The server is told the URL's host all the same.
        assert_eq!(log.text(0), with_defaults("GET /p HTTP/1.1\r\nHost: nowhere.example\r\n"));
    }
}

mod methods {
    use super::*;

    /// RFC 9110 section 8.6: a method that usually has content says so when there is none.
    #[test]
    fn without_a_body_only_post_put_and_patch_announce_a_length() {
        for (method, announces) in [
            (Method::Get, false),
            (Method::Head, false),
            (Method::Delete, false),
            (Method::Options, false),
            (Method::Trace, false),
            (Method::Custom("PURGE"), false),
            (Method::Post, true),
            (Method::Put, true),
            (Method::Patch, true),
            // However it was named.
            (Method::Custom("POST"), true),
            (Method::from_name("PUT"), true),
        ] {
            let sent = Bench::new().sent(method, "http://h/p", |request| request);
            let length = if announces { "Content-Length: 0\r\n" } else { "" };
            let name = method.name();
            let expected = format!("{name} /p HTTP/1.1\r\nHost: h\r\n{DEFAULTS}{length}\r\n");
            assert_eq!(sent, expected);
        }
    }

    #[test]
    fn the_methods_by_name_send_themselves() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let url = "http://h/";
        let mut buffer = [0; 512];
        client.get(&mut cx, url, &mut buffer).send().unwrap();
        client.close();
        client.head(&mut cx, url, &mut buffer).send().unwrap();
        for (index, name) in ["GET", "HEAD"].into_iter().enumerate() {
            assert!(log.borrow().text(index).starts_with(&format!("{name} / HTTP/1.1\r\n")));
        }
        drop(client);
        drop(cx);
        let Bench { mut client, log, mut cx } = Bench::new();
        client.put(&mut cx, url, &mut buffer).send().unwrap();
        client.close();
        client.delete(&mut cx, url, &mut buffer).send().unwrap();
        for (index, name) in ["PUT", "DELETE"].into_iter().enumerate() {
            assert!(log.borrow().text(index).starts_with(&format!("{name} / HTTP/1.1\r\n")));
        }
    }

    /// RFC 9110 section 9.2.2, RFC 5789 section 2. Only these are ever sent again.
    #[test]
    fn idempotent_methods_are_those_that_are_defined_so() {
        for (method, idempotent) in [
            (Method::Get, true),
            (Method::Head, true),
            (Method::Put, true),
            (Method::Delete, true),
            (Method::Options, true),
            (Method::Trace, true),
            (Method::Post, false),
            (Method::Patch, false),
            (Method::Connect, false),
            (Method::Custom("PROPFIND"), false),
            (Method::from_name("GET"), true),
        ] {
            assert_eq!(method.is_idempotent(), idempotent, "{method:?}");
        }
    }

    /// Methods are case-sensitive (RFC 9110 section 9.1), so none is changed.
    #[test]
    fn custom_methods_are_sent_as_they_are() {
        for name in ["PURGE", "get", "M-SEARCH", "VERSION-CONTROL", "X!#$%&'*+.^_`|~9"] {
            let sent = Bench::new().sent(Method::Custom(name), "http://h/", |request| request);
            assert_eq!(sent, with_defaults(&format!("{name} / HTTP/1.1\r\nHost: h\r\n")));
        }
    }

    #[test]
    fn a_method_that_is_no_token_is_refused() {
        for name in ["", "GE T", "GET\r\nX: y", "GET\0", "G\u{e9}T", "GET /x HTTP/1.1\r\n", "(GET)"]
        {
            let error = Bench::new().refused(Method::Custom(name), "http://h/", |request| request);
            assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidMethod), "{name:?}");
            assert_eq!(error.code(), "invalid_method");
        }
    }

    /// RFC 9112 section 3.2.3: host and port alone, the port even where it is the default one.
    #[test]
    fn connect_names_the_authority() {
        for (url, authority) in [
            ("http://h:22", "h:22"),
            ("http://h", "h:80"),
            ("http://h:8443/ignored?too", "h:8443"),
            ("http://[fe80::1]:443", "[fe80::1]:443"),
        ] {
            let sent = Bench::new().sent(Method::Connect, url, |request| request);
            let line = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
            assert_eq!(sent, with_defaults(&line), "{url}");
        }
    }

    #[test]
    fn options_asks_about_the_url() {
        for (url, target) in [("http://h/p?q", "/p?q"), ("http://h", "/")] {
            let sent = Bench::new().sent(Method::Options, url, |request| request);
            assert_eq!(sent, with_defaults(&format!("OPTIONS {target} HTTP/1.1\r\nHost: h\r\n")));
        }
    }
}

mod headers {
    use super::*;

    #[test]
    fn the_callers_lines_stand_between_host_and_defaults_in_their_order() {
        let sent = Bench::new().sent(Method::Get, "http://h/", |request| {
            request
                .header("x-key", "secret")
                .header("Accept-Language", "de")
                .header("x-key", b"two")
        });
        let lines = "GET / HTTP/1.1\r\nHost: h\r\nx-key: secret\r\nAccept-Language: de\r\n\
                     x-key: two\r\n";
        assert_eq!(sent, with_defaults(lines));
    }

    /// White space around a value is no part of it (RFC 9112 section 5); inside, it is.
    #[test]
    fn values_are_trimmed_and_otherwise_kept() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client
            .get(&mut cx, "http://h/", &mut buffer)
            .header("a", " \t spaces\tand tabs \t")
            .header("b", "")
            .header("c", "   ")
            // obs-text: bytes above 0x7F are passed on as they are.
            .header("d", b"\x80\xE4\xFF")
            .header("e", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
            .send()
            .unwrap();
        let mut expected = b"GET / HTTP/1.1\r\nHost: h\r\na: spaces\tand tabs\r\nb: \r\nc: \r\n\
                             d: \x80\xE4\xFF\r\ne: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\r\n"
            .to_vec();
        expected.extend_from_slice(DEFAULTS.as_bytes());
        expected.extend_from_slice(b"\r\n");
        assert_eq!(log.borrow().sent(0), expected);
    }

    #[test]
    fn each_default_can_be_replaced() {
        let agent = DEFAULTS.replace("Accept: */*\r\n", "");
        for (name, value, lines) in [
            ("Host", "other:81", format!("Host: other:81\r\n{DEFAULTS}")),
            ("hOsT", "other:81", format!("hOsT: other:81\r\n{DEFAULTS}")),
            (
                "User-Agent",
                "mine/1",
                "Host: h\r\nUser-Agent: mine/1\r\nAccept: */*\r\n".to_string(),
            ),
            ("ACCEPT", "text/plain", format!("Host: h\r\nACCEPT: text/plain\r\n{agent}")),
        ] {
            let sent =
                Bench::new().sent(Method::Get, "http://h/", |request| request.header(name, value));
            assert_eq!(sent, format!("GET / HTTP/1.1\r\n{lines}\r\n"), "{name}");
        }
    }

    #[test]
    fn each_default_can_be_left_out() {
        let agent = DEFAULTS.replace("Accept: */*\r\n", "");
        for (name, expected) in [
            ("Host", DEFAULTS.to_string()),
            ("user-agent", "Host: h\r\nAccept: */*\r\n".to_string()),
            ("Accept", format!("Host: h\r\n{agent}")),
            // What isn't there by default can't be left out.
            ("x-key", format!("Host: h\r\n{DEFAULTS}")),
        ] {
            let sent =
                Bench::new().sent(Method::Get, "http://h/", |request| request.without_header(name));
            assert_eq!(sent, format!("GET / HTTP/1.1\r\n{expected}\r\n"), "without {name}");
        }
        let bare = Bench::new().sent(Method::Get, "http://h/", |request| {
            request.without_header("Accept").without_header("Host").without_header("User-Agent")
        });
        assert_eq!(bare, "GET / HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn host_is_replaced_wherever_it_is_given_and_once_only() {
        let sent = Bench::new().sent(Method::Get, "http://h/p", |request| {
            request.header("a", "1").header("Host", "other").header("b", "2")
        });
        let lines = "GET /p HTTP/1.1\r\na: 1\r\nHost: other\r\nb: 2\r\n";
        assert_eq!(sent, with_defaults(lines));
        let sent = Bench::new().sent(Method::Get, "http://h/p", |request| {
            request.header("a", "1").without_header("Host").header("Host", "other")
        });
        assert_eq!(sent, with_defaults("GET /p HTTP/1.1\r\na: 1\r\nHost: other\r\n"));
        let error = Bench::new().refused(Method::Get, "http://h/", |request| {
            request.header("Host", "a").header("host", "b")
        });
        assert_eq!(error.kind, ErrorKind::Request(RequestError::SecondHost));
        assert_eq!(error.to_string(), "url: Host was given twice: a request has one");
    }

    /// Header injection: a line break in a value would be another header, or another request.
    #[test]
    fn a_value_with_a_control_character_is_refused_before_a_byte_is_sent() {
        for (value, at, byte) in [
            (b"a\r\nX-Injected: 1".as_slice(), 1, b'\r'),
            (b"a\nX-Injected: 1", 1, b'\n'),
            (b"\r\n\r\nGET /admin HTTP/1.1", 0, b'\r'),
            (b"abc\0", 3, 0),
            (b"a\x7F", 1, 0x7F),
            (b"a\x1B[2J", 1, 0x1B),
            // White space that is no OWS isn't trimmed away.
            (b"a\x0B", 1, 0x0B),
        ] {
            let error = Bench::new()
                .refused(Method::Get, "http://h/", |request| request.header("X-Key", value));
            let expected = RequestError::InvalidHeaderValue { at, byte };
            assert_eq!(error.kind, ErrorKind::Request(expected), "{value:?}");
            assert_eq!(error.code(), "invalid_header");
        }
    }

    #[test]
    fn a_name_that_is_no_token_is_refused() {
        for name in ["", "X Key", "X-Key:", "X-Key\r\nY", "X\0", "(x)", "X-K\u{e9}y", " X", "X\t"] {
            let error =
                Bench::new().refused(Method::Get, "http://h/", |request| request.header(name, "v"));
            assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidHeaderName), "{name:?}");
        }
    }

    /// Each is as long as a name that does, and has a value that would mean something there.
    #[test]
    fn any_other_name_decides_nothing() {
        for (name, value) in [
            ("Date", "h2"),
            ("Cookie", "100-continue"),
            ("Keep-Alive", "close"),
            ("If-None-Match", "Basic"),
            ("Accept-Charset", "5"),
            ("If-Modified-Since", "chunked"),
        ] {
            let Bench { mut client, log, mut cx } = Bench::new();
            let mut buffer = [0; 512];
            let request = client.post(&mut cx, "http://user:pw@h/", &mut buffer);
            request.header(name, value).body(b"open").send().unwrap();
            let expected = format!(
                "POST / HTTP/1.1\r\nHost: h\r\n{name}: {value}\r\n\
                 Authorization: Basic dXNlcjpwdw==\r\n{DEFAULTS}Content-Length: 4\r\n\r\nopen"
            );
            assert_eq!(log.borrow().text(0), expected);
            assert!(client.is_connected(), "kept, whatever {name} says");
        }
    }

    /// Two ideas of where a body ends are how requests are smuggled (RFC 9112 section 11.2).
    #[test]
    fn the_bodys_framing_is_not_for_the_caller() {
        for name in ["Content-Length", "content-length", "Transfer-Encoding", "TRANSFER-ENCODING"] {
            let error = Bench::new().refused(Method::Post, "http://h/", |request| {
                request.header(name, "4").body(b"open")
            });
            assert_eq!(error.kind, ErrorKind::Request(RequestError::ManagedHeader), "{name}");
            assert_eq!(error.code(), "managed_header");
        }
    }

    #[test]
    fn the_first_mistake_is_reported() {
        let error = Bench::new().refused(Method::Get, "http://h/", |request| {
            request.header("a", "1\n").header("b b", "2").header("Host", "x").header("Host", "y")
        });
        let expected = RequestError::InvalidHeaderValue { at: 1, byte: b'\n' };
        assert_eq!(error.kind, ErrorKind::Request(expected));
    }
}

mod credentials {
    use super::*;

    /// RFC 7617, of the decoded text; `Host` never has them (RFC 9110 section 4.2.4).
    #[test]
    fn user_and_password_become_basic_authorization() {
        for (userinfo, base64) in [
            ("user:pw", "dXNlcjpwdw=="),
            ("Aladdin:open%20sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("user", "dXNlcjo="),
            ("user:", "dXNlcjo="),
            (":pw", "OnB3"),
            ("us%3Aer:p%40%2f", "dXM6ZXI6cEAv"),
            ("a:b:c", "YTpiOmM="),
            ("test:123%C2%A3", "dGVzdDoxMjPCow=="),
        ] {
            let sent = get(&format!("http://{userinfo}@h:8080/p"));
            let line = format!("Authorization: Basic {base64}\r\n");
            let lines = format!("GET /p HTTP/1.1\r\nHost: h:8080\r\n{line}");
            assert_eq!(sent, with_defaults(&lines), "{userinfo}");
        }
    }

    #[test]
    fn an_authorization_of_the_callers_comes_first() {
        let sent = Bench::new().sent(Method::Get, "http://user:pw@h/", |request| {
            request.header("authorization", "Bearer token")
        });
        let lines = "GET / HTTP/1.1\r\nHost: h\r\nauthorization: Bearer token\r\n";
        assert_eq!(sent, with_defaults(lines));
    }

    #[test]
    fn a_broken_escape_in_them_is_refused() {
        for userinfo in ["user:100%", "user:%4", "us%zz:pw", "user:%+1"] {
            let url = format!("http://{userinfo}@h/");
            let error = Bench::new().refused(Method::Get, &url, |request| request);
            assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidCredentials), "{url}");
            // Passwords don't belong in logs.
            assert!(!error.to_string().contains(userinfo), "{error}");
        }
    }
}

mod refusals {
    use super::*;

    #[test]
    fn https_without_tls_is_refused_before_the_name_is_resolved() {
        for url in ["https://gate.local/", "https://192.168.1.20:8443/", "HTTPS://h"] {
            let error = Bench::new().refused(Method::Get, url, |request| request);
            assert_eq!(error.kind, ErrorKind::Request(RequestError::NoTls), "{url}");
            assert_eq!(error.code(), "no_tls");
            assert!(error.to_string().contains("nothing was sent in the clear"), "{error}");
        }
    }

    #[test]
    fn a_target_that_is_no_other_host_is_refused() {
        for (url, class, code) in [
            ("http://localhost/", TargetClass::Loopback, "loopback_target"),
            ("http://LOCALHOST:8080/gate", TargetClass::Loopback, "loopback_target"),
            ("http://127.0.0.1/", TargetClass::Loopback, "loopback_target"),
            ("http://127.9.9.9:80/", TargetClass::Loopback, "loopback_target"),
            ("http://[::1]/", TargetClass::Loopback, "loopback_target"),
            ("http://gate.localhost/", TargetClass::Loopback, "loopback_target"),
            ("http://0.0.0.0/", TargetClass::Unspecified, "no_host_target"),
            ("http://255.255.255.255/", TargetClass::Broadcast, "no_host_target"),
            ("http://224.0.0.251/", TargetClass::Multicast, "no_host_target"),
        ] {
            let error = Bench::new().refused(Method::Get, url, |request| request);
            assert_eq!(error.kind, ErrorKind::Request(RequestError::Target(class)), "{url}");
            assert_eq!(error.code(), code, "{url}");
            assert_eq!(error.to_string(), format!("url: {}", class.text()));
        }
    }

    #[test]
    fn an_address_to_connect_to_is_judged_in_the_hosts_place() {
        let error = Bench::new().refused(Method::Get, "http://gate.local/", |request| {
            request.connect_to("127.0.0.1:80".parse().unwrap())
        });
        let expected = RequestError::Target(TargetClass::Loopback);
        assert_eq!(error.kind, ErrorKind::Request(expected));
        // A tunnel's or a proxy's localhost isn't this chip's.
        let sent = Bench::new().sent(Method::Get, "http://localhost/", |request| {
            request.connect_to("192.168.1.20:80".parse().unwrap())
        });
        assert_eq!(sent, with_defaults("GET / HTTP/1.1\r\nHost: localhost\r\n"));
    }

    #[test]
    fn a_url_that_is_none_is_refused_with_its_fault() {
        for (url, fault, code) in [
            ("gate.local/open", UrlError::MissingScheme, "malformed_url"),
            ("ftp://gate.local/", UrlError::UnsupportedScheme, "unsupported_scheme"),
            (
                "http://http://localhost/",
                UrlError::SchemeInHost { localhost: true },
                "scheme_in_host",
            ),
            (
                "http://h/a b HTTP/1.1\r\nX: y",
                UrlError::InvalidCharacter { at: 10, byte: b' ' },
                "malformed_url",
            ),
            (
                "http://h/\r\nX: y",
                UrlError::InvalidCharacter { at: 9, byte: b'\r' },
                "malformed_url",
            ),
            ("http://h/\0", UrlError::InvalidCharacter { at: 9, byte: 0 }, "malformed_url"),
        ] {
            let error = Bench::new().refused(Method::Get, url, |request| request);
            assert_eq!(error.kind, ErrorKind::Request(RequestError::Url(fault)), "{url:?}");
            assert_eq!(error.code(), code, "{url:?}");
            assert_eq!(error.to_string(), format!("url: {fault}"));
        }
    }

    /// Mistakes are found where the request is started, too, and the client can go on.
    #[test]
    fn a_refusal_costs_the_client_nothing() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        assert!(client.get(&mut cx, "http://localhost/", &mut buffer).start().is_err());
        assert!(client.get(&mut cx, "h", &mut buffer).start_upload(BodyLength::Chunked).is_err());
        assert_untouched(&log.borrow());
        assert_eq!(client.why_closed(), None);
        client.get(&mut cx, "http://h/", &mut buffer).send().unwrap();
        assert_eq!(log.borrow().text(0), with_defaults("GET / HTTP/1.1\r\nHost: h\r\n"));
    }
}

mod bodies {
    use super::*;

    #[test]
    fn a_body_leaves_with_its_head_in_one_send() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client
            .post(&mut cx, "http://192.168.1.20/gate", &mut buffer)
            .header("x-key", "secret")
            .body(b"open")
            .send()
            .unwrap();
        let log = log.borrow();
        let expected = format!(
            "POST /gate HTTP/1.1\r\nHost: 192.168.1.20\r\nx-key: secret\r\n{DEFAULTS}\
             Content-Length: 4\r\n\r\nopen"
        );
        assert_eq!(log.text(0), expected);
        assert_eq!(log.sends.len(), 1, "one segment on the air");
    }

    #[test]
    fn a_body_larger_than_the_buffer_follows_it() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 160];
        let body = "x".repeat(1000);
        client.put(&mut cx, "http://h/", &mut buffer).body(body.as_bytes()).send().unwrap();
        let log = log.borrow();
        let head = format!("PUT / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 1000\r\n\r\n");
        assert_eq!(log.text(0), head + &body);
        assert_eq!(log.sends.len(), 2, "the buffer, then the rest as it lies");
    }

    #[test]
    fn a_body_that_is_given_is_announced_even_where_it_is_empty() {
        for method in [Method::Get, Method::Delete, Method::Post] {
            let sent = Bench::new().sent(method, "http://h/", |request| request.body(b""));
            let name = method.name();
            let expected =
                format!("{name} / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 0\r\n\r\n");
            assert_eq!(sent, expected);
        }
    }

    #[test]
    fn a_reader_of_known_length_is_announced_and_sent_with_the_head() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client
            .put(&mut cx, "http://h/", &mut buffer)
            .send_from(&mut b"open".as_slice(), BodyLength::Known(4))
            .unwrap();
        let log = log.borrow();
        let expected =
            format!("PUT / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 4\r\n\r\nopen");
        assert_eq!(log.text(0), expected);
        assert_eq!(log.sends.len(), 1);
    }

    #[test]
    fn a_body_of_unknown_length_is_chunked() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client
            .post(&mut cx, "http://h/", &mut buffer)
            .send_from(&mut b"open the gate".as_slice(), BodyLength::Chunked)
            .unwrap();
        let log = log.borrow();
        let (head, body) = log.text(0).split_once("\r\n\r\n").map(owned).unwrap();
        assert_eq!(
            head + "\r\n",
            format!("POST / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Transfer-Encoding: chunked\r\n")
        );
        assert_eq!(body, "000D\r\nopen the gate\r\n0\r\n\r\n");
        assert_eq!(log.sends.len(), 1, "head, chunk and last chunk fit the buffer");
    }

    fn owned((a, b): (&str, &str)) -> (String, String) {
        (a.to_string(), b.to_string())
    }

    #[test]
    fn an_empty_body_of_unknown_length_is_the_last_chunk() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client
            .post(&mut cx, "http://h/", &mut buffer)
            .send_from(&mut b"".as_slice(), BodyLength::Chunked)
            .unwrap();
        assert!(log.borrow().text(0).ends_with("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    }

    #[test]
    fn a_body_of_another_length_than_declared_is_an_error_and_closes() {
        for (declared, body, given) in [(10, "open", 4), (3, "open", 4), (0, "open", 1)] {
            let Bench { mut client, log, mut cx } = Bench::new();
            let mut buffer = [0; 512];
            let result = client
                .put(&mut cx, "http://h/", &mut buffer)
                .send_from(&mut body.as_bytes(), BodyLength::Known(declared));
            let error = result.expect_err("the length is wrong");
            let ErrorKind::Request(RequestError::BodyLength { declared: said, given: had }) =
                error.kind
            else {
                panic!("{error}");
            };
            assert_eq!(said, declared);
            assert!(had >= given.min(declared + 1), "{had} of {body:?}");
            assert!(!client.is_connected());
            assert_eq!(log.borrow().opened, log.borrow().closed, "no socket is left open");
        }
    }

    /// RFC 9110 section 10.1.1: no expectation without content.
    #[test]
    fn expect_continue_is_asked_for_a_body_alone() {
        let without =
            Bench::new().sent(Method::Get, "http://h/", |request| request.expect_continue());
        assert_eq!(without, with_defaults("GET / HTTP/1.1\r\nHost: h\r\n"));
        let with = Bench::new()
            .sent(Method::Post, "http://h/", |request| request.expect_continue().body(b"open"));
        let expected = format!(
            "POST / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Expect: 100-continue\r\n\
             Content-Length: 4\r\n\r\n"
        );
        // The server answers at once, and so is never sent the body.
        assert_eq!(with, expected);
    }

    /// The client waits for the answer to it as if it had written the line, and writes no second one.
    #[test]
    fn an_expectation_in_the_callers_own_line_is_one() {
        let own_line = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nexpect: 100-Continue\r\n{DEFAULTS}\
             Content-Length: 4\r\n\r\n"
        );
        for build in [
            (|request| request.header("expect", "100-Continue").body(b"open"))
                as for<'a, 'c> fn(Built<'a, 'c>) -> Built<'a, 'c>,
            |request| request.expect_continue().header("expect", "100-Continue").body(b"open"),
            |request| request.header("expect", "100-Continue").expect_continue().body(b"open"),
        ] {
            assert_eq!(Bench::new().sent(Method::Post, "http://h/", build), own_line);
        }
        // Another expectation waits for nothing, and takes none away.
        let other = Bench::new()
            .sent(Method::Post, "http://h/", |request| request.header("Expect", "x").body(b"open"));
        let own_line = own_line.replace("expect: 100-Continue", "Expect: x");
        assert_eq!(other, own_line.clone() + "open");
        let both = Bench::new().sent(Method::Post, "http://h/", |request| {
            request.expect_continue().header("Expect", "x").body(b"open")
        });
        assert_eq!(both, own_line.replace("Content", "Expect: 100-continue\r\nContent"));
    }
}

mod buffers {
    use super::*;

    /// The error says how much it takes, and that is enough: to the byte.
    #[test]
    fn a_buffer_of_exactly_the_needed_size_is_enough() {
        type Build = for<'a, 'c> fn(Built<'a, 'c>) -> Built<'a, 'c>;
        let url_of_long_host = "http://a-rather-long-host-name.example/a/long/path";
        let builds: [(&str, Build); 7] = [
            ("http://gate.local/a/long/path?and=query", |request| request),
            ("http://user:password@h:8080/", |request| request.header("x-key", "secret")),
            ("http://h/", |request| request.header("Host", "a-much-longer-host.example")),
            ("http://h/", |request| request.without_header("Accept").close()),
            ("http://h/", |request| request.expect_continue().body(b"open")),
            (url_of_long_host, |request| {
                request
                    .connect_to("192.168.1.20:80".parse().unwrap())
                    .without_header("Host")
                    .without_header("User-Agent")
                    .without_header("Accept")
            }),
            // The default Host line is taken out again after a line behind it was lost. This alone
            // takes more than the head has in the end.
            (url_of_long_host, |request| {
                request
                    .connect_to("192.168.1.20:80".parse().unwrap())
                    .header("a", "1")
                    .header("Host", "h")
                    .without_header("User-Agent")
                    .without_header("Accept")
            }),
        ];
        let last = builds.len() - 1;
        for (index, (url, build)) in builds.into_iter().enumerate() {
            let whole = Bench::new().sent(Method::Get, url, build);
            let head = whole.find("\r\n\r\n").unwrap() + 4;
            assert_eq!(whole.len(), head, "nothing behind it");
            // Each smaller buffer is refused, and says the same.
            let mut needed_by_all = None;
            for size in 0..=head + 64 {
                let Bench { mut client, log, mut cx } = Bench::new();
                let mut buffer = vec![0; size];
                let error = match build(client.get(&mut cx, url, &mut buffer)).send() {
                    Ok(_) => {
                        assert_eq!(log.borrow().text(0), whole, "in {size} bytes");
                        continue;
                    }
                    Err(error) => error,
                };
                let ErrorKind::Buffer { what, needed, available, exact } = error.kind else {
                    // What was sent fits; its answer may not.
                    assert_eq!(log.borrow().text(0), whole, "in {size} bytes: {error}");
                    continue;
                };
                if what != BufferUse::RequestHead {
                    assert!(size >= head, "{size} bytes hold the head of {head}");
                    continue;
                }
                assert_untouched(&log.borrow());
                assert_eq!((available, exact), (size, true));
                assert!(needed > size && needed >= head, "{needed} for a head of {head}");
                assert_eq!(*needed_by_all.get_or_insert(needed), needed, "in {size} bytes");
                let said = format!(
                    "url: the buffer is too small for the request's head: it has {size} bytes and \
                     needs {needed}"
                );
                assert_eq!(error.to_string(), said);
            }
            let needed = needed_by_all.expect("some are too small");
            assert_eq!(needed > head, index == last, "{needed} for a head of {head}");
            let Bench { mut client, log, mut cx } = Bench::new();
            let mut buffer = vec![0; needed];
            build(client.get(&mut cx, url, &mut buffer)).send().unwrap();
            assert_eq!(log.borrow().text(0), whole);
        }
    }

    #[test]
    fn a_body_needs_no_room_in_the_buffer() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let head = format!("PUT / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 4\r\n\r\n");
        let mut buffer = vec![0; head.len()];
        client.put(&mut cx, "http://h/", &mut buffer).body(b"open").send().unwrap();
        assert_eq!(log.borrow().text(0), head + "open");
    }
}

mod closing {
    use super::*;

    const CLOSES: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";

    #[test]
    fn a_request_that_closes_says_so_and_does() {
        for build in [
            (|request| request.close()) as for<'a, 'c> fn(Built<'a, 'c>) -> Built<'a, 'c>,
            |request| request.close().close(),
            |request| request.header("Connection", "close"),
            |request| request.header("Connection", "close").close(),
        ] {
            let Bench { mut client, log, mut cx } = Bench::new();
            let mut buffer = [0; 512];
            build(client.get(&mut cx, "http://h/", &mut buffer)).send().unwrap();
            assert_eq!(log.borrow().text(0), with_defaults(CLOSES));
            assert!(!client.is_connected());
            assert_eq!(log.borrow().closed, 1);
        }
    }

    #[test]
    fn close_is_found_in_a_list() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client
            .get(&mut cx, "http://h/", &mut buffer)
            .header("connection", "TE ,\tClose")
            .send()
            .unwrap();
        assert!(log.borrow().text(0).contains("connection: TE ,\tClose\r\n"));
        assert!(!client.is_connected());
    }

    #[test]
    fn a_client_that_keeps_no_connections_tells_each_server() {
        let config = Config::new().keep_alive(Duration::ZERO);
        let sent = Bench::with_config(config).sent(Method::Get, "http://h/", |request| request);
        assert_eq!(sent, with_defaults(CLOSES));
    }

    #[test]
    fn otherwise_nothing_is_said_and_the_connection_kept() {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        client.get(&mut cx, "http://h/", &mut buffer).send().unwrap();
        assert!(!log.borrow().text(0).contains("Connection"));
        assert!(client.is_connected());
    }
}
