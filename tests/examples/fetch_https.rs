//! `fetch https://…` against OpenSSL's server, and curl on the same server where there is one: the same exit
//! status, each produced for real.

use super::program;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A server, and its certificates; gone with the test.
struct Site {
    folder: PathBuf,
    servers: Vec<Child>,
}

impl Drop for Site {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn run(folder: &Path, command: &str) -> String {
    let done = Command::new("sh").arg("-c").arg(command).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn has(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let is_there = command.status().is_ok();
    if !is_there {
        eprintln!("fetch https: skipped: no `{name}`");
    }
    is_there
}

impl Site {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("fetch-https-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        run(
            &folder,
            &format!(
                "openssl req -x509 {ec} -keyout root.key -out root.pem -days 9 -subj /CN=Root"
            ),
        );
        run(&folder, &format!("openssl req {ec} -keyout server.key -out server.csr -subj /CN=s"));
        run(
            &folder,
            "echo subjectAltName=DNS:gate.test >extensions && openssl x509 -req -in server.csr -CA root.pem \
             -CAkey root.key -out server.pem -days 9 -extfile extensions",
        );
        Self { folder, servers: Vec::new() }
    }

    /// Starts `openssl s_server`; its port.
    fn serve(&mut self, more: &[&str]) -> u16 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new("openssl")
            .args([
                "s_server",
                "-quiet",
                "-www",
                "-cert",
                "server.pem",
                "-key",
                "server.key",
                "-accept",
            ])
            .arg(format!("127.0.0.1:{port}"))
            .args(more)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.servers.push(server);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        port
    }

    fn status(&self, program: &Path, arguments: &str) -> (i32, String) {
        let done = Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (done.status.code().unwrap(), String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

#[test]
fn https_ends_as_curl_does() {
    if !has("openssl") {
        return;
    }
    let mut site = Site::new();
    let (port, old) = (site.serve(&[]), site.serve(&["-tls1_2"]));
    let pin = run(
        &site.folder,
        "openssl x509 -in server.pem -noout -pubkey | openssl pkey -pubin -outform der | \
         openssl dgst -sha256 -binary | base64",
    );
    let zeros = "A".repeat(43) + "=";
    let here = format!("--resolve gate.test:{port}:127.0.0.1");
    let url = format!("https://gate.test:{port}/");
    let cases = [
        (0, format!("{here} --cacert root.pem {url}"), ""),
        (0, format!("{here} -k {url}"), "WARNING: -k"),
        (0, format!("{here} --cacert root.pem --pinnedpubkey sha256//{pin} {url}"), ""),
        (0, format!("{here} -k --pinnedpubkey sha256//{zeros};sha256//{pin} {url}"), "WARNING"),
        (60, format!("{here} {url}"), "no trusted authority has signed the certificate"),
        (60, format!("--cacert root.pem https://127.0.0.1:{port}/"), "other hosts (gate.test)"),
        (90, format!("{here} --cacert root.pem --pinnedpubkey sha256//{zeros} {url}"), "accepted"),
        (77, format!("{here} --cacert missing.pem {url}"), "missing.pem"),
        (77, format!("{here} --cacert server.key {url}"), "there is none in it"),
        (
            35,
            format!(
                "--resolve gate.test:{old}:127.0.0.1 --cacert root.pem https://gate.test:{old}/"
            ),
            "TLS 1.2 or older",
        ),
    ];
    let compares = has("curl");
    for (expected, arguments, says) in &cases {
        let (status, stderr) = site.status(&program("fetch"), arguments);
        assert_eq!(status, *expected, "fetch {arguments}: {stderr}");
        assert!(stderr.contains(says), "{arguments}: {stderr}");
        if compares {
            // curl speaks 1.2 as well, unless it is told not to.
            let (status, stderr) =
                site.status(Path::new("curl"), &format!("-sS --noproxy * --tlsv1.3 {arguments}"));
            assert_eq!(status, *expected, "curl {arguments}: {stderr}");
        }
    }
    eprintln!("fetch https: {} commands end as curl's do", cases.len());
}
