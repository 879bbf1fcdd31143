//! A modem that answers from a script, for what no simulated firmware says.

use conformance::common::cx;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{Clock, LoopContext};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;

/// What it says to a line, each after so many milliseconds more.
pub type Answers = Vec<(u64, String)>;

type Answer = Box<dyn FnMut(&str) -> Option<Answers>>;

struct State {
    /// Microseconds.
    now: u64,
    /// When each byte comes.
    output: VecDeque<(u64, u8)>,
    line: Vec<u8>,
    sent: Vec<String>,
    answer: Answer,
}

#[derive(Clone)]
pub struct Script(Rc<RefCell<State>>);

impl Script {
    /// A firmware that has started and joined, but for what `answer` says to a line.
    pub fn new(answer: impl FnMut(&str) -> Option<Answers> + 'static) -> Self {
        Self(Rc::new(RefCell::new(State {
            now: 0,
            output: VecDeque::new(),
            line: Vec::new(),
            sent: Vec::new(),
            answer: Box::new(answer),
        })))
    }

    pub fn driver(&self) -> (EspAt<Script, Script>, LoopContext) {
        (EspAt::new(self.clone(), self.clone()), cx())
    }

    pub fn sent(&self) -> Vec<String> {
        self.0.borrow().sent.clone()
    }

    /// What it would say to a line.
    pub fn answer_to(&self, line: &str) -> Option<Answers> {
        (self.0.borrow_mut().answer)(line)
    }
}

/// What a 1.7 says that is on an access point.
fn usual(line: &str) -> String {
    let told = match line {
        "AT+GMR" => "AT version:1.7.4.0(May 11 2020)\r\n",
        "AT+CIPSTATUS" => "STATUS:2\r\n",
        "AT+CIPSTA_CUR?" => "+CIPSTA_CUR:ip:\"192.168.4.2\"\r\n",
        "AT+CIPDNS_CUR?" => "+CIPDNS_CUR:192.168.4.1\r\n",
        "?" => return "\r\nERROR\r\n".into(),
        _ => "",
    };
    format!("{told}\r\nOK\r\n")
}

impl Clock for Script {
    fn now_ms(&self) -> u32 {
        let mut state = self.0.borrow_mut();
        state.now += 2;
        (state.now / 1_000) as u32
    }
}

impl ErrorType for Script {
    type Error = Infallible;
}

impl ReadReady for Script {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        let mut state = self.0.borrow_mut();
        let now = state.now;
        let ready = state.output.front().is_some_and(|(at, _)| *at <= now);
        if !ready {
            state.now += 1_000;
        }
        Ok(ready)
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let mut state = self.0.borrow_mut();
        let now = state.now;
        let mut count = 0;
        while count < buffer.len() && state.output.front().is_some_and(|(at, _)| *at <= now) {
            buffer[count] = state.output.pop_front().unwrap().1;
            count += 1;
        }
        Ok(count)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let mut state = self.0.borrow_mut();
        for byte in bytes {
            state.line.push(*byte);
            if *byte != b'\n' {
                continue;
            }
            let line = String::from_utf8_lossy(&std::mem::take(&mut state.line)).into_owned();
            let line = line.trim_end().to_owned();
            let answers = (state.answer)(&line);
            let answers = answers.unwrap_or_else(|| vec![(0, usual(&line))]);
            state.sent.push(line);
            // A firmware says one thing after the other.
            let mut at = state.output.back().map_or(state.now, |last| last.0.max(state.now));
            for (ms, text) in answers {
                at += ms * 1_000;
                state.output.extend(text.bytes().map(|byte| (at, byte)));
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
