//! Compiles lwIP, the C side of `safe-http-client-lwip` and the harness, where lwIP's source is there.

use std::path::{Path, PathBuf};

/// What a client needs of lwIP, below `src`.
const SOURCES: [&str; 11] = [
    "core/def.c",
    "core/dns.c",
    "core/init.c",
    "core/mem.c",
    "core/memp.c",
    "core/netif.c",
    "core/pbuf.c",
    "core/tcp.c",
    "core/tcp_in.c",
    "core/tcp_out.c",
    "core/udp.c",
];
const OF_2: [&str; 8] = [
    "core/inet_chksum.c",
    "core/ip.c",
    "core/timeouts.c",
    "core/ipv4/etharp.c",
    "core/ipv4/icmp.c",
    "core/ipv4/ip4.c",
    "core/ipv4/ip4_addr.c",
    "netif/ethernet.c",
];
const OF_1_4: [&str; 6] = [
    "core/timers.c",
    "core/ipv4/icmp.c",
    "core/ipv4/inet_chksum.c",
    "core/ipv4/ip.c",
    "core/ipv4/ip_addr.c",
    "netif/etharp.c",
];

fn main() {
    println!("cargo:rerun-if-env-changed=LWIP_SOURCE");
    println!("cargo:rustc-check-cfg=cfg(lwip)");
    let Some(lwip) = lwip() else {
        println!("cargo:rerun-if-changed=/nowhere: looks again each time");
        return;
    };
    let shim = Path::new("../../crates/lwip/csrc");
    for folder in [shim, Path::new("csrc")] {
        println!("cargo:rerun-if-changed={}", folder.display());
    }
    let mut build = cc::Build::new();
    let is_1_4 = lwip.join("core/timers.c").exists();
    if is_1_4 {
        // Its headers have other names there.
        build.include("csrc/lwip_1_4").include(lwip.join("include/ipv4"));
    }
    build.include("csrc").include(lwip.join("include")).include(shim).flag("-fno-strict-aliasing");
    // gcc's sanitizers, which see Rust's allocations, too.
    println!("cargo:rerun-if-env-changed=LWIP_SANITIZED");
    let sanitized = std::env::var_os("LWIP_SANITIZED").is_some();
    if sanitized {
        sanitize(&mut build);
        println!("cargo:rustc-link-arg=-lasan");
        println!("cargo:rustc-link-arg=-lubsan");
    }
    let mut ours = build.clone();
    let of_version = if is_1_4 { &OF_1_4[..] } else { &OF_2 };
    build.files(SOURCES.iter().chain(of_version).map(|file| lwip.join(file)));
    build.warnings(false).compile("lwip");
    ours.file(shim.join("safe_http_lwip.c")).files(["csrc/netif.c", "csrc/harness.c"]);
    ours.warnings_into_errors(true).flag("-Wall").flag("-Wextra").compile("safe_http_lwip");
    // As the IDE has it: C++17 without exceptions.
    let mut sketch = cc::Build::new();
    let library = Path::new("../../arduino");
    println!("cargo:rerun-if-changed={}", library.display());
    sketch.cpp(true).std("c++17").include(library.join("SafeHttpClient/src"));
    sketch.include("../../include").include(library.join("check/stand-in"));
    sketch.flag("-fno-exceptions").flag("-fno-rtti").warnings_into_errors(true);
    if sanitized {
        sanitize(&mut sketch);
    }
    sketch.file(library.join("SafeHttpClient/src/SafeHttpClient.cpp")).file("csrc/sketch.cpp");
    sketch.compile("sketch");
    // The one calls the other both ways.
    println!("cargo:rustc-link-arg=-Wl,--start-group");
    println!("cargo:rustc-cfg=lwip");
}

fn sanitize(build: &mut cc::Build) {
    build.flag("-fsanitize=address,undefined").flag("-fno-sanitize-recover=all");
    build.flag("-fno-omit-frame-pointer");
}

/// `LWIP_SOURCE`, or where ci/lwip-source.sh puts it: the target directory's `lwip`.
fn lwip() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("LWIP_SOURCE") {
        return Some(Path::new(&folder).join("src"));
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR")?);
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let mut places = target.into_iter().chain(out.ancestors().map(Path::to_path_buf));
    places.find_map(|place| {
        let entries = std::fs::read_dir(place.join("lwip")).ok()?;
        let mut found = entries.filter_map(|it| Some(it.ok()?.path().join("src")));
        found.find(|it| it.join("core/tcp.c").exists())
    })
}
