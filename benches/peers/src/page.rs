//! docs/peers.md, into which both programs write, and the versions of what they ran.

use std::fs;
use std::path::Path;

const LOCK: &str = include_str!("../../../Cargo.lock");

/// Writes what stands between the marks of this name.
pub fn write(name: &str, new: &str) -> Result<(), String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/peers.md");
    let failed = |error| format!("docs/peers.md: {error}");
    let text = fs::read_to_string(&page).map_err(failed)?;
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}{new}{end}{after}"))
    });
    let text = parts.ok_or(format!("docs/peers.md has no {name}:begin and {name}:end"))?;
    fs::write(page, text).map_err(failed)
}

/// The version of a package in these programs' lock file.
pub fn version(package: &str) -> Option<&'static str> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = LOCK.lines().skip_while(|line| *line != wanted);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}
