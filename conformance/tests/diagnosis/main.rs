//! That every failure names its cause: each is produced for real, on the stacks that can have it,
//! and what the diagnosis says of it is compared with what was done.
//!
//! ```text
//! cargo test -p conformance --test diagnosis matrix -- --nocapture
//! ```
//!
//! prints produced against diagnosed, what each active check took, and which rules the faults went
//! through. What needs no foreign stack is `tests/diagnosis` of the crate itself.

mod answers;
#[path = "../../../tests/diagnosis/chip.rs"]
mod chip;
mod esp_at;
mod matrix;
#[path = "../../../tests/diagnosis/observed.rs"]
mod observed;
mod on_embassy;
mod on_esp_at;
mod on_modem;
#[cfg(target_os = "linux")]
mod on_netns;
mod on_smoltcp;
mod on_std;
#[path = "../../../tests/diagnosis/on_vendor.rs"]
mod on_vendor;
#[path = "../../../tests/diagnosis/table.rs"]
mod table;
mod ways;
#[path = "../../../tests/diagnosis/written.rs"]
mod written;

use conformance::common;
