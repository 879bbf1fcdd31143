//! Whole exchanges over a stack each of whose calls goes as the input says.

use crate::common::script::ScriptError;
use crate::common::{TestClock, TestLink, cx};
use crate::input::{Control, parts};
use crate::judge::{Verdict, agree, judge};
use crate::outcome::{End, Fields, Head, fields};
use crate::player::Player;
use crate::stack::{FuzzStack, SocketLog, Tail};
use embedded_io::Read;
use safe_http_client::sans_io::ResponseTo;
use safe_http_client::{
    BodyLength, Call, Config, Deadline, Error, ErrorKind, LoopContext, Method, NalNetwork, Online,
    Phase, ProtocolError, Request, SafeHttpClient, StackQuirks, Upload, nb,
};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

type Network<'d> = NalNetwork<FuzzStack<'d>, TestLink>;
type Client<'d> = SafeHttpClient<Network<'d>, TestClock>;
type Failed = Error<ScriptError, ScriptError>;
type Sockets = Rc<RefCell<Vec<SocketLog>>>;

/// More than these bytes are slow, and find nothing else.
const MOST: usize = 4096;

/// What each look at the clock takes.
const STEP_MS: u32 = 50;

/// By then the total deadline has passed many times.
const MOST_POLLS: usize = 10_000;

/// The plain reader's buffer: any head fits it.
const ROOM: usize = MOST + 64;

/// The body of each request that has one.
const BODY: [u8; 300] = [b'b'; 300];

/// Control: quirks, tail, buffer, host, number of exchanges; method and way to read of each; then
/// a byte for each call of the stack.
pub fn run(data: &[u8]) {
    let (mut control, incoming) = parts(data);
    if incoming.len() > MOST {
        return;
    }
    let quirks = [
        StackQuirks::STD,
        StackQuirks::UNKNOWN,
        StackQuirks::SMOLTCP_NAL,
        StackQuirks::ESP_AT_NAL,
        StackQuirks::W5500,
        StackQuirks::WINCWIFI,
        StackQuirks::QUECTEL_BG77,
    ][control.pick(7)];
    let tail = [Tail::Zero, Tail::Silence, Tail::PipeClosed, Tail::Broken][control.pick(4)];
    let mut buffer = vec![0; [1024, 4096, 512, 256, 192, 160, 128][control.pick(7)]];
    let url = ["http://192.168.1.20/x", "http://gate.local/x"][control.pick(2)];
    let plans: Vec<Plan> = (0..=control.pick(3)).map(|_| Plan::read(&mut control)).collect();

    let stack = FuzzStack::new(control, incoming, tail, quirks);
    let sockets = stack.log.clone();
    let config = Config::new().total_timeout(Some(Duration::from_secs(30)));
    let network = NalNetwork::new(stack, TestLink::up(), quirks);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(STEP_MS), config);
    let cx = &mut cx();
    for plan in plans {
        let before = {
            let sockets = sockets.borrow();
            let on_last = sockets.last().map(|last| (last.delivered.len(), last.sent.len()));
            (sockets.len(), on_last.unwrap_or_default())
        };
        let told = plan.run(&mut client, cx, url, &mut buffer);
        Judge { plan, before, sockets: sockets.clone() }.judge(&told, client.is_connected());
    }
    drop(client);
    for socket in &*sockets.borrow() {
        assert_eq!(socket.closed, 1, "each socket is closed once");
    }
}

/// One exchange: what is asked for, and how the answer is read.
#[derive(Debug, Clone, Copy)]
struct Plan {
    kind: usize,
    way: usize,
    piece: usize,
}

/// What the caller came to know.
#[derive(Debug, Default)]
struct Told {
    head: Option<Head>,
    body: Vec<u8>,
    trailers: Fields,
    /// Read to its end.
    complete: bool,
    tunnel: bool,
    /// Its response was dropped, and no later than that it was decided what becomes of the connection.
    is_dropped: bool,
    error: Option<Failed>,
}

impl Plan {
    const KINDS: usize = 10;

    fn read(control: &mut Control<'_>) -> Self {
        let (kind, way) = (control.pick(Self::KINDS), control.pick(6));
        Self { kind, way, piece: 1 + 3 * control.pick(64) }
    }

    fn method(self) -> Method<'static> {
        match self.kind {
            1 => Method::Head,
            2 | 4 => Method::Post,
            3 => Method::Connect,
            5..=8 => Method::Put,
            _ => Method::Get,
        }
    }

    fn response_to(self) -> ResponseTo {
        match self.kind {
            1 => ResponseTo::Head,
            3 => ResponseTo::Connect,
            _ => ResponseTo::Other,
        }
    }

    fn run(
        self,
        client: &mut Client<'_>,
        cx: &mut LoopContext,
        url: &str,
        buffer: &mut [u8],
    ) -> Told {
        let mut told = Told::default();
        if self.way == 5 && self.upload_length().is_none() {
            if let Err(error) = self.wait(client, cx, url, buffer, &mut told) {
                told.error = Some(error);
            }
            return told;
        }
        match self.start(client, cx, url, buffer) {
            Ok(call) => self.read_answer(call, client, cx, &mut told),
            Err(error) => told.error = Some(error),
        }
        told
    }

    fn request<'r, 'd, 'b>(
        self,
        online: &'r mut Online<'_, Network<'d>, TestClock>,
        url: &str,
        buffer: &'b mut [u8],
    ) -> Request<'r, 'static, Network<'d>, TestClock, &'b mut [u8]> {
        let mut request = online.request(self.method(), url, buffer);
        if matches!(self.kind, 4 | 8) {
            request = request.expect_continue();
        }
        if self.kind == 9 {
            request = request.connection_close();
        }
        if matches!(self.kind, 2 | 4) {
            request = request.body(&BODY);
        }
        request
    }

    fn upload_length(self) -> Option<BodyLength> {
        match self.kind {
            5 => Some(BodyLength::Known(300)),
            6..=8 => Some(BodyLength::Chunked),
            _ => None,
        }
    }

    fn start<'b>(
        self,
        client: &mut Client<'_>,
        cx: &mut LoopContext,
        url: &str,
        buffer: &'b mut [u8],
    ) -> Result<Call<'static, &'b mut [u8]>, Failed> {
        let mut online = client.online(cx)?;
        let request = self.request(&mut online, url, buffer);
        match self.upload_length() {
            None => request.start(),
            Some(length) => {
                let upload = request.start_upload(length)?;
                self.upload(upload, client, cx)
            }
        }
    }

    /// By calls that wait. The response is dropped once a piece of its body was read.
    fn wait(
        self,
        client: &mut Client<'_>,
        cx: &mut LoopContext,
        url: &str,
        buffer: &mut [u8],
        told: &mut Told,
    ) -> Result<(), Failed> {
        let mut online = client.online(cx)?;
        let mut response = self.request(&mut online, url, buffer).send()?;
        told.head = Some(Head::of(&response.head()));
        let mut out = vec![0; self.piece];
        let count = response.read(&mut out)?;
        told.body.extend_from_slice(&out[..count]);
        told.is_dropped = true;
        Ok(())
    }

    fn upload<'b>(
        self,
        mut upload: Upload<&'b mut [u8]>,
        client: &mut Client<'_>,
        cx: &mut LoopContext,
    ) -> Result<Call<'static, &'b mut [u8]>, Failed> {
        let mut rest = &BODY[..];
        let mut polls = 0..MOST_POLLS;
        while !rest.is_empty() {
            polls.next().expect("no deadline ends the upload");
            match upload.poll_write(client, cx, &rest[..self.piece.min(rest.len())]) {
                // The server has answered already.
                Ok(0) => break,
                Ok(count) => rest = &rest[count..],
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => return Err(error),
            }
        }
        upload.finish(client)
    }

    fn read_answer(
        self,
        mut call: Call<'_, &mut [u8]>,
        client: &mut Client<'_>,
        cx: &mut LoopContext,
        told: &mut Told,
    ) {
        let mut out = vec![0; self.piece];
        let mut way = self.way;
        let mut polls = 0..MOST_POLLS;
        // Given up in the middle of anything.
        let patience = if way == 4 { self.piece / 3 } else { MOST_POLLS };
        loop {
            let poll = polls.next().expect("no deadline ends it");
            if poll == patience || way == 3 && told.head.is_some() {
                return;
            }
            let step = if told.head.is_none() {
                call.poll(client, cx).map(|()| None)
            } else {
                match way {
                    1 => call.poll_read_to_end(client, cx).map(|()| {
                        told.body = call.body().to_vec();
                        Some(Vec::new())
                    }),
                    2 => call.poll_fill_buf(client, cx).map(<[u8]>::to_vec).map(|mut shown| {
                        shown.truncate(self.piece);
                        call.consume(client, shown.len());
                        Some(shown)
                    }),
                    _ => call.poll_read(client, cx, &mut out).map(|n| Some(out[..n].to_vec())),
                }
            };
            match step {
                Ok(None) => {
                    told.head = call.head().map(|head| Head::of(&head));
                    assert!(told.head.is_some(), "ready without a head");
                    if call.is_upgraded() {
                        told.tunnel = true;
                        return self.read_tunnel(call, client, cx, told);
                    }
                }
                Ok(Some(bytes)) if bytes.is_empty() => break,
                Ok(Some(bytes)) => told.body.extend(bytes),
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => {
                    let again = call.poll(client, cx);
                    // A body that is known not to fit can still be read in pieces.
                    if way == 1 && matches!(error.kind, ErrorKind::Buffer { .. }) && again.is_ok() {
                        way = 0;
                        continue;
                    }
                    told.error = Some(error);
                    assert!(matches!(again, Err(nb::Error::Other(_))), "alive after an error");
                    return;
                }
            }
        }
        told.complete = true;
        told.trailers = fields(call.trailers());
    }

    /// What comes behind the head, up to the stream's end or for a while.
    fn read_tunnel(
        self,
        call: Call<'_, &mut [u8]>,
        client: &mut Client<'_>,
        cx: &mut LoopContext,
        told: &mut Told,
    ) {
        let mut stream = call.into_upgraded().expect("it is upgraded");
        let mut out = vec![0; self.piece];
        for _ in 0..1000 {
            match stream.poll_read(client, cx, &mut out) {
                Ok(0) => return,
                Ok(count) => told.body.extend_from_slice(&out[..count]),
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => {
                    told.error = Some(error);
                    let again = stream.poll_read(client, cx, &mut out);
                    assert!(matches!(again, Err(nb::Error::Other(_))), "alive after an error");
                    return;
                }
            }
        }
    }
}

struct Judge {
    plan: Plan,
    /// How many sockets there were, and how much had come and gone on the last.
    before: (usize, (usize, usize)),
    sockets: Sockets,
}

impl Judge {
    fn judge(&self, told: &Told, is_connected: bool) {
        let sockets = self.sockets.borrow();
        let Some(socket) = sockets.last() else {
            assert!(!told.complete && told.head.is_none(), "an answer from nowhere");
            return;
        };
        // The last socket is new, or was kept, or is closed and not this exchange's.
        let (count, on_last) = self.before;
        let (received, sent) = if sockets.len() == count { on_last } else { (0, 0) };
        if told.error.as_ref().is_some_and(|error| error.phase == Phase::Url) {
            assert!(socket.sent.len() == sent && socket.delivered.len() == received);
            return;
        }
        // A call that was given up leaves its connection to the next one, which closes it.
        let is_left = !told.complete && !told.is_dropped && told.error.is_none();
        let is_kept = is_connected && !is_left;
        self.judge_request(&socket.sent[sent..], is_kept);
        let arrived = &socket.delivered[received..];
        let mut player = Player::new(self.plan.response_to(), ROOM);
        player.receive(arrived);
        let (was_over, taken) = (player.is_over(), player.taken());
        if socket.is_ended {
            player.stream_ends();
        }
        let right = player.outcome();
        let context =
            || format!("{:?}\n{told:?}\n{right:?}\n{}", self.plan, arrived.escape_ascii());
        // The judge doesn't count interim responses.
        if right.end != End::Malformed(ProtocolError::TooManyInterim) {
            let response_to = self.plan.response_to();
            let judged = judge(arrived, response_to, socket.is_ended);
            let is_right = agree(arrived, response_to, socket.is_ended, &judged, &right);
            assert!(is_right, "{judged:?}\n{}", context());
        }

        if let Some(head) = &told.head {
            assert_eq!(Some(head), right.head.as_ref(), "{}", context());
        }
        if told.tunnel {
            assert!(arrived[taken..].starts_with(&told.body), "{}", context());
            return;
        }
        assert!(right.body.starts_with(&told.body), "{}", context());
        if told.complete {
            assert_eq!(right.end, End::Complete, "{}", context());
            assert_eq!(right.body, told.body, "{}", context());
            assert_eq!(right.trailers, told.trailers, "{}", context());
        }
        if is_kept {
            assert!(told.error.is_none(), "kept after an error: {}", context());
            let whole = was_over && right.end == End::Complete && taken == arrived.len();
            assert!(whole, "kept: {}", context());
        }
        if let Some(error) = &told.error {
            assert!(is_right_error(error, &right.end), "{}", context());
        }
    }

    /// What was sent is the request, or its front.
    fn judge_request(&self, sent: &[u8], is_kept: bool) {
        let text = String::from_utf8_lossy(sent);
        let line = match self.plan.kind {
            3 => "CONNECT ".to_string(),
            _ => format!("{} /x HTTP/1.1\r\nHost: ", self.plan.method().name()),
        };
        assert!(text.starts_with(&line) || line.starts_with(&*text), "{text}");
        let Some(end) = text.find("\r\n\r\n") else {
            assert!(!is_kept, "kept with half a request: {text}");
            return;
        };
        let body = &sent[end + 4..];
        match self.plan.kind {
            2 | 4 | 5 => assert!(BODY.starts_with(body), "{text}"),
            6..=8 => {
                let head = b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n";
                let read = judge(&[head, body].concat(), ResponseTo::Other, false);
                assert_ne!(read.verdict, Verdict::Malformed, "{text}");
                assert!(BODY.starts_with(&read.body), "{text}");
            }
            _ => assert!(body.is_empty(), "{text}"),
        }
    }
}

/// Whether an error is what the bytes came to; `right` is what a plain reader says of them.
fn is_right_error(error: &Failed, right: &End) -> bool {
    match &error.kind {
        // The plain reader counts no interim responses.
        ErrorKind::Protocol(ProtocolError::TooManyInterim) => true,
        // The plain reader waits for more of what isn't HTTP, and knows of no kept connection.
        ErrorKind::Protocol(ProtocolError::NotHttp(_)) => {
            matches!(right, End::Malformed(ProtocolError::NotHttp(_)) | End::Truncated | End::Waits)
        }
        ErrorKind::Protocol(error) => *right == End::Malformed(*error),
        ErrorKind::ClosedBeforeResponse
        | ErrorKind::StaleConnection
        | ErrorKind::Truncated { .. } => matches!(right, End::Truncated | End::Waits),
        ErrorKind::Timeout { deadline: Deadline::Total, .. } => true,
        // What comes of a head behind its deadline isn't looked at any more.
        ErrorKind::Timeout { deadline: Deadline::Idle, .. } if error.phase == Phase::Head => true,
        ErrorKind::Timeout { .. } => {
            !matches!(error.phase, Phase::Head | Phase::Body) || *right == End::Waits
        }
        _ => *right != End::Complete || !matches!(error.phase, Phase::Body),
    }
}
