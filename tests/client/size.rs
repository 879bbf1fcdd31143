//! What the client costs where it stands: bytes that move with it, and crates that come with it.

use crate::common::TestClock;
use crate::common::script::ScriptStack;
use embedded_nal::TcpClientStack;
use safe_http_client::{
    Call, Error, Evidence, LinkEvents, LoopContext, NalNetwork, Online, SafeHttpClient, Scheme,
    Upgraded, Upload,
};
use std::collections::BTreeSet;
use std::env;
use std::io::Write;
use std::mem::size_of;
use std::net::SocketAddr;
use std::process::Command;

type Network = NalNetwork<ScriptStack, &'static LinkEvents>;
type Client = SafeHttpClient<&'static mut Network, &'static TestClock>;

/// As the client keeps it: whom the open connection leads to.
#[allow(dead_code)]
struct ReuseKey {
    scheme: Scheme,
    port: u16,
    host: heapless::String<64>,
    connect_to: Option<SocketAddr>,
}

/// The socket is the stack's to make small, the key has to hold a host, and the figures of the last error
/// are what makes errors small.
#[test]
fn a_client_is_under_128_bytes_on_32_bits_socket_key_and_evidence_apart() {
    let whole = size_of::<Client>();
    let socket = size_of::<Option<<Network as TcpClientStack>::TcpSocket>>();
    let key = size_of::<Option<ReuseKey>>();
    let evidence = size_of::<Evidence>();
    let rest = whole - socket - key - evidence;
    // Two pointers (network, clock) are what grows with the word, and the padding behind the numbers.
    let pointers = 2 + 1;
    let bound = 128 + pointers * (size_of::<usize>() - 4);
    say(&format!(
        "a client on {} bits: {whole} bytes = {socket} socket + {key} reuse key + {evidence} evidence \
         + {rest} (under {bound})",
        usize::BITS
    ));
    assert!(rest < bound, "{rest} bytes against {bound}");
}

/// It is returned by every call, on chips whose stack's errors are a byte.
#[test]
fn an_error_is_at_most_48_bytes() {
    let error = size_of::<Error<u8, u8>>();
    say(&format!("an error on {} bits: {error} bytes", usize::BITS));
    assert!(error <= 48, "{error} bytes");
}

/// A call is kept in a struct and moved about, its buffer with it.
#[test]
fn a_call_is_under_400_bytes_beside_its_buffer() {
    let call = size_of::<Call<'static, [u8; 0]>>();
    let upload = size_of::<Upload<[u8; 0]>>();
    say(&format!("on {} bits: a call is {call} bytes, an upload {upload}", usize::BITS));
    assert!(call < 400, "{call} bytes");
    assert_eq!(size_of::<Call<'static, [u8; 512]>>(), call + 512);
    assert_eq!(size_of::<Upgraded<'static, [u8; 0]>>(), call, "another name for it");
}

#[test]
fn the_state_and_the_token_cost_nothing() {
    assert_eq!(size_of::<Online<'_, Network, TestClock>>(), size_of::<usize>(), "a borrow");
    assert_eq!(size_of::<LoopContext>(), 0);
    assert!(size_of::<LinkEvents>() <= 6 * 4, "words, which no handler can tear");
}

/// Borrowed, a stack of any size costs a pointer.
#[test]
fn a_large_stack_makes_no_large_client() {
    assert!(size_of::<Network>() > 2 * size_of::<usize>(), "a premise");
    let borrowed = size_of::<Client>();
    let owned = size_of::<SafeHttpClient<Network, &'static TestClock>>();
    assert_eq!(owned - borrowed, size_of::<Network>() - size_of::<usize>());
}

const CRATE: &str = "safe-http-client";

#[test]
fn the_default_dependency_tree_is_under_ten_crates() {
    for target in [None, Some("all")] {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .args(["tree", "--package", CRATE, "--edges", "normal", "--prefix", "none"])
            .args(["--locked", "--offline"])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        command.args(target.map(|target| format!("--target={target}")));
        let tree = match command.output() {
            Ok(output) if output.status.success() => output.stdout,
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr).into_owned();
                return say(&format!("skipped: the dependency tree can't be listed: {why}"));
            }
            Err(error) => return say(&format!("skipped: cargo can't be run: {error}")),
        };
        let tree = String::from_utf8(tree).unwrap();
        let names = tree.lines().filter_map(|line| line.split_once(' ')).map(|(name, _)| name);
        let crates: BTreeSet<_> = names.filter(|name| *name != CRATE).collect();
        say(&format!(
            "{} crates below this one ({}): {crates:?}",
            crates.len(),
            target.map_or("this host", |_| "all targets")
        ));
        assert!(crates.contains("embedded-nal"), "the tree was read: {tree}");
        assert!(crates.len() < 10, "{crates:?}");
    }
}

/// Past libtest, which would keep it to itself.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}
