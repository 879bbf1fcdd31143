//! What the client makes of a server's responses: RFC 9110 and RFC 9112, one table for each rule.
//!
//! [`row::check`] runs each row whole and split after every byte, over a stack whose streams end with
//! `Ok(0)` and one where they end with `PipeClosed`, through each way of reading a body. Behind each
//! row a second request must get its own answer, on the same connection where that may be reused.

mod buffers;
mod chunks;
mod ends;
mod framing;
mod head;
mod lenient;
mod reader;
mod reading;
mod row;
mod upgraded;

use crate::common::cx;
use crate::support::TestError;
use embedded_io::Read;
use row::{Row, check};

fn check_all(rows: impl IntoIterator<Item = Row>) {
    let mut cx = cx();
    for row in rows {
        check(&mut cx, &row);
    }
}

/// A response with this line in its head, and the body `hello` framed by it.
fn with_line(line: impl AsRef<[u8]>) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", line.as_ref(), b"\r\n\r\nhello"].concat()
}

/// A chunked response with these chunks.
fn chunked(chunks: impl AsRef<[u8]>) -> Vec<u8> {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    [head, chunks.as_ref()].concat()
}

/// Reads until five bytes are there.
fn read_to(reader: &mut impl Read<Error = TestError>, out: &mut [u8]) -> Result<usize, TestError> {
    let mut count = 0;
    while count < 5 {
        count += reader.read(&mut out[count..5])?;
    }
    Ok(count)
}
