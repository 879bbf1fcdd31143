//! Produced against diagnosed.

use crate::common::cx;
use crate::observed::{Case, On};
use crate::table::{causes, row_of, rows};
use crate::written::{Written, checked, written};
use safe_http_client::{Cause, Confidence};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::OnceLock;

/// The causes that the ESP8266 is known for: each of them has to be produced on the modem.
const KNOWN: std::ops::RangeInclusive<u8> = 1..=25;
/// What no fault here produces: what no rule knows, what only a modem's driver says, and what a handshake
/// shows, which `conformance/tests/tls` produces with real servers.
const NOT_PRODUCED: [Cause; 10] = [
    Cause::Unexplained,
    Cause::Firmware,
    Cause::ClockNotSet,
    Cause::UnknownAuthority,
    Cause::WrongHost,
    Cause::NotValidNow,
    Cause::CertificateRefused,
    Cause::OldTls,
    Cause::NothingInCommon,
    Cause::RecordTooLarge,
];
/// So many rows of the table have to be gone through by real faults, where network namespaces can be made.
const ROWS_BY_REAL_FAULTS: usize = 58;

/// Every fault on every stack, produced once for all tests.
pub fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        std::thread::scope(|scope| {
            // They wait for real time. Each takes a token of its own.
            #[cfg(target_os = "linux")]
            let on_netns = scope.spawn(crate::on_netns::cases);
            let on_embassy = scope.spawn(|| crate::on_embassy::cases(&mut cx()));
            let mut cases = crate::on_esp_at::cases();
            cases.extend(crate::on_modem::cases());
            let mut cx = cx();
            cases.extend(crate::on_std::cases(&mut cx));
            cases.extend(crate::on_smoltcp::cases(&mut cx));
            cases.extend(crate::on_vendor::cases(&mut cx));
            #[cfg(target_os = "linux")]
            cases.extend(on_netns.join().unwrap());
            cases.extend(on_embassy.join().unwrap());
            cases
        })
    })
}

/// Whether a row is named first, however it was produced.
fn row(on: On, cause: Cause) -> Option<bool> {
    let mut ways = cases().iter().filter(|case| case.on == on && case.cause == cause).peekable();
    ways.peek()?;
    Some(ways.all(Case::is_right))
}

/// Whether one of its ways is named first.
fn is_told(on: On, cause: Cause) -> bool {
    cases().iter().any(|case| case.on == on && case.cause == cause && case.is_right())
}

fn number(cause: Cause) -> String {
    cause.number().to_string()
}

/// What was produced, and what it was taken for, by stack.
fn print_matrix() -> String {
    let mut text = String::from("\nproduced                ");
    for on in On::ALL {
        let _ = write!(text, "{:>14}", on.name());
    }
    text.push_str("   taken for (first suspects; ! certain, ~ likely, ? possible)\n");
    for cause in Cause::all() {
        let mut line = format!("{:>2} {:21}", cause.number(), cause.code());
        let mut any = false;
        for on in On::ALL {
            let mut taken = BTreeMap::new();
            for case in cases().iter().filter(|case| case.on == on && case.cause == cause) {
                let first = case.verdict().map(|verdict| verdict.first());
                let mark = match first.map(|first| first.confidence) {
                    Some(Confidence::Certain) => "!",
                    Some(Confidence::Likely) => "~",
                    Some(Confidence::Possible) => "?",
                    None => "none",
                };
                let cause = first.map_or(String::new(), |first| number(first.cause));
                *taken.entry(format!("{cause}{mark}")).or_insert(0) += 1;
                any = true;
            }
            let cell: Vec<_> = taken
                .into_iter()
                .map(|(what, count)| if count > 1 { format!("{count}x{what}") } else { what })
                .collect();
            let _ = write!(line, "{:>14}", cell.join(" "));
        }
        if any {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Each way that a fault was produced, and what was said of it.
fn print_ways() -> String {
    let mut text = String::new();
    for case in cases() {
        let said = |verdict: &Option<crate::observed::Verdict>| match verdict {
            Some(verdict) => verdict.to_string(),
            None => "-".into(),
        };
        let mark = if case.is_right() { "  " } else { "!!" };
        let _ = writeln!(text, "{mark} {case} [{}]", case.code);
        let _ = writeln!(text, "      request: {}", said(&case.passive));
        let _ = writeln!(text, "      check:   {}", said(&case.active));
    }
    text
}

/// What the active checks took.
fn print_costs() -> String {
    let mut text = String::from("\nwhat the active check took (virtual time on the modem)\n");
    text.push_str("     time cmds conns  sent  recv out, in (bytes sent and received, packets)\n");
    for case in cases().iter().filter(|case| case.last_step.is_some()) {
        let step = case.last_step.map_or("", |step| step.name());
        let _ = writeln!(text, "{} to {step:8} {case}", case.cost);
    }
    text
}

#[test]
fn matrix() {
    println!("{}{}{}", print_ways(), print_costs(), print_matrix());
    let complaints: Vec<_> = cases().iter().flat_map(Case::complaints).collect();
    let all = complaints.join("\n");
    for on in On::ALL {
        let of_stack: Vec<_> = cases().iter().filter(|case| case.on == on).collect();
        let causes: BTreeSet<_> = of_stack.iter().map(|case| case.cause).collect();
        let right = of_stack.iter().filter(|case| case.is_right()).count();
        println!(
            "{:8} {} causes, {} ways: {right} named first, {} listed",
            on.name(),
            causes.len(),
            of_stack.len(),
            of_stack.iter().filter(|case| case.is_listed() && !case.is_right()).count(),
        );
        // Some ways look alike from where they are looked at; of each cause there is one that doesn't.
        let told = causes.iter().filter(|cause| is_told(on, **cause)).count();
        println!("         {told} causes are named first");
        let is_modem = [On::NonOs, On::EspAt2].contains(&on);
        let enough = right * 10 >= of_stack.len() * 9;
        assert!(enough || !is_modem, "{}: nine ways in ten\n{all}", on.name());
        for case in of_stack {
            assert!(case.is_listed(), "{case} isn't even listed\n{all}");
        }
    }
    let right = cases().iter().filter(|case| case.is_right()).count();
    println!("{right} of all {} ways are named first", cases().len());
    assert!(right * 10 >= cases().len() * 9, "nine ways in ten\n{all}");
    for on in [On::NonOs, On::EspAt2] {
        let known = Cause::all().filter(|cause| KNOWN.contains(&cause.number()));
        let missing: Vec<_> = known.filter(|cause| row(on, *cause).is_none()).collect();
        assert!(missing.is_empty(), "{} never produced: {missing:?}", on.name());
    }
    let produced: BTreeSet<_> = cases().iter().map(|case| case.cause).collect();
    let never: Vec<_> = Cause::all().filter(|cause| !produced.contains(cause)).collect();
    assert_eq!(never, NOT_PRODUCED, "no fault here is one");
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Each of the known causes: produced on both of the modem's dialects and wherever else it can be,
/// and named as the case demands.
fn is_named(cause: Cause) {
    for on in [On::NonOs, On::EspAt2] {
        assert!(row(on, cause).is_some(), "never produced on {}", on.name());
    }
    for case in cases().iter().filter(|case| case.cause == cause) {
        assert_eq!(case.complaints(), Vec::<String>::new());
    }
}

macro_rules! each_is_named {
    ($($test:ident: $cause:ident,)*) => {
        $(#[test]
        fn $test() {
            is_named(Cause::$cause);
        })*

        /// None of the known ones is left out above.
        #[test]
        fn all_known_causes_have_their_test() {
            let tested = [$(Cause::$cause),*];
            let known: Vec<_> =
                Cause::all().filter(|cause| KNOWN.contains(&cause.number())).collect();
            assert_eq!(tested.to_vec(), known);
        }
    };
}

each_is_named! {
    cause_01_request_from_an_event_handler: EventHandler,
    cause_02_no_access_point_or_no_address: NoAddress,
    cause_03_localhost_and_other_targets_that_are_no_host: NoHostTarget,
    cause_04_slow_server: SlowServer,
    cause_05_host_is_down: HostDown,
    cause_06_nothing_listens_on_the_port: NothingListens,
    cause_07_server_listens_on_its_own_loopback: ServerOnLoopback,
    cause_08_firewall: Firewall,
    cause_09_access_point_isolates_its_clients: ClientIsolation,
    cause_10_static_address_in_the_wrong_subnet: WrongSubnet,
    cause_11_static_address_without_dns_server: NoDnsServer,
    cause_12_target_is_the_chip_itself: OwnAddress,
    cause_13_name_does_not_resolve: NameNotResolved,
    cause_14_scheme_does_not_fit: Scheme,
    cause_15_https_port_asked_in_the_clear_or_the_reverse: TlsMismatch,
    cause_16_not_an_http_server: NotHttp,
    cause_17_captive_portal: CaptivePortal,
    cause_18_modem_is_out_of_memory: ModemMemory,
    cause_19_out_of_sockets: OutOfSockets,
    cause_20_stale_kept_connection: StaleConnection,
    cause_21_access_point_was_not_joined: JoinFailed,
    cause_22_modem_reset_in_the_middle: ModemReset,
    cause_23_modem_busy_or_silent: ModemUnresponsive,
    cause_24_modem_sleep_lost_a_packet: ModemSleep,
    cause_25_response_too_large_cut_short_or_invalid: BadResponse,
}

#[test]
fn each_row_of_the_table_is_reached() {
    let rows = rows();
    assert!(rows.len() > 40, "the table is read: {} rows", rows.len());
    let mut reached: BTreeMap<usize, String> = BTreeMap::new();
    for case in cases() {
        for verdict in [&case.passive, &case.active].into_iter().flatten() {
            let row = row_of(&rows, verdict);
            let row = row.unwrap_or_else(|| panic!("{case}: no row says {}", causes(verdict)));
            reached.entry(row).or_insert_with(|| case.to_string());
        }
    }
    let real = reached.len();
    for Written { why, verdict, first } in written().into_iter().chain(checked()) {
        assert_eq!(verdict.first().cause, first, "{}", verdict.text);
        let row = row_of(&rows, &verdict);
        let row = row.unwrap_or_else(|| panic!("no row says {}", causes(&verdict)));
        reached.entry(row).or_insert_with(|| format!("only written down: {why}"));
    }
    for (index, row) in rows.iter().enumerate() {
        let by = reached.get(&index).map_or("NOT REACHED", String::as_str);
        println!("{index:>2} {}\n     {}\n     by {by}", row.when, row.causes);
    }
    println!("{real} of {} rows by real faults, {} in all", rows.len(), reached.len());
    let has_namespaces = cases().iter().any(|case| case.cost.packets.is_some());
    assert!(!has_namespaces || real >= ROWS_BY_REAL_FAULTS, "{real} rows by real faults");
    let missing: Vec<_> = (0..rows.len()).filter(|index| !reached.contains_key(index)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
