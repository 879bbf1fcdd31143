//! The same uses of the client by the calls that wait.

use crate::faulty::Faulty;
use crate::peer::body_of;
use crate::running::{Client, ping};
use crate::scenario::{LONG, PIECE, Reads, SHORT, UPLOADED, Use};
use embedded_io::{BufRead, Read, Write};
use safe_http_client::{
    BodyLength, Buffer, Clock, ErrorOf, LoopContext, Network, Response, Stream,
};

/// How a response or a stream is left, once it was read from so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    Never,
    /// Dropped.
    Dropped(usize),
    /// Its destructor never runs.
    Forgotten(usize),
}

impl Leaves {
    /// Whether it is left now; if so, it is gone.
    fn leaves<T>(&mut self, what: &mut Option<T>) -> bool {
        match self {
            Self::Dropped(0) => drop(what.take()),
            Self::Forgotten(0) => std::mem::forget(what.take()),
            Self::Dropped(left) | Self::Forgotten(left) => *left -= 1,
            Self::Never => {}
        }
        what.is_none()
    }
}

type Failure<N> = ErrorOf<Faulty<N>>;
type Waited<'r, 'b, N, C> = Response<'r, 'static, Faulty<N>, crate::faulty::Watch<C>, &'b mut [u8]>;

/// One use of the client. False where it was left before its end.
pub fn wait<N: Network, C: Clock>(
    client: &mut Client<N, C>,
    cx: &mut LoopContext,
    base: &str,
    tag: &str,
    what: Use,
    leaves: Leaves,
) -> Result<bool, Failure<N>> {
    let mut buffer = [0; 256];
    let buffer = &mut buffer[..];
    let url = |path: &str| format!("{base}/{path}?{tag}");
    if what == Use::Diagnose {
        let report = client.diagnose(cx, url("").as_str());
        assert_eq!(report.status(), Some(204), "{report}");
        return Ok(true);
    }
    let mut online = client.online(cx)?;
    let sent = match what {
        Use::GetWaiting => online.get(url("len").as_str(), buffer).send(),
        Use::Get(path, _) => online.get(url(path).as_str(), buffer).send(),
        Use::Post { long: true } => {
            online.post(url("post").as_str(), buffer).body(LONG.as_str()).send()
        }
        Use::Post { long: false } => online.post(url("post").as_str(), buffer).body(SHORT).send(),
        Use::Put { long: true } => {
            online.put(url("put").as_str(), buffer).body(LONG.as_str()).send()
        }
        Use::Put { long: false } => online.put(url("put").as_str(), buffer).copy_body(SHORT).send(),
        Use::PutExpecting => {
            let request = online.put(url("put").as_str(), buffer).expect_continue();
            request.body(LONG.as_str()).send()
        }
        Use::Upload => {
            let bytes = PIECE[..1].repeat(UPLOADED);
            let request = online.post(url("upload").as_str(), buffer);
            request.send_from(&mut bytes.as_slice(), BodyLength::Chunked)
        }
        Use::Upgrade => {
            let request = online.get(url("upgrade").as_str(), buffer);
            request.header("connection", "upgrade").header("upgrade", "echo").send()
        }
        Use::Diagnose => unreachable!("it is above"),
    };
    match sent?.into_stream() {
        Ok(stream) => talk(stream, &ping(tag), leaves),
        Err(response) => {
            let reads = match what {
                Use::Get(_, reads) => reads,
                Use::GetWaiting => Reads::ToEnd,
                _ => Reads::Pieces,
            };
            read(response, reads, &body_of(tag), leaves)
        }
    }
}

fn read<N: Network, C: Clock>(
    response: Waited<'_, '_, N, C>,
    reads: Reads,
    body: &str,
    mut leaves: Leaves,
) -> Result<bool, Failure<N>> {
    assert_eq!(response.status(), 200);
    let mut response = Some(response);
    let mut got = Vec::new();
    let mut piece = [0; 512];
    while !leaves.leaves(&mut response)
        && let Some(response) = &mut response
    {
        let count = match reads {
            Reads::Pieces => response.read(&mut piece[..16])?,
            Reads::Direct => response.read(&mut piece)?,
            Reads::Borrowed => {
                let data = response.fill_buf()?;
                let count = data.len().min(11);
                piece[..count].copy_from_slice(&data[..count]);
                response.consume(count);
                count
            }
            Reads::ToEnd => {
                got.extend_from_slice(response.read_to_str()?.as_bytes());
                0
            }
        };
        got.extend_from_slice(&piece[..count]);
        assert!(body.as_bytes().starts_with(&got), "{}", got.escape_ascii());
        if count == 0 {
            assert_eq!(got.len(), body.len(), "a body that is reported as complete");
            return Ok(true);
        }
    }
    Ok(false)
}

fn talk<N: Network, C: Clock, B: Buffer>(
    stream: Stream<'_, '_, Faulty<N>, crate::faulty::Watch<C>, B>,
    ping: &[u8],
    mut leaves: Leaves,
) -> Result<bool, Failure<N>> {
    let mut stream = Some(stream);
    let (mut said, mut got) = (0, Vec::new());
    while !leaves.leaves(&mut stream)
        && let Some(stream) = &mut stream
    {
        if said < ping.len() {
            said += stream.write(&ping[said..])?;
            continue;
        }
        let mut piece = [0; 5];
        let count = stream.read(&mut piece)?;
        got.extend_from_slice(&piece[..count]);
        assert!(count > 0 && ping.starts_with(&got), "{}", got.escape_ascii());
        if got == ping {
            return Ok(true);
        }
    }
    Ok(false)
}
