//! The header is the code's: what cbindgen makes of it.

use std::path::Path;

const HEADER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../include/safe_http_client.h");

#[test]
fn the_header_is_what_cbindgen_makes_of_the_code() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).unwrap();
    let made = cbindgen::Builder::new()
        .with_config(config)
        .with_src(package.join("src/abi.rs"))
        .generate()
        .unwrap();
    let mut text = Vec::new();
    made.write(&mut text);
    let text = String::from_utf8(text).unwrap();
    if std::env::var_os("WRITE_HEADER").is_some() {
        std::fs::write(HEADER, &text).unwrap();
    }
    let committed = std::fs::read_to_string(HEADER).unwrap_or_default();
    assert!(
        committed == text,
        "include/safe_http_client.h isn't what the code says: WRITE_HEADER=1 cargo test -p safe-http-client-c \
         --test header writes it"
    );
}
