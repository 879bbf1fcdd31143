//! Server-sent events, one at a time.

use crate::client::{Buffer, Call, IntoUrl, Online, Request, Response, SafeHttpClient};
use crate::http::bytes::{is, split_at_byte, trim, value_run};
use crate::http::method::Method;
use crate::http::sse::{EventParser, Oversize};
use crate::nal::ErrorOf;
use core::fmt;
use embedded_io::BufRead;
use nal_link::{Clock, LoopContext, Network};

/// A stream of server-sent events (`text/event-stream`, WHATWG HTML section 9.2), from which one event after the
/// other is taken.
///
/// It has a buffer of its own, which holds one event: the id of the last, and its own id, kind and data. A
/// comment, a field's name or a line that nobody knows takes no room.
///
/// It holds neither the client nor the response: where the server or the network ends one, wait for
/// [`retry_ms`](Self::retry_ms) and ask again with [`request`](Self::request), which says the last event's
/// [id](Self::last_id). An event that was cut is none, and comes again from a server that gives ids.
///
/// Between two events the server is silent: give the request an
/// [`idle_timeout`](Request::idle_timeout) that is longer than the pauses between what it sends, comments included.
///
/// ```no_run
/// # use {core::time::Duration, safe_http_client::*};
/// # fn f<N: Network, C: Clock>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext,
/// # ) -> Result<(), Box<dyn core::error::Error>> where ErrorOf<N>: 'static {
/// let mut events = EventStream::new([0; 512]);
/// loop {
///     let mut online = client.wait_online(cx)?;
///     let mut buffer = [0; 1024];
///     let request = events.request(&mut online, "http://192.168.1.20/events", &mut buffer);
///     let mut response = request.idle_timeout(Duration::from_secs(60)).send()?;
///     loop {
///         match events.next(&mut response) {
///             Ok(Some(event)) if event.is("door") => println!("{:?}", event.data_str()),
///             Ok(Some(_)) => {}
///             Ok(None) => break, // the response's end
///             Err(EventError::TooLarge { .. }) => println!("one event is missing"),
///             Err(EventError::Status(204)) => return Ok(()), // there will be no more
///             Err(error) => { println!("{error}"); break }
///         }
///     }
///     // Wait here for `events.retry_ms()`, or a few seconds.
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct EventStream<B> {
    parser: EventParser,
    buffer: B,
    /// The call whose head was looked at.
    begun: Option<u32>,
}

impl<B: Buffer> EventStream<B> {
    /// Of a server that hasn't been asked yet. The buffer holds one event.
    pub const fn new(buffer: B) -> Self {
        Self { parser: EventParser::new(), buffer, begun: None }
    }

    /// A GET of the events behind the last one. More can be said in it: credentials, deadlines.
    ///
    /// An id that can't stand in a header field, since it has control characters, isn't said.
    pub fn request<'r, 'u, N: Network, C: Clock, R: Buffer>(
        &self,
        online: &'r mut Online<'_, N, C>,
        url: impl IntoUrl<'u>,
        buffer: R,
    ) -> Request<'r, 'static, N, C, R> {
        self.asked_by(online.request(Method::Get, url, buffer))
    }

    /// Adds `Accept`, and the last event's id where it can be said.
    pub(crate) fn asked_by<'r, N: Network, C: Clock, R: Buffer>(
        &self,
        request: Request<'r, 'static, N, C, R>,
    ) -> Request<'r, 'static, N, C, R> {
        let request = request.header("accept", "text/event-stream");
        let id = self.last_id();
        if id.is_empty() || !value_run(id).is_empty() {
            return request;
        }
        request.header("last-event-id", id)
    }

    /// The id of the last event that had one; empty before. It lasts over events without one and over responses.
    pub fn last_id(&self) -> &[u8] {
        self.parser.last_id(self.buffer.as_ref())
    }

    /// How long to wait before the server is asked again, in milliseconds, where it has said so.
    pub const fn retry_ms(&self) -> Option<u32> {
        self.parser.retry_ms
    }

    /// Waits for the next event. `None` at the response's end.
    ///
    /// # Errors
    ///
    /// See [`EventError`]. After [`TooLarge`](EventError::TooLarge) the stream goes on with the event behind.
    pub fn next<N: Network, C: Clock, R: Buffer>(
        &mut self,
        response: &mut Response<'_, '_, N, C, R>,
    ) -> Result<Option<Event<'_>>, EventError<ErrorOf<N>>> {
        self.begin(response.call())?;
        loop {
            let body = response.fill_buf().map_err(EventError::Response)?;
            if body.is_empty() {
                return Ok(None);
            }
            let (count, is_there) = self.take(body);
            response.consume(count);
            if is_there? {
                return Ok(Some(self.event()));
            }
        }
    }

    /// The same without waiting. Waits for the head first.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// struct Door { events: EventStream<[u8; 256]>, call: Call<'static, [u8; 1024]> }
    ///
    /// impl Door {
    ///     /// Once in each turn of the main loop.
    ///     fn turn<N: Network, C: Clock>(
    ///         &mut self, client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext,
    ///     ) -> nb::Result<(), EventError<ErrorOf<N>>> {
    ///         if let Some(event) = self.events.poll_next(&mut self.call, client, cx)? {
    ///             println!("{:?}", event.data_str());
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is none; otherwise as [`next`](Self::next).
    pub fn poll_next<N: Network, C: Clock, R: Buffer>(
        &mut self,
        call: &mut Call<'_, R>,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
    ) -> nb::Result<Option<Event<'_>>, EventError<ErrorOf<N>>> {
        let failed = |error: nb::Error<_>| error.map(EventError::Response);
        call.poll(client, cx).map_err(failed)?;
        self.begin(call).map_err(nb::Error::Other)?;
        loop {
            let body = call.poll_fill_buf(client, cx).map_err(failed)?;
            if body.is_empty() {
                return Ok(None);
            }
            let (count, is_there) = self.take(body);
            call.consume(client, count);
            if is_there.map_err(nb::Error::Other)? {
                return Ok(Some(self.event()));
            }
        }
    }

    /// Looks at a response's head, once.
    pub(crate) fn begin<R: Buffer, E>(&mut self, call: &Call<'_, R>) -> Result<(), EventError<E>> {
        if self.begun != Some(call.parts.ticket) {
            let head = call.known_head();
            if head.status() != 200 {
                return Err(EventError::Status(head.status()));
            }
            // A `ContentType` would take 700 bytes of flash.
            let kind = split_at_byte(head.header("content-type").unwrap_or_default(), b';').0;
            if !is(trim(kind), b"text/event-stream") {
                return Err(EventError::ContentType);
            }
            self.parser.start();
            self.begun = Some(call.parts.ticket);
        }
        Ok(())
    }

    /// Goes on with some of a body. Returns how much of it was taken, and whether an event is there.
    pub(crate) fn take<E>(&mut self, body: &[u8]) -> (usize, Result<bool, EventError<E>>) {
        let buffer = self.buffer.as_mut();
        let (count, found) = self.parser.parse(buffer, body);
        (count, found.map_err(|Oversize| EventError::TooLarge { available: buffer.len() }))
    }

    /// The event that is there.
    pub(crate) fn event(&self) -> Event<'_> {
        let buffer = self.buffer.as_ref();
        Event {
            kind: self.parser.kind(buffer),
            data: self.parser.data(buffer),
            id: self.parser.last_id(buffer),
        }
    }
}

/// A server-sent event, borrowed from its stream's buffer.
///
/// ```
/// # use safe_http_client::Event;
/// fn show(event: Event<'_>) {
///     match event.kind() {
///         b"message" => println!("{:?}", event.data_str()),
///         b"bye" => println!("the server goes"),
///         _ => {} // to be passed over, as a browser does
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Event<'e> {
    kind: &'e [u8],
    data: &'e [u8],
    id: &'e [u8],
}

impl<'e> Event<'e> {
    /// What kind of event it is, by its field `event`; `message` where it has none.
    pub const fn kind(&self) -> &'e [u8] {
        self.kind
    }

    /// Whether it is of this kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind.as_bytes()
    }

    /// The data: its lines, with an LF between two.
    pub const fn data(&self) -> &'e [u8] {
        self.data
    }

    /// The same, if it is UTF-8.
    pub const fn data_str(&self) -> Option<&'e str> {
        match core::str::from_utf8(self.data) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }

    /// The id, of this event or the last before it that had one; empty where none had.
    pub const fn id(&self) -> &'e [u8] {
        self.id
    }
}

/// Why there is no next event.
///
/// ```
/// use safe_http_client::EventError;
/// let error: EventError<&str> = EventError::TooLarge { available: 256 };
/// assert!(error.to_string().starts_with("an event is larger than its stream's buffer of 256 bytes"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventError<R> {
    /// Reading the response failed. Ask again.
    Response(R),
    /// The server gave no events, but this status. 204 says that there will be none, and not to ask again.
    Status(u16),
    /// The body isn't `text/event-stream`.
    ContentType,
    /// An event doesn't fit the stream's buffer beside the last one's id. It is passed over, and its id isn't
    /// taken: a server that is asked again begins with it.
    TooLarge {
        /// Bytes of the buffer.
        available: usize,
    },
}

impl<R: fmt::Display> fmt::Display for EventError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(error) => error.fmt(f),
            Self::Status(status) => write!(f, "the server answered {status} in place of events"),
            Self::ContentType => f.write_str(
                "the body isn't a stream of events: its Content-Type isn't text/event-stream",
            ),
            Self::TooLarge { available } => write!(
                f,
                "an event is larger than its stream's buffer of {available} bytes, and is passed over: give \
                 EventStream::new a larger one"
            ),
        }
    }
}

impl<R: fmt::Debug + fmt::Display> core::error::Error for EventError<R> {}

// Data and ids are left out: they may be anybody's, and what is shown so ends up in logs.

impl<B> fmt::Debug for EventStream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("retry_ms", &self.parser.retry_ms)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("data_length", &self.data.len()).finish_non_exhaustive()
    }
}
