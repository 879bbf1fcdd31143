//! The rows in `src/diagnosis/rules.rs`, read from its source: which of its rows a verdict came of.

use crate::observed::Verdict;
use safe_http_client::StackFault;

/// A row, as it is written.
pub struct Row {
    /// Its symptoms and what has to be given.
    pub when: String,
    /// Its suspects: `NothingListens Likely, …`.
    pub causes: String,
}

/// All rows, from the source.
pub fn rows() -> Vec<Row> {
    let source = include_str!("../../src/diagnosis/rules.rs");
    let table = source
        .split_once("match (f.symptom, f.fault) {")
        .unwrap()
        .1
        .split_once("\n    }")
        .unwrap()
        .0;
    // Comments would stand between the rows otherwise.
    let code: Vec<_> = table.lines().filter(|line| !line.trim().starts_with("//")).collect();
    let words: Vec<_> = code.iter().flat_map(|line| line.split_whitespace()).collect();
    let text = words.join(" ");
    let rows = text.split_terminator("],").map(|row| {
        let (when, causes) = row.split_once(" => &[(").unwrap();
        let causes = causes.trim_end_matches(')').replace("), (", "; ");
        Row { when: when.trim().into(), causes: causes.replace(", ", " ").replace("; ", ", ") }
    });
    rows.collect()
}

pub fn causes(verdict: &Verdict) -> String {
    let suspects = verdict.suspects.iter();
    suspects.map(|s| format!("{:?} {:?}", s.cause, s.confidence)).collect::<Vec<_>>().join(", ")
}

impl Row {
    /// Whether a verdict came of this row: by its suspects and, where several rows have the same,
    /// by what the row asks for.
    fn is_of(&self, verdict: &Verdict) -> bool {
        let asks_for = |name: &str| self.when.contains(name);
        let fault = match verdict.fault {
            StackFault::Tls(why) => format!("TlsFault::{why:?}"),
            fault => format!("StackFault::{fault:?}"),
        };
        let is_apart = |letter: char| !letter.is_alphanumeric() && letter != ':';
        let fits_fault =
            !asks_for("StackFault::") || self.when.split(is_apart).any(|word| word == fault);
        let fits_answer = match (asks_for("AnswerAsksForTls"), asks_for("AnswerIsTls")) {
            (true, _) => verdict.of_answer,
            (_, true) => !verdict.of_answer,
            _ => true,
        };
        let fits_refusal =
            !asks_for("NameWithoutDnsServer") || verdict.fault != StackFault::NoResolver;
        let fits_offline = self.when != "(Offline, _)" || verdict.fault == StackFault::Unknown;
        let fits_mistake =
            self.when != "(MistakeOfCaller, _)" || verdict.fault == StackFault::Unknown;
        let words: Vec<_> = verdict.text.split_whitespace().collect();
        let counts_reads = words.join(" ").contains("receive gave 0 bytes");
        let fits_reads = !asks_for("EmptyReads") || counts_reads;
        self.has_causes(verdict)
            && fits_fault
            && fits_answer
            && fits_refusal
            && fits_offline
            && fits_mistake
            && fits_reads
    }

    /// Whether a verdict has a row's suspects, but for those that were ruled out.
    fn has_causes(&self, verdict: &Verdict) -> bool {
        let mut left = self.causes.split(", ");
        causes(verdict).split(", ").all(|suspect| left.any(|of_row| of_row == suspect))
            && !verdict.suspects.is_empty()
    }
}

/// The row that a verdict came of: of those that fit, the first that it has all suspects of.
pub fn row_of(rows: &[Row], verdict: &Verdict) -> Option<usize> {
    let all = causes(verdict);
    let whole = rows.iter().position(|row| row.causes == all && row.is_of(verdict));
    whole.or_else(|| rows.iter().position(|row| row.is_of(verdict)))
}
