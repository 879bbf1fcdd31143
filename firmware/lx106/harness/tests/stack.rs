//! How deep the stack gets in a request on the chip, measured by painting it before the call.
//!
//! The figure is of the call alone; with the driver over the console it is printed beside it, as are
//! the client and the buffer, which are the caller's.

use lx106_harness::{Chip, Server, response};

/// What is measured: the job's name in the firmware's `scenarios.rs`, the body that the chip sends,
/// what the server answers, how many bytes of body that is, and how many bytes of stack the call must
/// not grow past unnoticed.
struct Measured {
    job: &'static str,
    sends: &'static [u8],
    answer: Vec<u8>,
    body: usize,
    limit: usize,
}

fn measured() -> [Measured; 3] {
    let chunk = format!("7d0\r\n{}\r\n0\r\n\r\n", "x".repeat(2000));
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
    [
        Measured {
            job: "stack-get",
            sends: b"",
            answer: response("200 OK", "hello"),
            body: 5,
            limit: 2304,
        },
        Measured {
            job: "stack-post",
            sends: b"open",
            answer: response("200 OK", "opened"),
            body: 6,
            limit: 2304,
        },
        Measured {
            job: "stack-chunked",
            sends: b"",
            answer: chunked.into_bytes(),
            body: 2000,
            limit: 2304,
        },
    ]
}

#[test]
fn the_stack_of_a_request() {
    for Measured { job, sends, answer, body, limit } in measured() {
        let server = Server::start(vec![("/path", answer)]);
        let told = Chip::boot().scenario(job, &server.url("/path"), sends);
        assert_eq!(server.received()[0].body, sends, "{job}");
        let [figures, _, length] = &told.results[..] else { panic!("{told:?}") };
        assert_eq!(*length, format!("body of {body} bytes"));
        let figure =
            figures.strip_prefix(&format!("{job}: ")).and_then(|rest| rest.split(' ').next());
        let stack: usize = figure.and_then(|digits| digits.parse().ok()).expect("a figure");
        assert!((200..limit).contains(&stack), "{job}: {stack} bytes of stack");
    }
}
