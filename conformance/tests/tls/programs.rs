//! OpenSSL's and nginx's servers, and curl.

use crate::chains::{Kind, Served};
use base64::Engine as _;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How long a program may take to start.
const START: Duration = Duration::from_secs(20);

/// A process, which ends with the test.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder of this test's, which goes with it.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tls-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Past the test harness, which would keep it to itself.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The program of this name in PATH or where Debian puts daemons; says so where it is missing.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        say(&format!("tls: skipped: no `{name}` in PATH or /usr/sbin"));
    }
    found
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap());
    let body = lines.collect::<Vec<_>>().join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// The files of a chain: certificates, key, root.
pub fn files(folder: &Folder, name: &str, served: &Served) -> [PathBuf; 3] {
    let chain = served.chain.iter().map(|der| pem("CERTIFICATE", der)).collect::<String>();
    [
        folder.write(&format!("{name}.pem"), &chain),
        folder.write(&format!("{name}.key"), &pem("PRIVATE KEY", &served.key)),
        folder.write(&format!("{name}-root.pem"), &pem("CERTIFICATE", &served.root)),
    ]
}

/// A port that is free, and stays so for the program that is given it: the system gives others to sockets that
/// name none (Linux from 32,768 on).
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub fn wait_for(port: u16) {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < START, "nothing listens at {port}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// `openssl s_server`, which answers each request with a page about the connection.
pub fn s_server(openssl: &Path, port: u16, files: &[PathBuf; 3], more: &[&str]) -> Running {
    let [chain, key, _] = files;
    let child = Command::new(openssl)
        .args(["s_server", "-quiet", "-www", "-accept"])
        .arg(format!("127.0.0.1:{port}"))
        .arg("-cert")
        .arg(chain)
        .arg("-cert_chain")
        .arg(chain)
        .arg("-key")
        .arg(key)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child);
    wait_for(port);
    running
}

/// nginx with a server for each kind; their ports.
pub fn nginx(program: &Path, folder: &Folder, kinds: &[Kind]) -> (Running, Vec<u16>) {
    let ports: Vec<_> = kinds.iter().map(|_| free_port()).collect();
    let mut servers = String::new();
    for (index, (kind, port)) in kinds.iter().zip(&ports).enumerate() {
        let [chain, key, _] = files(folder, &format!("n{index}"), &kind.served);
        servers.push_str(&format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {}; ssl_certificate_key {}; \
             ssl_protocols TLSv1.2 TLSv1.3; location / {{ return 200 hello; }} }}\n",
            chain.display(),
            key.display()
        ));
    }
    let at = folder.0.display();
    let config = format!(
        "daemon off; master_process off; pid {at}/nginx.pid; error_log {at}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;\n\
         fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
         {servers} }}\n"
    );
    let config = folder.write("nginx.conf", &config);
    let child = Command::new(program)
        .arg("-p")
        .arg(&folder.0)
        .arg("-c")
        .arg(config)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child);
    ports.iter().for_each(|&port| wait_for(port));
    (running, ports)
}

/// How curl ends that gets the same: its exit status.
pub fn curl(program: &Path, root: &Path, host: &str, port: u16) -> i32 {
    Command::new(program)
        .args(["-sS", "-o", "/dev/null", "--noproxy", "*", "-m", "20", "--cacert"])
        .arg(root)
        .arg("--resolve")
        .arg(format!("{host}:{port}:127.0.0.1"))
        .arg(format!("https://{host}:{port}/"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .code()
        .unwrap()
}
