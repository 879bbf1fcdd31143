//! What a GET takes on the chip.

use crate::rig::Chip;
use conformance::scenario::{Act, Peer, say};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Below which the stack has to stay: a sketch has 4,096 bytes in all.
const STACK: u64 = 2600;

#[test]
fn the_stack_of_a_get() {
    let Some(mut chip) = Chip::boot() else { return };
    let url = chip.peer.play(vec![vec![Act::Request, say(HELLO)]]);
    let report = chip.run(&format!("stack {url}/"), b"");
    assert_eq!(report.end, "Complete", "{report:?}");
    let stack = report.figure("stack");
    eprintln!("lwIP on the LX106: stack of a GET: {stack} bytes, lwIP's sending within");
    assert!((500..STACK).contains(&stack), "{stack}");
}

/// Time is a function of instructions here: 128 ns each, of which the cycle counter counts 25 at once.
const COUNTED: [&str; 2] = ["-icount", "shift=7,sleep=off"];
const COUNTS_AN_INSTRUCTION: f64 = 128.0 / 25.0;

/// Client and lwIP together, from the URL's text to the whole body; the console isn't counted.
#[test]
fn the_instructions_of_a_get() {
    const COUNT: usize = 10;
    let mut per_get = Vec::new();
    for how in ["new", "kept"] {
        let Some(mut chip) = Chip::boot_with(&COUNTED) else { return };
        let script = vec![[Act::Request, say(HELLO)]; COUNT + 1].concat();
        let url = chip.peer.play(vec![script; COUNT + 1]);
        // The first resolves the server's hardware address.
        chip.run(&format!("count 1 {how} {url}/"), b"");
        let report = chip.run(&format!("count {COUNT} {how} {url}/"), b"");
        let counts = report.figure("cycles") as f64;
        per_get.push(counts / COUNTS_AN_INSTRUCTION / COUNT as f64);
    }
    let [new, kept] = per_get[..] else { unreachable!() };
    eprintln!(
        "lwIP on the LX106: a GET of 5 bytes, with lwIP: {new:.0} instructions, {kept:.0} on a kept connection"
    );
    assert!(kept < new && new < 100_000.0, "{new} {kept}");
}
