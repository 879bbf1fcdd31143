//! What a GET takes on the chip.

use crate::rig::Chip;
use conformance::scenario::{Act, Peer, say};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Below which the stack has to stay: a sketch has 4,096 bytes in all.
const STACK: u64 = 2600;

#[test]
fn stack_and_cycles_of_a_get() {
    let Some(mut chip) = Chip::boot() else { return };
    let url = chip.peer.play(vec![vec![Act::Request, say(HELLO)]]);
    let report = chip.run(&format!("stack {url}/"), b"");
    assert_eq!(report.end, "Complete", "{report:?}");
    let stack = report.figure("stack");
    eprintln!("lwIP on the LX106: stack of a GET: {stack} bytes, lwIP's sending within");
    assert!((500..STACK).contains(&stack), "{stack}");
}
