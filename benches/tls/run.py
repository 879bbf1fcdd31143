#!/usr/bin/env python3
"""What https takes on an emulated Cortex-M3, beside http, from a real server (OpenSSL, by Python).

    benches/tls/run.py             builds, runs, and prints the tables of docs/tls.md
    benches/tls/run.py --check     and fails where https misses its bar
    benches/tls/run.py --features  and the flash of each set of features, of thumbv6m and of the ESP8266's LX106
    benches/tls/run.py --speed     instead, on this machine: bytes a second of `fetch`, beside `openssl s_client`

It takes the compiler that ci/build-target.sh takes, Debian's qemu-system-arm, binutils-arm-none-eabi and
openssl, for the LX106 what benches/footprint takes (`ci/install-packages.sh targets emulators servers`). The
build goes to benches/tls/target, or to CARGO_TARGET_DIR. The server's certificate is made afresh.
"""

import argparse
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
TARGET = "thumbv7m-none-eabi"
SMALLEST = "thumbv6m-none-eabi"
# What https may take more than http: bytes of .text with P-256 alone.
BAR = 80 * 1024
FEATURES = ("", "p384", "ed25519", "rsa", "p384 ed25519 rsa")
LARGE = 64 * 1024


class Failed(Exception):
    """What went wrong, for the one who runs this."""


def run(command, seconds, **options):
    done = subprocess.run(list(map(str, command)), timeout=seconds, text=True, stdout=subprocess.PIPE, **options)
    if done.returncode:
        raise Failed(f"{Path(str(command[0])).name} failed:\n{done.stdout[-3000:]}")
    return done.stdout


def certificates(folder):
    """A root, and a server's certificate by it, both of P-256."""
    def openssl(*arguments):
        run(["openssl", *arguments], 60, cwd=folder, stderr=subprocess.STDOUT)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "root.key", "-out", "root.pem", "-days", "30",
            "-subj", "/CN=Bench Root", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    (folder / "leaf.cnf").write_text("subjectAltName=DNS:gate.test\nextendedKeyUsage=serverAuth\n"
                                     "keyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "root.pem", "-CAkey", "root.key",
            "-out", "server.pem", "-days", "30", "-extfile", "leaf.cnf")
    openssl("x509", "-in", "root.pem", "-outform", "der", "-out", "root.der")


def build(folder, features="", target=TARGET):
    environment = {**os.environ, "TLS_BENCH_ROOT": str(folder / "root.der"),
                   "TLS_BENCH_NOW": str(int(time.time()) + 60)}
    run([REPOSITORY / "ci/build-target.sh", target, "--release", "--features", features], 3000, cwd=HERE,
        env=environment, stderr=subprocess.STDOUT)
    built = Path(os.environ.get("CARGO_TARGET_DIR") or HERE / "target").resolve()
    return built / "bare-metal" / target / "release"


def lx106():
    """What the program of benches/footprint takes more there: https over http, with P-256 alone."""
    sys.dont_write_bytecode = True
    sys.path.append(str(HERE.parent / "footprint"))
    import chip
    try:
        plain, sealed = (chip.LX106.sections(chip.LX106.link(features)) for features in (["client"], ["tls"]))
    except chip.Failed as failed:
        raise Failed(str(failed)) from None
    return [sealed[section] - plain[section] for section in (".text", ".rodata")]


def text(program):
    said = run(["arm-none-eabi-size", "-A", program], 60)
    sizes = {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)", said, re.MULTILINE)}
    return sizes[".text"], sizes[".rodata"]


def answer(stream):
    """Answers requests; a large body leaves in pieces of 1 KiB, each a record."""
    request = b""
    while True:
        got = stream.recv(4096)
        if not got:
            return
        request += got
        while b"\r\n\r\n" in request:
            head, request = request.split(b"\r\n\r\n", 1)
            length = LARGE if head.startswith(b"GET /large") else 64
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
            for _ in range(0, length, 1024):
                stream.sendall(b"x" * min(length, 1024))


def serve(listener, context):
    connection, _ = listener.accept()
    try:
        with (context.wrap_socket(connection, server_side=True) if context else connection) as stream:
            answer(stream)
    except OSError as error:
        print(f"server: {error}", file=sys.stderr)


def measure(program, context):
    """Runs a program against a server; its figures."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, context), daemon=True).start()
        port = listener.getsockname()[1]
        # An instruction takes 2^7 ns of the chip's time, whatever it does and however long QEMU takes.
        said = run(["qemu-system-arm", "-M", "lm3s6965evb", "-icount", "shift=7,align=off,sleep=off",
                    "-nographic", "-monitor", "none", "-serial", f"tcp:127.0.0.1:{port}",
                    "-semihosting-config", "enable=on,target=native", "-kernel", program], 300,
                   stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    per_tick = 100_000 / int(re.search(r"^100000 instructions: (\d+) ticks$", said, re.MULTILINE)[1])
    figures = {name: int(size) for name, size in re.findall(r"^(\w+): (\d+) bytes$", said, re.MULTILINE)}
    for name, ticks, length in re.findall(r"^(\w+): (\d+) ticks, (\d+) bytes$", said, re.MULTILINE):
        figures[name] = round(int(ticks) * per_tick)
        if int(length) != (LARGE if name == "large" else 64):
            raise Failed(f"{program.name}, {name}: {length} bytes came")
    if "large" not in figures:
        raise Failed(f"{program.name} printed something else:\n{said}")
    return figures


def send_all(listener, context, length):
    """Answers each connection with so many bytes, and ends it."""
    while True:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(4096)
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % length)
                piece = b"x" * 65_536
                for _ in range(length // len(piece)):
                    stream.sendall(piece)
                stream.unwrap()
        except OSError:
            pass


def speed(folder, context):
    """Bytes a second of `fetch` and of `openssl s_client`, from the same server: the best of three."""
    length = 64 << 20
    run(["cargo", "build", "--quiet", "--release", "--example", "fetch"], 3000, cwd=REPOSITORY)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target")
    fetch = target / "release" / "examples" / "fetch"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=send_all, args=(listener, context, length), daemon=True).start()
        port = listener.getsockname()[1]
        commands = {
            "`fetch`, verified": [fetch, "--cacert", folder / "root.pem", "--resolve",
                                  f"gate.test:{port}:127.0.0.1", f"https://gate.test:{port}/"],
            "`openssl s_client`, TLS_AES_128_GCM_SHA256": [
                "openssl", "s_client", "-quiet", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-connect",
                f"127.0.0.1:{port}"],
        }
        print("| on this machine | MB a second |\n|---|---:|")
        for name, command in commands.items():
            best = None
            for _ in range(3):
                began = time.monotonic()
                with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL) as process:
                    process.stdin.write(b"GET / HTTP/1.1\r\nHost: gate.test\r\n\r\n")
                    process.stdin.flush()
                    got = 0
                    while piece := process.stdout.read(1 << 20):
                        got += len(piece)
                if got < length:
                    raise Failed(f"{name}: {got} bytes came of {length}")
                took = time.monotonic() - began
                best = min(best or took, took)
            print(f"| {name} | {length / best / 1e6:.0f} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="fail where the bar is missed")
    arguments.add_argument("--features", action="store_true", help="and the flash of each set of features")
    arguments.add_argument("--speed", action="store_true", help="bytes a second on this machine, and no more")
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        if arguments.speed:
            speed(folder, context)
            return 0
        rows = {}
        for features in FEATURES if arguments.features else FEATURES[:1]:
            programs = build(folder, features)
            plain, sealed = text(programs / "http"), text(programs / "https")
            rows[features or "P-256 alone"] = [sealed[0] - plain[0], sealed[1] - plain[1]]
            if not features:
                http, https = measure(programs / "http", None), measure(programs / "https", context)
        if arguments.features:
            programs = build(folder, target=SMALLEST)
            plain, sealed = text(programs / "http"), text(programs / "https")
            rows["P-256 alone, thumbv6m"] = [sealed[0] - plain[0], sealed[1] - plain[1]]
            rows["P-256 alone, LX106"] = lx106()
    print("| https over http, thumbv7m | .text | .rodata |\n|---|---:|---:|")
    for name, (code, constants) in rows.items():
        print(f"| {name} | {code:,} | {constants:,} |")
    records = LARGE // 1024
    print("\n| Cortex-M3 | http | https |\n|---|---:|---:|")
    print(f"| instructions, the first GET, with its connection | {http['first']:,} | {https['first']:,} |")
    print(f"| instructions, a GET over a connection that was kept | {http['kept']:,} | {https['kept']:,} |")
    print(f"| instructions for 1 KiB of a body, each a record | {http['large'] // records:,} "
          f"| {https['large'] // records:,} |")
    print(f"| stack of the first GET, bytes | {http['stack']:,} | {https['stack']:,} |")
    print(f"| the pipe, and the session without its buffers, bytes | | {https['pipe']:,} + {https['session']:,} |")
    code = rows["P-256 alone"][0]
    print(f"\n.text of https: {code:,} bytes more than http's; the bar is {BAR:,}: "
          f"{'met' if code <= BAR else 'MISSED'}")
    return 1 if arguments.check and code > BAR else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"tls: {failed}")
