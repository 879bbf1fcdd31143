//! What the core lacks, and that the firmware doesn't need it.

use lx106_harness::{Chip, Firmware, report};

/// Exit codes of the firmware.
const EXCEPTION: Option<i32> = Some(99);
const PANIC: Option<i32> = Some(98);
/// EXCCAUSE of a load or store at an address that isn't aligned.
const LOAD_STORE_ALIGNMENT: &str = "exception: cause 9,";

/// Were the emulated core to allow it, the other tests would show nothing of alignment.
#[test]
fn an_unaligned_access_ends_the_chip_with_a_report() {
    for access in ["load_word", "load_half", "store_word", "store_half"] {
        let result = Chip::boot().run(&format!("unaligned {access}"), b"");
        assert_eq!(result.exit_code, EXCEPTION, "{access}: {result:?}");
        assert_eq!(result.results, [""; 0], "it went on");
        let [line] = &result.log[..] else { panic!("{result:?}") };
        assert!(line.starts_with(LOAD_STORE_ALIGNMENT), "{line}");
        report(&format!("lx106: unaligned {access}: {line}"));
    }
}

#[test]
fn a_panic_ends_the_chip_with_a_report() {
    let result = Chip::boot().run("panic", b"");
    assert_eq!(result.exit_code, PANIC, "{result:?}");
    let [line] = &result.log[..] else { panic!("{result:?}") };
    assert!(line.contains("as the job says"), "{line}");
}

/// The core has no compare-and-swap, and neither have the assembler and the disassembler for it: an
/// `s32c1i` is an error to the one and `excw` to the other, as any other instruction that the core
/// lacks.
#[test]
fn no_compare_and_swap() {
    let firmware = Firmware::built();
    let compiled = firmware.compiled();
    assert!(compiled.contains("\tl32r\t"), "no assembler code");
    assert!(!compiled.contains("s32c1i"));
    assert!(!firmware.assembles("s32c1i a2, a3, 0"));
    assert!(firmware.assembles("l32i a2, a3, 0"));

    let disassembly = firmware.disassembly();
    let instructions: Vec<_> = disassembly.lines().filter_map(mnemonic).collect();
    assert!(instructions.len() > 10_000, "only {} instructions", instructions.len());
    for none in ["s32c1i", "excw"] {
        assert!(!instructions.contains(&none), "{none}");
    }
    report(&format!(
        "lx106: {} instructions, all of this core: no s32c1i (compare-and-swap)",
        instructions.len()
    ));
}

/// The column behind the address and the bytes, with tabs between. Literals have none.
fn mnemonic(line: &str) -> Option<&str> {
    let mut columns = line.split('\t');
    let address = columns.next()?.trim().strip_suffix(':')?;
    u32::from_str_radix(address, 16).ok()?;
    columns.nth(1).map(str::trim).filter(|name| !name.is_empty())
}

#[test]
fn nothing_that_swaps_is_linked() {
    let symbols = Firmware::built().symbols();
    assert!(symbols.contains(" firmware_main"), "no symbols");
    for swap in ["__atomic_exchange", "__atomic_compare", "__atomic_fetch", "__sync_"] {
        assert!(!symbols.contains(swap), "{swap}");
    }
}
