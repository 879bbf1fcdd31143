//! The firmware as built: its file, and what binutils say of it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The built firmware.
pub struct Firmware {
    pub elf: PathBuf,
}

impl Firmware {
    /// Builds it, once in a test program. `build.sh` prints the path of what it built.
    pub fn built() -> &'static Self {
        static BUILT: OnceLock<Firmware> = OnceLock::new();
        BUILT.get_or_init(|| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../build.sh");
            let output = Command::new(script).output().expect("build.sh runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "build.sh failed: {}:\n{said}", output.status);
            let printed = String::from_utf8(output.stdout).expect("a path");
            let elf = PathBuf::from(printed.trim());
            assert!(elf.is_file(), "build.sh printed no file: {printed:?}");
            Self { elf }
        })
    }

    /// The compiler's own output: the whole program but `machine/` and libgcc, before it is assembled.
    pub fn compiled(&self) -> String {
        std::fs::read_to_string(self.elf.with_file_name("rust.s")).expect("rust.s beside it")
    }

    /// Whether the assembler for the chip knows this instruction.
    pub fn assembles(&self, instruction: &str) -> bool {
        let mut assembler = tool("xtensa-lx106-elf-as", "binutils-xtensa-lx106")
            .args(["-o", "/dev/null"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = assembler.stdin.take().unwrap();
        writeln!(input, "{instruction}").unwrap();
        drop(input);
        assembler.wait().unwrap().success()
    }

    /// What the chip's own objdump says of it.
    pub fn disassembly(&self) -> String {
        self.ask("xtensa-lx106-elf-objdump", "--disassemble")
    }

    /// Names of functions and data with their addresses.
    pub fn symbols(&self) -> String {
        self.ask("xtensa-lx106-elf-nm", "--demangle")
    }

    fn ask(&self, program: &str, option: &str) -> String {
        let output = tool(program, "binutils-xtensa-lx106")
            .arg(option)
            .arg(&self.elf)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program}: {}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// A program of a Debian package. Where it is missing the test fails, and says which package has it.
pub fn tool(program: &str, package: &str) -> Command {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    assert!(
        found.is_ok(),
        "{program} is missing: apt-get install --no-install-recommends {package}"
    );
    Command::new(program)
}
