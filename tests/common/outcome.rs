//! What a response came to, whoever read it: the sans-I/O core alone, or the client over a stack.
#![allow(dead_code)]

use embedded_io::Read;
use safe_http_client::sans_io::{Asked, ChunkedDecoder, Framing, FramingFields, HeadParser, Piece};
use safe_http_client::{
    BufferUse, Clock, ErrorKind, ErrorOf, Headers, LoopContext, Method, Network, Online,
    ProtocolError, ResponseHead, SafeHttpClient,
};

/// Names as they came, and values as bytes.
pub type Fields = Vec<(String, Vec<u8>)>;

/// What was reported of a response's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub reason: Vec<u8>,
    pub headers: Fields,
}

impl Head {
    pub fn of(head: &ResponseHead<'_>) -> Self {
        Self {
            status: head.status(),
            reason: head.reason().to_vec(),
            headers: fields(head.headers()),
        }
    }
}

/// How the reading of a response ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Head and body are complete.
    Complete,
    /// The peer broke HTTP.
    Malformed(ProtocolError),
    /// The stream ended too early.
    Truncated,
    /// More is needed, and the stream is still open.
    Waits,
    /// A buffer was too small.
    Buffer(BufferUse),
    /// Any other error, as text.
    Other(String),
}

/// What a response came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `None` if no final response was reported.
    pub head: Option<Head>,
    /// All of the body that was delivered before the end.
    pub body: Vec<u8>,
    pub trailers: Fields,
    pub end: End,
}

impl Outcome {
    fn nothing_yet() -> Self {
        Self { head: None, body: Vec::new(), trailers: Fields::new(), end: End::Waits }
    }

    /// The outcome of an exchange that failed before its head was reported.
    fn failed<N: Network>(error: &ErrorOf<N>) -> Self {
        Self { end: end_of::<N>(error), ..Self::nothing_yet() }
    }
}

/// Copies fields out of the buffer that they are borrowed from.
pub fn fields(fields: Headers<'_>) -> Fields {
    fields.map(|field| (field.name().to_string(), field.value().to_vec())).collect()
}

/// An error as the end of a response.
pub fn end_of<N: Network>(error: &ErrorOf<N>) -> End {
    match &error.kind {
        ErrorKind::Protocol(error) => End::Malformed(*error),
        ErrorKind::Truncated { .. } | ErrorKind::ClosedBeforeResponse => End::Truncated,
        ErrorKind::Timeout { .. } => End::Waits,
        ErrorKind::Buffer { what, .. } => End::Buffer(*what),
        _ => End::Other(error.to_string()),
    }
}

/// One exchange with the client; the body is read through a slice of `piece` bytes.
pub fn fetch<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C, Online>,
    cx: &mut LoopContext,
    method: Method<'_>,
    url: &str,
    buffer: &mut [u8],
    piece: usize,
) -> Outcome {
    let mut response = match client.request(cx, method, url, buffer).send() {
        Ok(response) => response,
        Err(error) => return Outcome::failed::<N>(&error),
    };
    let mut outcome = Outcome::nothing_yet();
    outcome.head = Some(Head::of(&response.head()));
    let mut out = vec![0; piece];
    outcome.end = loop {
        match response.read(&mut out) {
            Ok(0) => break End::Complete,
            Ok(count) => outcome.body.extend_from_slice(&out[..count]),
            Err(error) => break end_of::<N>(&error),
        }
    };
    outcome.trailers = fields(response.trailers());
    outcome
}

/// A reader of one response made of nothing but the sans-I/O core: bytes in, outcome out.
pub struct CoreReader {
    asked: Asked,
    stage: Stage,
    parser: HeadParser,
    /// What arrived in this stage and wasn't taken.
    pending: Vec<u8>,
    /// Bytes taken in all: where the message ends, once it is complete.
    pub taken: usize,
    outcome: Outcome,
}

enum Stage {
    Head,
    Length(u64),
    Chunked(ChunkedDecoder),
    Trailers,
    UntilClose,
    Over,
}

impl CoreReader {
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            stage: Stage::Head,
            parser: HeadParser::new(),
            pending: Vec::new(),
            taken: 0,
            outcome: Outcome::nothing_yet(),
        }
    }

    /// Reads a response that arrives in these segments, and whose stream then ends or stays open.
    pub fn run<'b>(
        asked: Asked,
        segments: impl IntoIterator<Item = &'b [u8]>,
        stream_ends: bool,
    ) -> Outcome {
        let mut reader = Self::new(asked);
        for segment in segments {
            reader.receive(segment);
        }
        if stream_ends {
            reader.stream_ends();
        }
        reader.outcome
    }

    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    pub fn outcome(self) -> Outcome {
        self.outcome
    }

    /// Bytes arrive.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        while !self.is_over() {
            match self.step() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => self.over(End::Malformed(error)),
            }
        }
    }

    /// The stream ends.
    pub fn stream_ends(&mut self) {
        match self.stage {
            Stage::Over => {}
            Stage::UntilClose => self.over(End::Complete),
            _ => self.over(End::Truncated),
        }
    }

    fn over(&mut self, end: End) {
        self.stage = Stage::Over;
        self.outcome.end = end;
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        self.taken += count;
        self.pending.drain(..count).collect()
    }

    fn take_data(&mut self, most: u64) -> u64 {
        let count = most.min(self.pending.len() as u64);
        let data = self.take(count as usize);
        self.outcome.body.extend(data);
        count
    }

    /// True if something happened; false if more bytes are needed.
    fn step(&mut self) -> Result<bool, ProtocolError> {
        match &mut self.stage {
            Stage::Head => {
                let Some(length) = self.parser.parse(&self.pending)? else {
                    return Ok(false);
                };
                let bytes = self.take(length);
                let status = self.parser.status();
                if matches!(status, 100..=199) && status != 101 {
                    self.parser = HeadParser::new();
                    return Ok(true);
                }
                let http10 = self.parser.is_http10();
                let fields: &FramingFields = &self.parser.fields;
                let framing = fields.decide(self.asked, status, http10, false)?;
                self.outcome.head = Some(Head::of(&ResponseHead::new(&self.parser, &bytes)));
                match framing {
                    Framing::None | Framing::Tunnel => self.over(End::Complete),
                    Framing::Length(length) => self.stage = Stage::Length(length),
                    Framing::Chunked => self.stage = Stage::Chunked(ChunkedDecoder::new()),
                    Framing::Close => self.stage = Stage::UntilClose,
                }
                Ok(true)
            }
            Stage::Length(0) => {
                self.over(End::Complete);
                Ok(true)
            }
            &mut Stage::Length(remaining) => {
                let taken = self.take_data(remaining);
                self.stage = Stage::Length(remaining - taken);
                Ok(taken > 0)
            }
            Stage::Chunked(decoder) => {
                let (taken, piece) = decoder.next(&self.pending)?;
                let mut decoder = *decoder;
                self.take(taken);
                match piece {
                    Piece::Incomplete => {
                        self.stage = Stage::Chunked(decoder);
                        Ok(false)
                    }
                    Piece::Trailers => {
                        self.parser.start_trailers();
                        self.stage = Stage::Trailers;
                        Ok(true)
                    }
                    Piece::Data => {
                        let count = self.take_data(decoder.data_remaining());
                        decoder.take_data(count);
                        self.stage = Stage::Chunked(decoder);
                        Ok(count > 0)
                    }
                }
            }
            Stage::Trailers => {
                let Some(length) = self.parser.parse(&self.pending)? else {
                    return Ok(false);
                };
                let bytes = self.take(length);
                self.outcome.trailers = fields(Headers::new(&bytes));
                self.over(End::Complete);
                Ok(true)
            }
            Stage::UntilClose => {
                self.take_data(u64::MAX);
                Ok(false)
            }
            Stage::Over => Ok(false),
        }
    }
}
