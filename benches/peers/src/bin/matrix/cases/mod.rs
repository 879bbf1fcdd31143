//! The tables.

mod connections;
mod requests;
mod responses;

use crate::case::{Act, Ask, Case, Expect, Needs, Reading, send};
use crate::server::Seen;

pub const TABLES: [&str; 3] = ["responses", "requests", "connections"];

pub const URL: &str = "http://gate.test/data";
const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub fn all() -> Vec<Case> {
    let mut cases = responses::cases();
    cases.extend(requests::cases());
    cases.extend(connections::cases());
    cases
}

fn case(table: &'static str, name: impl Into<String>, section: &'static str) -> Case {
    Case {
        table,
        name: name.into(),
        section,
        asks: Vec::new(),
        connections: Vec::new(),
        expect: Vec::new(),
        seen: |_| Ok(()),
        needs: Needs::Nothing,
    }
}

impl Case {
    fn ask(mut self, ask: Ask, expect: Expect) -> Self {
        self.asks.push(ask);
        self.expect.push(expect);
        self
    }

    fn connection(mut self, acts: impl Into<Vec<Act>>) -> Self {
        self.connections.push(acts.into());
        self
    }

    fn needs(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    fn seen(mut self, seen: fn(&Seen) -> Result<(), String>) -> Self {
        self.seen = seen;
        self
    }
}

fn hello() -> Expect {
    Expect::Body(200, b"hello".to_vec())
}

fn hello_or_error() -> Expect {
    Expect::BodyOrError(200, b"hello".to_vec())
}

fn body(text: &str) -> Expect {
    Expect::Body(200, text.as_bytes().to_vec())
}

fn body_or_error(text: &str) -> Expect {
    Expect::BodyOrError(200, text.as_bytes().to_vec())
}

/// A response with this body.
fn answer(text: &str) -> Act {
    send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// They are what a case is found by.
    #[test]
    fn names_are_unique() {
        let cases = all();
        let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
        assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn every_case_says_what_is_right() {
        for case in all() {
            assert!(TABLES.contains(&case.table), "{}", case.name);
            assert_eq!(case.asks.len(), case.expect.len(), "{}", case.name);
        }
    }
}
