//! What the client costs where it stands: bytes that move with it, and crates that come with it.

mod common;

use common::TestClock;
use common::script::ScriptStack;
use embedded_nal::TcpClientStack;
use safe_http_client::{
    Attached, LinkEvents, LoopContext, Offline, Online, SafeHttpClient, Scheme,
};
use std::collections::BTreeSet;
use std::env;
use std::io::Write;
use std::mem::size_of;
use std::net::SocketAddr;
use std::process::Command;

type Network = Attached<ScriptStack, &'static LinkEvents>;
type Client<S> = SafeHttpClient<&'static mut Network, &'static TestClock, S>;

/// As the client keeps it: whom the open connection leads to.
#[allow(dead_code)]
struct ReuseKey {
    scheme: Scheme,
    port: u16,
    host: heapless::String<64>,
    connect_to: Option<SocketAddr>,
}

/// A transition moves the client by value, so it has to be small. The socket is the stack's to
/// make small, and the key has to hold a host.
#[test]
fn a_client_is_under_128_bytes_on_32_bits_socket_and_key_apart() {
    let whole = size_of::<Client<Online>>();
    let socket = size_of::<Option<<Network as TcpClientStack>::TcpSocket>>();
    let key = size_of::<Option<ReuseKey>>();
    let rest = whole - socket - key;
    // Three pointers (network, clock, idle hook) are what grows with the word, and the padding
    // behind the numbers.
    let pointers = 3 + 1;
    let bound = 128 + pointers * (size_of::<usize>() - 4);
    say(&format!(
        "a client on {} bits: {whole} bytes = {socket} socket + {key} reuse key + {rest} (under \
         {bound})",
        usize::BITS
    ));
    assert!(rest < bound, "{rest} bytes against {bound}");
}

#[test]
fn the_state_and_the_token_cost_nothing() {
    assert_eq!(size_of::<Client<Online>>(), size_of::<Client<Offline>>());
    assert_eq!(size_of::<LoopContext>(), 0);
    assert_eq!(size_of::<LinkEvents>(), 4, "one word, which no handler can tear");
}

/// Borrowed, a stack of any size costs a pointer.
#[test]
fn a_large_stack_makes_no_large_client() {
    assert!(size_of::<Network>() > 2 * size_of::<usize>(), "a premise");
    let borrowed = size_of::<Client<Online>>();
    let owned = size_of::<SafeHttpClient<Network, &'static TestClock, Online>>();
    assert_eq!(owned - borrowed, size_of::<Network>() - size_of::<usize>());
}

#[test]
fn the_default_dependency_tree_is_under_ten_crates() {
    for target in [None, Some("all")] {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .args(["tree", "--edges", "normal", "--prefix", "none", "--locked", "--offline"])
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
        let crates: BTreeSet<_> = names.filter(|name| *name != env!("CARGO_PKG_NAME")).collect();
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
