//! Requests whose stack is measured: nothing but the client in them, and no text formatted.
//!
//! The figures are of the call with all that it calls. The client itself and the buffer are the
//! caller's, and apart.

use crate::scenarios::{Client, Failure, Job, Scenario};
use embedded_io::Read;
use safe_http_client::LoopContext;

/// By the name of the job; the harness has the same list.
pub const MEASURED: [(&str, Scenario); 3] =
    [("stack-get", get), ("stack-post", post), ("stack-chunked", chunked)];

fn get(client: &mut Client<'_>, cx: &mut LoopContext, job: &mut Job<'_>) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.get(job.url, &mut *job.buffer).send()?;
    Ok(response.read_to_end()?.len())
}

fn post(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.post(job.url, &mut *job.buffer).body(job.data).send()?;
    Ok(response.read_to_end()?.len())
}

/// A body longer than the buffer. The piece of 64 bytes is in the figure.
fn chunked(
    client: &mut Client<'_>,
    cx: &mut LoopContext,
    job: &mut Job<'_>,
) -> Result<usize, Failure> {
    let mut online = client.online(cx)?;
    let mut response = online.get(job.url, &mut *job.buffer).send()?;
    let mut piece = [0; 64];
    let mut total = 0;
    loop {
        match response.read(&mut piece)? {
            0 => return Ok(total),
            count => total += count,
        }
    }
}
