//! Data that aren't the peer's, and a stale socket's.

use super::*;

/// Bodies whose ends look like what has to follow data, or like what the modem says of its own accord.
const BODIES: [&[u8]; 12] = [
    b"hello",
    b"hello\r",
    b"hello\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"hello\r\nOK\r\n",
    b"hello\r\n\r\nOK\r\n\r\nOK\r\n",
    b"hello\r\n0,CLOSED\r\n",
    b"hello\r\nWIFI GOT IP\r\n",
    b"WIFI GOT IP\r\nWIFI GOT IP\r\n",
    b"+IPD,0,17\r\n\r\n+IPD,0,17\r\n",
    b"+CIPRECVDATA,5:hello\r\nOK\r\n",
    b"\r\r\n\r\r\nOK\r\r\n\r\r\n",
];

/// What is added to the line: a byte, or a line of the modem's.
const ADDED: [&[u8]; 14] = [
    b"x",
    b"\r",
    b"\n",
    b"\r\n",
    b"0",
    b"O",
    b"\r\nOK\r\n",
    b"OK\r\n",
    b"\r\n+IPD,0,17\r\n",
    b"+IPD,0,17\r\n",
    b"WIFI GOT IP\r\n",
    b"0,CLOSED\r\n",
    b"\r\nbusy p...\r\n",
    b"\r\r\n",
];

/// Reads until the end or an error; what was given out.
fn read_all(rig: &mut Rig) -> (Vec<u8>, Option<Result<(), EspAtError>>) {
    let mut got = Vec::new();
    let mut socket = rig.modem.socket().unwrap();
    let Rig { modem, clock, .. } = rig;
    let mut buffer = [0; 64];
    let end = block(clock, 60 * SECOND, || modem.connect(&mut socket, at(80)));
    let end = match end {
        Some(Ok(())) => block(clock, 60 * SECOND, || modem.send(&mut socket, b"go").map(|_| ())),
        end => end,
    };
    let end = match end {
        Some(Ok(())) => loop {
            match block(clock, 30 * SECOND, || modem.receive(&mut socket, &mut buffer)) {
                None => break None,
                Some(Ok(0)) => break Some(Ok(())),
                Some(Ok(count)) => got.extend_from_slice(&buffer[..count]),
                Some(Err(error)) => break Some(Err(error)),
            }
        },
        end => end,
    };
    modem.close(socket).unwrap();
    (got, end)
}

/// A fault at each byte that the modem says from the read's head on, over each body and both line ends.
#[test]
fn what_is_given_out_is_what_the_peer_sent() {
    let mut outcomes = BTreeMap::<String, usize>::new();
    let every_nth = if long() { 1 } else { 89 };
    for dialect in Dialect::WITH_SINGLE {
        for body in BODIES {
            for cr_cr_lf in [false, true] {
                let rig = || {
                    let mut config = Config::new(dialect).booted().peer(HOST, 80, speaks(body));
                    if cr_cr_lf {
                        config = config.fault(Fault::CrCrLf, When::Always);
                    }
                    let rig = Rig::joined(config);
                    rig.handle.clear_log();
                    rig
                };
                // Where the read begins, in bytes behind the join.
                let mut whole = rig();
                let before = whole.handle.produced();
                assert_eq!(read_all(&mut whole), (body.to_vec(), Some(Ok(()))), "{dialect}");
                let total = whole.handle.produced() - before;
                drop(whole);
                let mut edits: Vec<Edit> =
                    ADDED.iter().map(|it| Edit::Insert(it.to_vec())).collect();
                edits.extend([Edit::Drop(1), Edit::Drop(2), Edit::Drop(9)]);
                let mut nth = 0;
                for edit in edits {
                    for at in 0..total {
                        nth += 1;
                        if nth % every_nth != 0 {
                            continue;
                        }
                        let mut rig = rig();
                        rig.handle.edit_output(at, edit.clone());
                        let (got, end) = read_all(&mut rig);
                        let what = format!(
                            "{dialect} {cr_cr_lf} {:?} {edit:?} at {at} of {total}: {:?} {end:?} {:#?}",
                            body.escape_ascii().to_string(),
                            got.escape_ascii().to_string(),
                            rig.handle.log()
                        );
                        assert!(body.starts_with(&got), "{what}");
                        assert!(end != Some(Ok(())) || got == body, "{what}");
                        // A `CLOSED` that is lost, where the modem doesn't tell a closed link from an
                        // idle one: all of the data are there, and the reader's deadline ends it.
                        let is_open = got == body && dialect != Dialect::EspAt2;
                        assert!(end.is_some() || is_open, "{what}");
                        let end = format!("{end:?}");
                        *outcomes.entry(end).or_default() += 1;
                    }
                }
            }
        }
    }
    println!("{outcomes:#?}");
}

/// A head that lost a digit, in front of data that look like its end.
#[test]
fn a_fault_in_the_head_that_shortens_the_message_is_found() {
    const BODY: &[u8] =
        b"12\r\nOK\r\n4567890123456789012345678901234567890123456789012345678\r\nOK\r\n";
    for dialect in Dialect::WITH_SINGLE {
        for at in 0..160 {
            let config = Config::new(dialect).booted().peer(HOST, 80, speaks(BODY));
            let mut rig = Rig::joined(config);
            rig.handle.edit_output(at, Edit::Drop(1));
            let (got, end) = read_all(&mut rig);
            assert!(BODY.starts_with(&got), "{dialect} {at} {got:?}");
            assert!(end != Some(Ok(())) || got == BODY, "{dialect} {at} {:#?}", rig.handle.log());
        }
    }
}

// ---- A stale socket ----

#[test]
fn closing_a_stale_socket_leaves_the_new_ones_data_alone() {
    every(|dialect| {
        for passive in [true, false] {
            let mut config = Config::new(dialect).booted().peer(HOST, 80, speaks(b"new"));
            if !passive {
                config = config.fault(Fault::NoPassiveMode, When::Always);
            }
            let mut rig = Rig::joined(config);
            let connect = |rig: &mut Rig| {
                let mut socket = rig.modem.socket().unwrap();
                let Rig { modem, clock, .. } = rig;
                let to = || modem.connect(&mut socket, at(80));
                block(clock, 10 * SECOND, to).unwrap().unwrap();
                socket
            };
            let mut old = connect(&mut rig);
            rig.handle.reset();
            while rig.modem.resets() == 0 {
                rig.modem.poll_network();
            }
            while !matches!(rig.modem.link_status(), LinkStatus::Up(_)) {}
            let mut new = connect(&mut rig);
            let Rig { modem, clock, .. } = &mut rig;
            block(clock, SECOND, || modem.send(&mut new, b"go")).unwrap().unwrap();
            block(clock, SECOND / 10, || {
                modem.poll_network();
                nb::Result::<(), ()>::Err(nb::Error::WouldBlock)
            });
            assert!(modem.has_unread(&mut new), "{dialect} {passive}");
            let reset = Err(nb::Error::Other(EspAtError::ModemReset));
            assert_eq!(modem.receive(&mut old, &mut [0; 8]), reset);
            assert!(modem.has_unread(&mut old), "it carries no other request");
            modem.close(old).unwrap();
            let mut buffer = [0; 8];
            let got = block(clock, SECOND, || modem.receive(&mut new, &mut buffer));
            assert_eq!(got, Some(Ok(3)), "{dialect} {passive}");
            assert_eq!(&buffer[..3], b"new");
        }
    });
}

/// What an old connection's reader didn't take is no beginning of the next one's data.
#[test]
fn data_of_a_connection_that_a_reset_ended_are_nobodys() {
    every(|dialect| {
        for passive in [true, false] {
            let mut config = Config::new(dialect).booted().peer(HOST, 80, speaks(b"0123456789"));
            if !passive {
                config = config.fault(Fault::NoPassiveMode, When::Always);
            }
            let mut rig = Rig::joined(config);
            for round in 0..3 {
                let mut socket = rig.modem.socket().unwrap();
                let Rig { modem, clock, .. } = &mut rig;
                block(clock, 30 * SECOND, || modem.connect(&mut socket, at(80))).unwrap().unwrap();
                block(clock, SECOND, || modem.send(&mut socket, b"go")).unwrap().unwrap();
                let mut buffer = [0; 4];
                let got = block(clock, 2 * SECOND, || modem.receive(&mut socket, &mut buffer));
                assert_eq!(got, Some(Ok(4)), "{dialect} {passive} {round}");
                assert_eq!(&buffer, b"0123", "{dialect} {passive} {round}");
                match round {
                    0 => rig.handle.reset(),
                    _ => modem.close(socket).unwrap(),
                }
                let until = rig.now() + 2 * SECOND;
                while rig.now() < until || !matches!(rig.modem.link_status(), LinkStatus::Up(_)) {
                    rig.modem.poll_network();
                }
            }
        }
    });
}
