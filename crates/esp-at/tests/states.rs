//! States that have to end, whatever the modem leaves unsaid.

mod rig;

use embedded_nal::TcpClientStack;
use esp_at::nal_link::{Clock, Diagnostics, LoopContext, Network, StackFault, nb};
use esp_at::{EspAt, EspAtError, Join, JoinError, SerialPort, Setting, TlsVerification};
use rig::{ADDRESS, JOIN, JOINED, PEER, Rig, SERVERS, Written, rig, rig_of};

type Modem<C> = EspAt<SerialPort<'static, Written, 2048>, C>;

const CONNECT: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";

/// Without `std` it is the program's: the tests take turns.
fn cx() -> LoopContext {
    loop {
        if let Some(cx) = LoopContext::take() {
            return cx;
        }
        std::thread::yield_now();
    }
}

impl<C: Clock> Rig<C> {
    /// What a restart fails by that is under way, within 50 s.
    fn restart_fails(&mut self, cx: &mut LoopContext) -> EspAtError {
        for _ in 0..100 {
            self.pass(500);
            if let Err(nb::Error::Other(error)) = self.modem.poll_restart(cx) {
                return error;
            }
        }
        panic!("it goes on for ever");
    }

    /// Lets time pass in steps, with these answers, until the driver says this line.
    fn passes_until(&mut self, line: &str, most_ms: u32, answer: &str) -> bool {
        for _ in 0..most_ms / 100 {
            self.pass(100);
            let written = self.written();
            if written == format!("{line}\r\n") {
                return true;
            }
            if !written.is_empty() {
                self.says(answer);
            }
        }
        false
    }
}

/// At another baud rate, or in boot noise.
#[test]
fn a_restart_whose_ready_is_lost_ends() {
    let mut cx = cx();
    for answers in [true, false] {
        let mut rig = rig();
        rig.modem.start_restart();
        rig.modem.poll_network();
        rig.answer("AT+RST", "OK");
        if answers {
            assert!(rig.passes_until("ATE0", 5_000, ""));
            rig.says("OK");
            rig.started();
            assert_eq!(rig.modem.poll_restart(&mut cx), Ok(()));
            continue;
        }
        assert_eq!(rig.restart_fails(&mut cx), EspAtError::NoAnswer);
    }
}

/// The modem is silent from its `ready` on.
#[test]
fn a_restart_of_a_modem_that_dies_with_it_ends() {
    let mut cx = cx();
    let mut rig = rig();
    rig.modem.start_restart();
    rig.modem.poll_network();
    rig.answer("AT+RST", "OK\r\nready");
    assert_eq!(rig.restart_fails(&mut cx), EspAtError::NoAnswer);
}

#[test]
fn an_access_point_lost_behind_the_joins_answer_is_joined_again() {
    let mut rig = rig();
    rig.join();
    let _ = rig.modem.poll_join(&mut cx());
    rig.says("WIFI DISCONNECT");
    assert!(rig.passes_until(JOIN, 13_000, "STATUS:5\r\n\r\nOK"));
    rig.says("WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\nWIFI DISCONNECT");
    assert!(rig.passes_until(JOIN, 13_000, "STATUS:5\r\n\r\nOK"));
}

#[test]
fn an_access_point_is_joined_again_though_nobody_came_for_the_joins_result() {
    let mut rig = rig();
    rig.join();
    rig.says("WIFI DISCONNECT");
    assert!(rig.passes_until(JOIN, 13_000, "STATUS:5\r\n\r\nOK"));
}

#[test]
fn an_address_of_a_link_that_went_meanwhile_is_none() {
    let mut rig = rig();
    rig.start_join();
    rig.answer(JOIN, JOINED);
    rig.answer("AT+CIPSTA_CUR?", "+CIPSTA_CUR:ip:\"192.168.4.2\"\r\nWIFI DISCONNECT\r\n\r\nOK");
    assert_eq!(rig.written(), "", "there is nothing to ask of it");
    assert!(!rig.is_up());
    assert!(matches!(rig.modem.poll_join(&mut cx()), Err(nb::Error::Other(_))));
}

#[test]
fn an_address_that_comes_while_it_is_asked_for_is_asked_for_again() {
    let mut rig = rig();
    rig.start_join();
    rig.answer(JOIN, "WIFI CONNECTED\r\n\r\nOK");
    rig.answer("AT+CIPSTA_CUR?", "+CIPSTA_CUR:ip:\"0.0.0.0\"\r\nWIFI GOT IP\r\n\r\nOK");
    rig.answer("AT+CIPSTA_CUR?", ADDRESS);
    rig.answer("AT+CIPDNS_CUR?", SERVERS);
    assert!(rig.modem.poll_join(&mut cx()).is_ok());
}

/// Firmwares say `WIFI DISCONNECT` first where they were on another access point.
#[test]
fn leaving_the_former_access_point_fails_no_join() {
    let mut rig = rig();
    rig.says("WIFI CONNECTED\r\nWIFI GOT IP");
    rig.modem.start_join(Join::new("sim", "simsimsim")).unwrap();
    rig.answer("AT+CIPSTA_CUR?", ADDRESS);
    // The question for its servers isn't asked any more.
    rig.answer(JOIN, "WIFI DISCONNECT");
    let mut cx = cx();
    assert_eq!(rig.modem.poll_join(&mut cx), Err(nb::Error::WouldBlock));
    rig.says(JOINED);
    rig.answer("AT+CIPSTA_CUR?", ADDRESS);
    rig.answer("AT+CIPDNS_CUR?", SERVERS);
    assert!(rig.modem.poll_join(&mut cx).is_ok());
}

/// ESP-AT has numbers for stations that never tried.
#[test]
fn a_status_without_an_access_point_ends_the_link() {
    for status in [0, 1, 5] {
        let mut rig = rig();
        rig.join();
        let mut socket = rig.modem.socket().unwrap();
        assert_eq!(rig.connect(&mut socket), Err(nb::Error::WouldBlock));
        rig.answer(CONNECT, "ERROR");
        rig.pass(60);
        rig.answer("AT+CIPCLOSE=0", "ERROR");
        rig.answer("AT+CIPSTATUS", &format!("STATUS:{status}\r\n\r\nOK"));
        assert!(!rig.is_up(), "{status}");
    }
}

#[test]
fn what_follows_the_first_garbled_answer_is_ignored_until_it_is_quiet() {
    let mut rig = rig();
    let mut socket = rig.connected();
    rig.says("+IPD,0,5");
    assert_eq!(rig.modem.receive(&mut socket, &mut [0; 64]), Err(nb::Error::WouldBlock));
    rig.answer("AT+CIPRECVDATA=0,64", "+CIPRECVDATA,99:");
    for _ in 0..3 {
        rig.pass(20);
        assert_eq!(rig.written(), "", "the rest of it may still come");
        rig.says("hello\r\n\r\nOK");
    }
    rig.says_bytes(b"12");
    rig.pass(100);
    rig.answer("AT", "OK");
    rig.pass(100);
    assert_eq!(rig.modem.is_passive(), Some(true), "it is understood");
}

#[test]
fn a_connect_that_is_called_alone_finds_the_modem_that_has_come_back() {
    let mut rig = rig();
    let mut socket = rig.modem.socket().unwrap();
    rig.modem.start_restart();
    for _ in 0..100 {
        rig.pass(500);
    }
    assert!(rig.modem.is_silent());
    rig.written();
    let mut asked = String::new();
    for _ in 0..20 {
        rig.later(500);
        assert!(matches!(
            rig.connect(&mut socket),
            Err(nb::Error::Other(EspAtError::NoAnswer | EspAtError::FellSilent(_)))
        ));
        asked += &rig.written();
    }
    assert!(asked.contains("ATE0"), "{asked:?}");
}

/// Where data come unasked, more of them than fit may wait on the line for a reader who has other things to do.
#[test]
fn no_task_waits_for_ever_behind_data_that_nobody_reads() {
    let mut cx = cx();
    let mut rig = rig_of(&[("AT+CIPRECVMODE=1", "ERROR"), ("AT+CIPRECVMODE=1", "ERROR")]);
    let _socket = rig.connected();
    rig.says(&format!("+IPD,0,2000:{}", "x".repeat(300)));
    rig.modem.start_rssi();
    for _ in 0..10 {
        rig.pass(100);
        assert_eq!(rig.modem.poll_rssi(&mut cx), Err(nb::Error::WouldBlock));
    }
    for _ in 0..4 {
        rig.says(&"x".repeat(430));
        let _ = rig.modem.poll_rssi(&mut cx);
    }
    rig.pass(100);
    assert_eq!(rig.written(), "AT+CWJAP_CUR?\r\n");
}

/// An unsolicited line with a line end before it leaves the head of data without its colon, at first.
#[test]
fn a_head_that_is_cut_short_makes_no_passive_modem() {
    for line in ["\r\nWIFI GOT IP\r\n", "\r\n+QUITT\r\n", "\r\nbusy p...\r\n"] {
        let mut rig = rig_of(&[("AT+CIPRECVMODE=1", "ERROR"), ("AT+CIPRECVMODE=1", "ERROR")]);
        let mut socket = rig.connected();
        rig.says_bytes(format!("+IPD,0,5{line}:hello+IPD,0,1:!").as_bytes());
        let (mut buffer, mut got) = ([0; 64], Vec::new());
        while let Ok(count @ 1..) = rig.modem.receive(&mut socket, &mut buffer) {
            got.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(got, b"hello!", "{line:?}");
        assert!(!rig.modem.has_unread(&mut socket), "{line:?}");
        // How it ends is asked as of an active modem.
        rig.says("0,CLOSED");
        for _ in 0..20 {
            rig.pass(100);
            match rig.written().as_str() {
                "" => {}
                "AT\r\n" => rig.says("OK"),
                "AT+CIPSTA_CUR?\r\n" => rig.says(ADDRESS),
                "AT+CIPDNS_CUR?\r\n" => rig.says(SERVERS),
                other => panic!("{line:?} {other}"),
            }
        }
        assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Ok(0), "{line:?}");
    }
}

#[test]
fn a_modem_that_has_answered_a_send_isnt_busy_any_more() {
    let mut rig = rig();
    let mut socket = rig.connected();
    for answer in ["busy p...", "link is not valid\r\n\r\nERROR"] {
        rig.pass(100);
        assert_eq!(rig.modem.send(&mut socket, b"hello"), Err(nb::Error::WouldBlock));
        rig.answer("AT+CIPSEND=0,5", answer);
        assert_eq!(rig.modem.status().pending == StackFault::Busy, answer.starts_with("busy"));
    }
}

#[test]
fn a_pause_doesnt_come_back_when_the_clock_has_gone_half_round() {
    let mut rig = rig();
    rig.modem.start_rssi();
    rig.modem.poll_network();
    rig.answer("AT+CWJAP_CUR?", "");
    rig.pass(1_100);
    assert_eq!(rig.written(), "?\r\n");
    rig.says("No AP\r\n\r\nOK\r\n\r\nERROR");
    rig.pass(1_000);
    rig.later(u32::MAX / 2 + 100_000);
    rig.modem.start_rssi();
    rig.modem.poll_network();
    assert!(rig.written().contains("AT+CWJAP_CUR?"));
}

/// Nothing tells bytes that a send lost on their way to the modem from an answer that was lost on its way here.
#[test]
fn a_send_that_may_lack_bytes_isnt_made_up_of_commands() {
    let filler = "\u{fffd}".repeat(5);
    for lost in ["to the modem", "from the modem"] {
        let mut rig = rig();
        let mut socket = rig.connected();
        assert_eq!(rig.modem.send(&mut socket, b"hello"), Err(nb::Error::WouldBlock));
        if lost == "to the modem" {
            rig.answer("AT+CIPSEND=0,5", "OK\r\n> ");
            assert_eq!(rig.modem.send(&mut socket, b"hello"), Err(nb::Error::WouldBlock));
            assert_eq!(rig.written(), "hello");
            rig.pass(4_000);
            assert_eq!(
                rig.modem.send(&mut socket, b"hello"),
                Err(nb::Error::Other(EspAtError::DeliveryUnknown))
            );
        } else {
            rig.answer("AT+CIPSEND=0,5", "OK");
            rig.overrun();
        }
        rig.pass(100);
        assert_eq!(rig.written(), format!("{filler}AT\r\n"), "{lost}");
    }
}

/// Whenever the restart ends: before the socket's owner has asked, too.
#[test]
fn what_hung_is_told_and_not_the_restart_that_ended_it() {
    for answer in ["OK", "OK\r\nready"] {
        let mut rig = rig();
        rig.join();
        let mut socket = rig.modem.socket().unwrap();
        assert_eq!(rig.connect(&mut socket), Err(nb::Error::WouldBlock));
        for _ in 0..600 {
            if rig.written().contains("AT+RST") {
                break;
            }
            rig.says("busy p...");
            rig.pass(100);
        }
        rig.says(answer);
        assert_eq!(rig.connect(&mut socket), Err(nb::Error::Other(EspAtError::Wedged)), "{answer}");
        rig.modem.close(socket).unwrap();
    }
}

#[test]
fn a_restart_that_is_refused_isnt_told_again_and_again() {
    let mut rig = rig();
    rig.modem.start_rssi();
    rig.modem.poll_network();
    for _ in 0..600 {
        if rig.written().contains("AT+RST") {
            break;
        }
        rig.says("busy p...");
        rig.pass(100);
    }
    rig.says("ERROR");
    rig.pass(300);
    assert_eq!(rig.written(), "ATE0\r\n");
}

#[test]
fn the_next_secured_socket_doesnt_wait_for_one_that_was_given_up() {
    let rig = rig();
    let mut rig = rig.map(|modem: Modem<_>| modem.with_tls(TlsVerification::None));
    let mut first = rig.modem.socket().unwrap();
    rig.modem.secure(&mut first, "a.example").unwrap();
    assert_eq!(rig.connect(&mut first), Err(nb::Error::WouldBlock));
    rig.answer("AT+CIPSSLCCONF=0", "OK");
    rig.answer("AT+CIPSSLSIZE=4096", "OK");
    assert_eq!(rig.written(), "AT+CIPSTART=0,\"SSL\",\"192.168.4.20\",80\r\n");
    let mut second = rig.modem.socket().unwrap();
    assert!(
        rig.modem.secure(&mut second, "b.example").is_err(),
        "the first may need its name again"
    );
    rig.modem.close(first).unwrap();
    assert_eq!(rig.modem.secure(&mut second, "b.example"), Ok(()));
}

#[test]
fn what_was_announced_before_a_connect_isnt_the_connections() {
    let mut rig = rig();
    let mut socket = rig.modem.socket().unwrap();
    rig.says("+IPD,0,5");
    assert_eq!(rig.connect(&mut socket), Err(nb::Error::WouldBlock));
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.modem.connect(&mut socket, PEER.into()), Ok(()));
    assert!(!rig.modem.has_unread(&mut socket));
}

#[test]
fn what_a_scan_finds_waits_for_whoever_has_just_started_it() {
    let mut rig = rig();
    rig.pass(60_000);
    rig.modem.start_scan();
    rig.modem.poll_network();
    rig.answer("AT+CWLAP", "+CWLAP:(3,\"sim\",-48,\"02:00:00:00:00:01\",6,-11,0)");
    rig.pass(100);
    let found = rig.modem.poll_scan(&mut cx()).unwrap();
    assert_eq!(found.expect("it was said").ssid(), b"sim");
}

/// A firmware that is deaf while it connects answers afterwards, one thing behind the other.
#[test]
fn late_answers_make_no_connection() {
    let mut rig = rig();
    let mut first = rig.modem.socket().unwrap();
    assert_eq!(rig.connect(&mut first), Err(nb::Error::WouldBlock));
    assert_eq!(rig.written(), format!("{CONNECT}\r\n"));
    rig.overrun();
    rig.modem.close(first).unwrap();
    let mut second = rig.modem.socket().unwrap();
    assert_eq!(rig.connect(&mut second), Err(nb::Error::WouldBlock));
    rig.pass(100);
    rig.answer("AT", "0,CONNECT\r\n\r\nOK");
    rig.pass(10);
    assert_eq!(rig.written(), "", "the answer to `AT` may be yet to come");
    rig.says("OK");
    rig.pass(100);
    rig.answer(CONNECT, "ALREADY CONNECTED\r\n\r\nERROR");
    rig.answer("AT+CIPCLOSE=0", "0,CLOSED\r\n\r\nOK");
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut second), Ok(()));
}

#[test]
fn an_ok_without_a_connect_is_no_connection() {
    let mut rig = rig();
    let mut socket = rig.modem.socket().unwrap();
    assert_eq!(rig.connect(&mut socket), Err(nb::Error::WouldBlock));
    rig.answer(CONNECT, "OK");
    rig.answer("AT+CIPCLOSE=0", "0,CLOSED\r\n\r\nOK");
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut socket), Ok(()));
}

/// It isn't dialled where nothing but `ERROR` comes, at once.
#[test]
fn a_connect_that_was_answered_with_a_word_more_was_dialled() {
    for (answer, error) in [
        ("ERROR", EspAtError::NotDialled),
        ("ERR CODE:0x010a0000\r\n\r\nERROR", EspAtError::NotDialled),
        ("0,CONNECT\r\n\r\nERROR", EspAtError::ConnectFailed),
        ("DNS Fail\r\n\r\nERROR", EspAtError::ConnectFailed),
        ("connect fail\r\n\r\nERROR", EspAtError::ConnectFailed),
    ] {
        let mut rig = rig();
        let mut socket = rig.modem.socket().unwrap();
        assert_eq!(rig.connect(&mut socket), Err(nb::Error::WouldBlock));
        rig.answer(CONNECT, answer);
        rig.pass(60);
        rig.answer("AT+CIPCLOSE=0", "ERROR");
        assert_eq!(rig.connect(&mut socket), Err(nb::Error::Other(error)), "{answer}");
    }
}

/// Bytes of a scan's last line were lost: what follows isn't its name.
#[test]
fn a_name_that_was_cut_short_swallows_no_answers() {
    let mut rig = rig();
    rig.modem.start_scan();
    rig.modem.poll_network();
    rig.answer("AT+CWLAP", "+CWLAP:(3,\"ab\r\n\r\nOK");
    rig.pass(2_000);
    assert_eq!(rig.written(), "?\r\n");
    rig.says("\r\nERROR");
    rig.pass(100);
    rig.answer("AT+CWLAP", "OK");
    assert!(matches!(rig.modem.poll_scan(&mut cx()), Ok(None)));
}

#[test]
fn the_reason_of_a_failed_join_is_understood_in_both_spellings() {
    for command in ["+CWJAP", "+CWJAP_CUR"] {
        for (code, error) in [(1, JoinError::TimedOut), (2, JoinError::WrongPassword)] {
            let mut rig = rig();
            rig.start_join();
            rig.answer(JOIN, &format!("{command}:{code}\r\n\r\nFAIL"));
            assert_eq!(rig.modem.poll_join(&mut cx()), Err(nb::Error::Other(error)), "{command}");
        }
    }
}

/// As a weak supply does it: nothing waits for its end.
#[test]
fn a_modem_that_resets_for_ever_keeps_nobody_waiting() {
    let mut cx = cx();
    let reset = Err(nb::Error::Other(EspAtError::ModemReset));
    for at in ["ATE0", "AT+CIPMUX=1", "AT+CWHOSTNAME"] {
        let mut rig = rig();
        rig.modem.start_rssi();
        rig.says("ready");
        let mut loops = |poll: &mut dyn FnMut(&mut Modem<_>) -> nb::Result<(), EspAtError>| {
            for _ in 0..300 {
                rig.pass(100);
                match rig.written().trim_end() {
                    "" => {}
                    "AT+GMR" => rig.says("AT version:1.7.4.0(May 11 2020)\r\nOK"),
                    line => rig.says(if line.starts_with(at) { "ready" } else { "OK" }),
                }
                match poll(&mut rig.modem) {
                    Err(nb::Error::WouldBlock) => {}
                    end => return end,
                }
            }
            Err(nb::Error::WouldBlock)
        };
        if at != "AT+CWHOSTNAME" {
            assert_eq!(loops(&mut |modem| modem.poll_rssi(&mut cx).map(|_| ())), reset, "{at}");
        }
        let mut is_set = false;
        let poll = &mut |modem: &mut Modem<_>| {
            if !core::mem::replace(&mut is_set, true) {
                modem.start_set(Setting::Hostname("sensor"))?;
            }
            modem.poll_set(&mut cx)
        };
        assert_eq!(loops(poll), reset, "{at}");
    }
}
