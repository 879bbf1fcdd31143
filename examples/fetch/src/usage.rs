//! What is said of a command line that can't be understood, and first of options that only curl has.

use crate::report::{USAGE, without_user};
use crate::watch::to_stderr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What stands for some of curl's options here.
const INSTEAD: [(&[&str], &str); 8] = [
    (&["--url"], "the URL stands alone"),
    (&["-b", "--cookie"], "-H 'Cookie: NAME=VALUE' sends one"),
    (&["-e", "--referer"], "-H 'Referer: URL' sends it"),
    (&["--oauth2-bearer"], "-H 'Authorization: Bearer TOKEN' sends it"),
    (&["-D", "--dump-header"], "-i shows the head, and -v all heads"),
    (&["-w", "--write-out"], "--report json tells the status and more"),
    (&["--form-string"], "-F sends texts, too"),
    (&["-x", "--proxy"], "fetch goes through no proxy"),
];

/// Says what is wrong, or what was asked for (`--help`), and ends the program.
pub(crate) fn end(error: &clap::Error) -> ! {
    let argument = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(argument))) => argument,
        _ => error.exit(),
    };
    let suggested = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(option)) => Some(option).filter(|it| is_slip(argument, it)),
        _ => None,
    };
    let instead = INSTEAD.iter().find(|(options, _)| options.contains(&argument.as_str()));
    let says = if !argument.starts_with('-') {
        // What stands behind it may be a secret.
        let shown = without_user(argument);
        let shown = shown.split(['?', '#']).next().unwrap_or_default();
        format!("one argument too many: {:?}; there is one URL, and options stand apart", shown)
    } else if let Some((_, instead)) = instead {
        format!("{argument} isn't here: {instead}")
    } else if let Some(option) = suggested {
        format!("there is no {argument}: did you mean {option}?")
    } else {
        format!("{argument} isn't here: fetch has a part of curl's options, which --help lists")
    };
    to_stderr(format!("fetch: ({USAGE}) {says}\n").as_bytes());
    std::process::exit(USAGE.into());
}

/// Whether one became the other by a slip: a letter too many, too few or another, or two that changed places.
/// What is less alike would send a person the wrong way: `--interface` isn't `--insecure`.
fn is_slip(typed: &str, meant: &str) -> bool {
    let (mut typed, mut meant) = (typed.as_bytes(), meant.as_bytes());
    while let ([a, typed_rest @ ..], [b, meant_rest @ ..]) = (typed, meant)
        && a == b
    {
        (typed, meant) = (typed_rest, meant_rest);
    }
    while let ([typed_rest @ .., a], [meant_rest @ .., b]) = (typed, meant)
        && a == b
    {
        (typed, meant) = (typed_rest, meant_rest);
    }
    match (typed, meant) {
        ([a, b], [c, d]) => (a, b) == (d, c),
        _ => typed.len() <= 1 && meant.len() <= 1,
    }
}
