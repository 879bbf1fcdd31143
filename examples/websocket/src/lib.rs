//! A WebSocket (RFC 6455) over a connection that the client has handed over, for a superloop.
//!
//! The client does what is HTTP: it asks for the upgrade, and gives the connection as a value,
//! [`Upgraded`], once the server has answered 101. [`embedded_websocket`] makes bytes of messages. [`Socket`]
//! is the two together, a field of the program's struct: it owns its buffers, and waits for nothing.
#![no_std]

mod frame;
mod handshake;
mod pile;

use core::fmt;
use core::str;
pub use embedded_websocket::WebSocketCloseStatusCode as CloseStatus;
use embedded_websocket::{
    WebSocketClient, WebSocketReceiveMessageType as Received, WebSocketSendMessageType as Sent,
    WebSocketState,
};
use frame::{CONTROL, Frame, HEAD, Wrong, is_close};
use handshake::Key;
use pile::Pile;
pub use rand_core;
use rand_core::RngCore;
use safe_http_client::{
    Buffer, Call, Clock, ErrorOf, IntoUrl, LoopContext, Network, Online, SafeHttpClient,
    StatusCode, Upgraded, nb,
};

/// The longest message, in bytes, and the longest frame: a client's head has four bytes of a mask, too.
pub const MESSAGE: usize = 512;
const FRAME: usize = HEAD + 4 + MESSAGE;

/// A WebSocket on its way, open, or closed. `B` is the request's buffer, `R` gives numbers that nobody can
/// guess: each frame of a client is masked with some.
#[must_use = "it goes on only while it is polled"]
pub struct Socket<B, R: RngCore> {
    state: State<B>,
    key: Key,
    frames: WebSocketClient<R>,
    /// What has come and wasn't read yet.
    inbox: Pile<FRAME>,
    /// What is to be sent.
    outbox: Pile<FRAME>,
    /// A message, as its frames come, and how far it is.
    message: Pile<MESSAGE>,
    stage: Stage,
    /// What the server closed with.
    closed_with: Option<CloseStatus>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is none.
    Between,
    /// There are more frames to come.
    Within,
    /// It was shown.
    Shown,
}

#[allow(clippy::large_enum_variant, reason = "there is one of them, and nowhere to box it")]
enum State<B> {
    Opening(Call<'static, B>),
    Open(Upgraded<'static, B>),
    Over,
}

/// What [`Socket::poll`] has seen.
#[derive(Debug, PartialEq)]
pub enum Event<'s> {
    /// The server has accepted: messages can be sent.
    Open,
    /// A message, whole.
    Text(&'s str),
    /// The same of any bytes.
    Binary(&'s [u8]),
    /// The answer to a ping, or one that nobody asked for, as a sign of life. (The server's pings are answered by
    /// themselves.)
    Pong,
    /// Both sides have said that they close. The connection is closed.
    Closed(CloseStatus),
}

/// Why a socket is over.
#[derive(Debug, PartialEq)]
pub enum Failure<E> {
    /// The request failed, or the connection.
    Client(E),
    /// The server answered something else than 101, and so refused the upgrade.
    Refused(StatusCode),
    /// It answered 101, and that it isn't a WebSocket (RFC 6455 section 4.1): this header field is missing
    /// or wrong, or names what wasn't asked for.
    Handshake(&'static str),
    /// The connection ended without a word.
    Cut,
    /// A message is longer than [`MESSAGE`].
    TooLong,
    /// A text isn't UTF-8.
    NotText,
    /// A frame breaks a rule of RFC 6455, section 5.
    Frame(&'static str),
    /// The socket isn't open, or the server's frames make no message.
    Socket(embedded_websocket::Error),
}

impl<E> From<Wrong> for Failure<E> {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Frame(rule) => Self::Frame(rule),
            Wrong::TooLong => Self::TooLong,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::Refused(status) => write!(
                f,
                "the server refused the upgrade: it answered {status} in place of 101: check path, \
                 credentials, and that a WebSocket is served there"
            ),
            Self::Handshake(name) => write!(
                f,
                "the server answered 101, but its {name} isn't that of a WebSocket: something \
                 between, or another protocol"
            ),
            Self::Cut => f.write_str("the connection ended without a close frame"),
            Self::TooLong => write!(f, "a message is longer than {MESSAGE} bytes"),
            Self::NotText => f.write_str("a text isn't UTF-8"),
            Self::Frame(rule) => write!(f, "a frame of the server's is wrong: {rule}"),
            Self::Socket(error) => write!(f, "the WebSocket is closed, or in disorder: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Failure<E> {}

impl<B: Buffer, R: RngCore> Socket<B, R> {
    /// Asks for the upgrade. Nothing is sent yet. The URL has `http` where that of the WebSocket has `ws`.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone, as those of any request.
    pub fn open<'u, N: Network, C: Clock>(
        online: &mut Online<'_, N, C>,
        url: impl IntoUrl<'u>,
        buffer: B,
        mut random: R,
    ) -> Result<Self, ErrorOf<N>> {
        let key = Key::new(&mut random);
        let request = online
            .get(url, buffer)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", key.text());
        Ok(Self {
            state: State::Opening(request.start()?),
            key,
            frames: WebSocketClient::new_client(random),
            inbox: Pile::EMPTY,
            outbox: Pile::EMPTY,
            message: Pile::EMPTY,
            stage: Stage::Between,
            closed_with: None,
        })
    }

    /// Sends a text, with the turns to come.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while what was sent before isn't on its way; [`Failure::TooLong`]; and
    /// [`Failure::Socket`] where it isn't open.
    pub fn send_text<E>(&mut self, text: &str) -> nb::Result<(), Failure<E>> {
        if text.len() > MESSAGE {
            return Err(nb::Error::Other(Failure::TooLong));
        }
        self.put(Sent::Text, text.as_bytes())
    }

    /// Asks the server whether it is still there: [`Event::Pong`] is the answer.
    ///
    /// # Errors
    ///
    /// As [`send_text`](Self::send_text).
    pub fn ping<E>(&mut self) -> nb::Result<(), Failure<E>> {
        self.put(Sent::Ping, b"")
    }

    /// Says that it closes. [`Event::Closed`] comes once the server has, too; until then messages may come.
    ///
    /// # Errors
    ///
    /// As [`send_text`](Self::send_text).
    pub fn close<E>(&mut self) -> nb::Result<(), Failure<E>> {
        self.may_put()?;
        let frame = self.frames.close(CloseStatus::NormalClosure, None, self.outbox.room());
        self.outbox.add(frame.map_err(of_socket)?);
        Ok(())
    }

    fn put<E>(&mut self, kind: Sent, content: &[u8]) -> nb::Result<(), Failure<E>> {
        self.may_put()?;
        let frame = self.frames.write(kind, true, content, self.outbox.room());
        self.outbox.add(frame.map_err(of_socket)?);
        Ok(())
    }

    fn may_put<E>(&self) -> nb::Result<(), Failure<E>> {
        if self.outbox.bytes().is_empty() { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }

    /// Goes on as far as it goes without waiting, to the next event.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while nothing has come; anything else is the end of it, and closes the connection.
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
    ) -> nb::Result<Event<'_>, Failure<ErrorOf<N>>> {
        match self.step(client, cx) {
            Ok(seen) => Ok(self.event(seen)),
            Err(nb::Error::WouldBlock) => Err(nb::Error::WouldBlock),
            Err(error) => {
                self.end(client);
                Err(error)
            }
        }
    }

    fn step<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
    ) -> nb::Result<Seen, Failure<ErrorOf<N>>> {
        if let State::Opening(call) = &mut self.state {
            call.poll(client, cx).map_err(of_client)?;
            self.accept().map_err(nb::Error::Other)?;
            return Ok(Seen::Open);
        }
        if self.stage == Stage::Shown {
            self.message.clear();
            self.stage = Stage::Between;
        }
        loop {
            let State::Open(stream) = &mut self.state else {
                return Err(of_socket(embedded_websocket::Error::WebSocketNotOpen));
            };
            // What is to be sent goes first: there is one place for it.
            while !self.outbox.bytes().is_empty() {
                let count =
                    stream.poll_write(client, cx, self.outbox.bytes()).map_err(of_client)?;
                self.outbox.take(count);
            }
            if let (WebSocketState::Closed, Some(status)) = (self.frames.state, self.closed_with) {
                self.end(client);
                return Ok(Seen::Closed(status));
            }
            let frame = Frame::of(self.inbox.bytes(), self.message.room().len());
            if let Some(frame) = frame.map_err(|wrong| nb::Error::Other(wrong.into()))? {
                if let Some(seen) = self.read(&frame)? {
                    return Ok(seen);
                }
                continue;
            }
            let count = stream.poll_read(client, cx, self.inbox.room()).map_err(of_client)?;
            if count == 0 {
                return Err(nb::Error::Other(Failure::Cut));
            }
            self.inbox.add(count);
        }
    }

    /// Looks at the response: the connection is the WebSocket's from here on, or it is the end.
    fn accept<E>(&mut self) -> Result<(), Failure<E>> {
        let State::Opening(call) = core::mem::replace(&mut self.state, State::Over) else {
            return Ok(());
        };
        match call.into_upgraded() {
            Ok(stream) => {
                if let Some(head) = stream.call().head() {
                    self.key.check(&head).map_err(Failure::Handshake)?;
                }
                self.frames.state = WebSocketState::Open;
                self.state = State::Open(stream);
                Ok(())
            }
            Err(call) => Err(Failure::Refused(StatusCode(call.status().unwrap_or_default()))),
        }
    }

    /// Reads a frame that is there.
    fn read<E>(&mut self, frame: &Frame) -> nb::Result<Option<Seen>, Failure<E>> {
        let mut content = [0; CONTROL];
        let room = if frame.is_control { &mut content[..] } else { self.message.room() };
        let starts = matches!(self.inbox.bytes().first(), Some(first) if first & 0x0F != 0);
        if !frame.is_control && starts != (self.stage == Stage::Between) {
            return Err(nb::Error::Other(Failure::Frame(
                "a message begins and goes on in its order",
            )));
        }
        let result = self.frames.read(self.inbox.bytes(), room).map_err(of_socket)?;
        self.inbox.take(result.len_from);
        match result.message_type {
            Received::Text | Received::Binary => {
                self.message.add(result.len_to);
                if !result.end_of_message {
                    self.stage = Stage::Within;
                    return Ok(None);
                }
                self.stage = Stage::Shown;
                let is_text = result.message_type == Received::Text;
                if is_text && str::from_utf8(self.message.bytes()).is_err() {
                    return Err(nb::Error::Other(Failure::NotText));
                }
                Ok(Some(if is_text { Seen::Text } else { Seen::Binary }))
            }
            Received::Ping => {
                // Behind a close of one's own the crate writes nothing, and browsers don't answer either.
                if self.frames.state == WebSocketState::Open {
                    self.put(Sent::Pong, &content[..result.len_to])?;
                }
                Ok(None)
            }
            Received::Pong => Ok(Some(Seen::Pong)),
            Received::CloseMustReply | Received::CloseCompleted => {
                if !is_close(&content[..frame.content]) {
                    return Err(nb::Error::Other(Failure::Frame(
                        "a close has no status or one that may be sent, and a text",
                    )));
                }
                // One without a status is "empty", whatever the crate takes it for.
                let status = result.close_status.filter(|_| frame.content > 0);
                self.closed_with = Some(status.unwrap_or(CloseStatus::Empty));
                if result.message_type == Received::CloseMustReply {
                    self.put(Sent::CloseReply, &content[..result.len_to.min(2)])?;
                }
                Ok(None)
            }
        }
    }

    fn event(&self, seen: Seen) -> Event<'_> {
        match seen {
            Seen::Open => Event::Open,
            Seen::Text => Event::Text(str::from_utf8(self.message.bytes()).unwrap_or_default()),
            Seen::Binary => Event::Binary(self.message.bytes()),
            Seen::Pong => Event::Pong,
            Seen::Closed(status) => Event::Closed(status),
        }
    }

    fn end<N: Network, C: Clock>(&mut self, client: &mut SafeHttpClient<N, C>) {
        self.state = State::Over;
        client.close();
    }
}

/// An [`Event`], before it is shown.
enum Seen {
    Open,
    Text,
    Binary,
    Pong,
    Closed(CloseStatus),
}

fn of_client<E>(error: nb::Error<E>) -> nb::Error<Failure<E>> {
    error.map(Failure::Client)
}

fn of_socket<E>(error: embedded_websocket::Error) -> nb::Error<Failure<E>> {
    nb::Error::Other(Failure::Socket(error))
}

impl<B, R: RngCore> fmt::Debug for Socket<B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("state", &self.frames.state).finish_non_exhaustive()
    }
}
