//! What is asked for.

use super::{BODY, HOST, MOST};
use safe_http_client::sans_io::{Action, Exchange, Goal, ResponseTo};
use safe_http_client::{BodyLength, Config, Method, Url, sans_io};

/// A request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Get,
    Head,
    Connect,
    /// The body is lent.
    Put,
    PutExpecting,
    Post,
    /// It is given in pieces.
    PutPieces,
    PostChunks,
    PutChunksExpecting,
}

impl Kind {
    pub(super) const ALL: [Self; 9] = [
        Self::Get,
        Self::Head,
        Self::Connect,
        Self::Put,
        Self::PutExpecting,
        Self::Post,
        Self::PutPieces,
        Self::PostChunks,
        Self::PutChunksExpecting,
    ];

    pub(super) fn method(self) -> Method<'static> {
        match self {
            Self::Get => Method::Get,
            Self::Head => Method::Head,
            Self::Connect => Method::Connect,
            Self::Post | Self::PostChunks => Method::Post,
            _ => Method::Put,
        }
    }

    pub(super) fn response_to(self) -> ResponseTo {
        match self {
            Self::Head => ResponseTo::Head,
            Self::Connect => ResponseTo::Connect,
            _ => ResponseTo::Other,
        }
    }

    pub(super) fn length(self) -> Option<BodyLength> {
        match self {
            Self::Get | Self::Head | Self::Connect => None,
            Self::PostChunks | Self::PutChunksExpecting => Some(BodyLength::Chunked),
            _ => Some(BodyLength::Known(BODY.len() as u64)),
        }
    }

    pub(super) fn is_upload(self) -> bool {
        matches!(self, Self::PutPieces | Self::PostChunks | Self::PutChunksExpecting)
    }

    pub(super) fn expects(self) -> bool {
        matches!(self, Self::PutExpecting | Self::PutChunksExpecting)
    }

    pub(super) fn exchange(
        self,
        url: &str,
        config: &Config,
        buffer: &mut [u8],
    ) -> Option<Exchange> {
        let (url, method) = (Url::parse(url).unwrap(), self.method());
        sans_io::exchange(method, url, config, self.expects(), self.length(), buffer, 0)
    }
}

/// The head that such a request has.
pub(super) fn request(kind: Kind, url: &str, config: &Config) -> Vec<u8> {
    let mut buffer = vec![0; MOST];
    let mut exchange = kind.exchange(url, config, &mut buffer).unwrap();
    exchange.begun(Some(&(HOST, 80).into()), 0);
    match exchange.next(&mut buffer, &[], Goal::Head, 0) {
        Ok(Action::Send(head)) => head.to_vec(),
        other => panic!("{other:?}"),
    }
}
