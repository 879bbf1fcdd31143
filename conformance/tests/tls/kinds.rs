//! Fifty kinds of chain, accepted or refused as curl does on the same server in the same run, and with the
//! right cause.

use crate::chains::{HOST, Kind, accepted, refused, root};
use crate::client::{Outcome, get, now};
use crate::programs::{Folder, curl, files, find, free_port, nginx, s_server, say};
use crate::rustls_server::{config, hello, start};
use rustls::version::{TLS12, TLS13};
use safe_http_client_tls::{Authority, Failure, WallTime, anchor};
use std::process::{Command, Stdio};

/// curl's words for a server that it can't verify. A wrong signature is the handshake's failure to it.
const NOT_VERIFIED: [i32; 2] = [60, 35];

fn kinds() -> Vec<Kind> {
    let mut kinds = accepted();
    kinds.extend(refused());
    kinds
}

/// Gets from the server, and compares with what the kind says; and with what curl says.
fn check(kind: &Kind, server: &str, port: u16, folder: &Folder) -> Result<(), String> {
    let anchors = [anchor(&kind.served.root).unwrap()];
    let verify = Authority::new(&anchors, WallTime::Utc(now()));
    let expected = match kind.refused {
        None => Ok(200),
        Some((failure, shown)) => Err((failure, shown.to_string())),
    };
    let got = match get(kind.host, port, verify) {
        Outcome::Got(status, _) => Ok(status),
        Outcome::Refused(failure, shown) => Err((failure, shown)),
        Outcome::Other(text) => return Err(format!("{server}, {}: {text}", kind.name)),
    };
    let is_right = match (&got, &expected) {
        // Dates are as long ago as the test was.
        (Err((failure, shown)), Err((expected, start))) if start.ends_with(' ') => {
            failure == expected && shown.starts_with(start) && shown.contains(" UTC, now 20")
        }
        _ => got == expected,
    };
    if !is_right {
        return Err(format!("{server}, {}: {got:?} and not {expected:?}", kind.name));
    }
    let Some(program) = find("curl") else { return Ok(()) };
    let [_, _, root] = files(folder, "for-curl", &kind.served);
    let status = curl(&program, &root, kind.host, port);
    let accepts = kind.refused.is_none() != kind.differs.is_some();
    if accepts != (status == 0) || (!accepts && !NOT_VERIFIED.contains(&status)) {
        return Err(format!("{server}, {}: {got:?}, and curl ends with {status}", kind.name));
    }
    Ok(())
}

fn report(server: &str, outcomes: Vec<Result<(), String>>) {
    assert!(outcomes.len() >= 30);
    let wrong: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    say(&format!("tls: {server}: {} kinds of chain, {} wrong", outcomes.len(), wrong.len()));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn by_rustls() {
    let folder = Folder::new();
    let served = |kind: &Kind| {
        let port = start(config(&kind.served, &[&TLS12, &TLS13]), hello);
        check(kind, "rustls", port, &folder)
    };
    report("rustls", kinds().iter().map(served).collect());
}

#[test]
fn by_openssl() {
    let Some(openssl) = find("openssl") else { return };
    let folder = Folder::new();
    let served = |kind: &Kind| {
        let (files, port) = (files(&folder, "served", &kind.served), free_port());
        let _server = s_server(&openssl, port, &files, &[]);
        check(kind, "OpenSSL", port, &folder)
    };
    report("OpenSSL", kinds().iter().map(served).collect());
}

#[test]
fn by_nginx() {
    let Some(program) = find("nginx") else { return };
    let (folder, kinds) = (Folder::new(), kinds());
    let (_nginx, ports) = nginx(&program, &folder, &kinds);
    let served = |(kind, port)| check(kind, "nginx", port, &folder);
    report("nginx", kinds.iter().zip(ports).map(served).collect());
}

/// `openssl x509 -req` makes one of version 1, without any name but the common one, unless it is told `-extfile`.
/// curl takes it.
#[test]
fn a_certificate_of_version_1() {
    let (Some(openssl), Some(curl_program)) = (find("openssl"), find("curl")) else { return };
    let (folder, root) = (Folder::new(), root());
    let served = root.served(&[], &root);
    let [authority, key, trusted] = files(&folder, "root", &served);
    let (port, mut run) = (free_port(), Command::new("sh"));
    run.current_dir(&folder.0).stderr(Stdio::null()).arg("-ec").arg(
        "openssl ecparam -name prime256v1 -genkey -noout -out old.key
         openssl req -new -key old.key -subj /CN=gate.test -out old.csr
         openssl x509 -req -in old.csr -CA root.pem -CAkey root.key -CAcreateserial -out old.pem",
    );
    assert!(run.status().unwrap().success(), "{authority:?} {key:?}");
    let made = ["old.pem", "old.key"].map(|name| folder.0.join(name));
    let text =
        Command::new(&openssl).args(["x509", "-noout", "-text", "-in"]).arg(&made[0]).output();
    if !String::from_utf8_lossy(&text.unwrap().stdout).contains("Version: 1 ") {
        return say("tls: version 1 skipped: this openssl makes none");
    }
    let [chain, key] = made;
    let _server = s_server(&openssl, port, &[chain, key, trusted.clone()], &[]);
    let anchors = [anchor(&served.root).unwrap()];
    let got = get(HOST, port, Authority::new(&anchors, WallTime::Utc(now())));
    assert_eq!(got, Outcome::refused(Failure::MalformedCertificate));
    assert!(Failure::MalformedCertificate.to_string().contains("of version 1"));
    assert_eq!(curl(&curl_program, &trusted, HOST, port), 0);
}
