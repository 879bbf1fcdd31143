//! What the core lacks, and that the firmware doesn't need it.

use lx106_harness::{Chip, Firmware, report};

/// The exit code of `exception` in the firmware.
const EXCEPTION: Option<i32> = Some(99);
/// EXCCAUSE of a load or store at an address that isn't aligned.
const LOAD_STORE_ALIGNMENT: &str = "exception: cause 9,";

/// Were the emulated core to allow it, the other tests would show nothing of alignment.
#[test]
fn an_unaligned_word_ends_the_chip_with_a_report() {
    let result = Chip::boot().run("unaligned", b"");
    assert_eq!(result.exit_code, EXCEPTION, "{result:?}");
    assert_eq!(result.results, [""; 0], "it read the word");
    let [line] = &result.log[..] else { panic!("{result:?}") };
    assert!(line.starts_with(LOAD_STORE_ALIGNMENT), "{line}");
    report(&format!("lx106: unaligned word: {line}"));
}

/// The core has neither the instruction nor another that compares and swaps, or windowed registers.
#[test]
fn only_instructions_that_the_core_has() {
    let disassembly = Firmware::built().disassembly();
    // In front of it there are literals, which objdump takes for instructions.
    let code = disassembly.find("<_start>:\n").expect("where the program starts");
    let instructions: Vec<_> = disassembly[code..].lines().filter_map(mnemonic).collect();
    assert!(instructions.len() > 10_000, "only {} instructions", instructions.len());
    assert!(instructions.contains(&"l32r"), "no disassembly");
    for foreign in ["s32c1i", "l32ex", "s32ex", "s32ri", "entry", "retw", "call8", "loop", "quou"] {
        let count = instructions.iter().filter(|mnemonic| **mnemonic == foreign).count();
        assert_eq!(count, 0, "{foreign}");
    }
    report(&format!(
        "lx106: {} instructions, none of them s32c1i (compare-and-swap) or of another core",
        instructions.len()
    ));
}

/// What is behind the address and the bytes, in columns with tabs between.
fn mnemonic(line: &str) -> Option<&str> {
    let mut columns = line.split('\t');
    let address = columns.next()?.trim().strip_suffix(':')?;
    u32::from_str_radix(address, 16).ok()?;
    let name = columns.nth(1)?.trim();
    // `mov.n` is `mov` in two bytes.
    (!name.starts_with('.')).then(|| name.strip_suffix(".n").unwrap_or(name))
}

#[test]
fn nothing_that_swaps_is_linked() {
    let symbols = Firmware::built().symbols();
    assert!(symbols.contains(" firmware_main"), "no symbols");
    for swap in ["__atomic_exchange", "__atomic_compare", "__atomic_fetch", "__sync_"] {
        assert!(!symbols.contains(swap), "{swap}");
    }
}
