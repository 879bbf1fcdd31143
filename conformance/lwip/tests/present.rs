//! Whether there is anything here to test.

#[test]
fn lwip_is_there_or_its_absence_is_said() {
    if !cfg!(lwip) {
        eprintln!("lwIP: SKIPPED: its source isn't there; ci/lwip-source.sh fetches it");
    }
}
