//! What a driver takes of RAM: the figures that the documentation gives, printed and kept.

use esp_at::EspAt;
use nal_link::FnClock;

/// Beside its buffer; ports and clocks that have no size.
fn beside_buffer<const RX_BUF: usize>() -> usize {
    size_of::<EspAt<(), FnClock<fn() -> u32>, RX_BUF>>()
        - RX_BUF
        - size_of::<FnClock<fn() -> u32>>()
}

#[test]
fn the_documentation_has_the_figures() {
    let figures = [beside_buffer::<256>(), beside_buffer::<1024>(), beside_buffer::<2048>()];
    println!("EspAt beside its RX_BUF, on {} bits: {figures:?} bytes", usize::BITS);
    let texts = [include_str!("../src/lib.rs"), include_str!("../README.md")];
    // Of 64 bits, where tests run; chips have `benches/footprint`'s.
    if usize::BITS == 64 {
        for figure in figures {
            let said = 1_488;
            assert!(figure.abs_diff(said) <= 16, "{figure}");
        }
        assert!(texts[0].contains("1,488 on 64 bits"), "lib.rs");
    }
    assert!(texts.iter().all(|text| text.contains("1,452 bytes")));
}
