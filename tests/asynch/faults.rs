//! A fault at each call of the stack: an error, the end, silence, nothing taken. Each ends in a typed error or in
//! the right answer, and leaves a client that works.

use crate::common::cx;
use crate::pending::{Client, Fault, Peer, Pending, block_on, client};
use embedded_io_async::{ErrorKind as IoError, Read};
use safe_http_client::{BodyLength, Config, ErrorOf, LoopContext};
use std::time::Duration;

type Network<'n> =
    safe_http_client::asynch::NalNetwork<'n, Pending, Pending, crate::common::TestLink>;
type Outcome<'n> = Result<String, ErrorOf<Network<'n>>>;

fn get<'n>(client: &mut Client<'n>, cx: &mut LoopContext, target: &str) -> Outcome<'n> {
    block_on(async {
        let mut buffer = [0; 256];
        let mut online = client.online(cx)?;
        let url = format!("http://gate.local/{target}");
        let mut response = online.get(&url, &mut buffer).send().await?;
        let (mut body, mut piece) = (Vec::new(), [0; 7]);
        loop {
            match response.read(&mut piece).await? {
                0 => return Ok(String::from_utf8(body).unwrap()),
                count => body.extend_from_slice(&piece[..count]),
            }
        }
    })
}

fn put<'n>(client: &mut Client<'n>, cx: &mut LoopContext, target: &str) -> Outcome<'n> {
    block_on(async {
        let mut buffer = [0; 160];
        let mut online = client.online(cx)?;
        let url = format!("http://gate.local/{target}");
        let body = [b'x'; 300];
        let put = online.put(&url, &mut buffer);
        let mut response = put.send_from(&mut &body[..], BodyLength::Chunked).await?;
        Ok(response.read_to_str().await?.to_owned())
    })
}

type Scenario = for<'n> fn(&mut Client<'n>, &mut LoopContext, &str) -> Outcome<'n>;

const FAULTS: [Fault; 6] = [
    Fault::Error(IoError::ConnectionReset),
    Fault::Error(IoError::BrokenPipe),
    Fault::Error(IoError::TimedOut),
    Fault::Error(IoError::Other),
    Fault::Nothing,
    Fault::Silence,
];

#[test]
fn at_each_call_of_each_scenario() {
    let mut cx = cx();
    let ms = Duration::from_millis;
    let config = Config::new()
        .resolve_timeout(ms(20))
        .connect_timeout(ms(20))
        .response_timeout(ms(20))
        .idle_timeout(ms(20));
    let scenarios: [(&str, Scenario, &str); 3] =
        [("GET", get, "state"), ("chunked GET", get, "chunked/state"), ("PUT", put, "log")];
    let (mut points, mut failed) = (0, 0);
    for (name, scenario, target) in scenarios {
        for kept in [false, true] {
            let run = |fault: Option<(usize, Fault)>, cx: &mut LoopContext| {
                let stack = Pending::new(Peer::Serves(5));
                let mut client = client(&stack, config.clone());
                if kept {
                    assert_eq!(get(&mut client, cx, "before").unwrap(), "/before");
                }
                stack.calls.set(0);
                stack.fault.set(fault);
                let outcome = scenario(&mut client, cx, target).map_err(|error| error.code());
                let calls = stack.calls.get();
                stack.fault.set(None);
                let what = format!("{name}, kept: {kept}, {fault:?}: {outcome:?}");
                if let Ok(body) = &outcome {
                    assert_eq!(*body, format!("/{target}"), "{what}");
                } else {
                    assert!(!client.is_connected(), "{what}");
                    assert_eq!(stack.opened.get(), stack.closed.get(), "{what}");
                }
                // No byte of it gets into the next.
                assert_eq!(get(&mut client, cx, "next").unwrap(), "/next", "{what}");
                client.close();
                assert_eq!(stack.opened.get(), stack.closed.get(), "{what}");
                (outcome, calls)
            };
            let (outcome, calls) = run(None, &mut cx);
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
            assert!(calls >= 4, "{name}: {calls} calls");
            for fault in FAULTS {
                for at in 1..=calls {
                    points += 1;
                    failed += usize::from(run(Some((at, fault)), &mut cx).0.is_err());
                }
            }
        }
    }
    println!("{points} points: {failed} ended in an error, the others in the right answer");
    assert!(points > 400 && failed > points / 2, "{points}, {failed}");
}
