//! When faults happen.

use crate::fault::Fault;

/// At which of the events that a fault waits for it happens. The count begins when the fault is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At every one.
    Always,
    /// At the n-th alone; the first is 1.
    Nth(u64),
    /// At the n-th and all after it.
    From(u64),
    /// At every n-th.
    Every(u64),
}

impl When {
    fn matches(self, count: u64) -> bool {
        match self {
            When::Always => true,
            When::Nth(n) => count == n,
            When::From(n) => count >= n,
            When::Every(n) => n != 0 && count.is_multiple_of(n),
        }
    }
}

#[derive(Clone, Debug)]
struct Scheduled {
    fault: Fault,
    when: When,
    seen: u64,
}

/// The faults that are scheduled now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    scheduled: Vec<Scheduled>,
    happened: Vec<(Fault, u64)>,
}

impl Schedule {
    pub fn add(&mut self, fault: Fault, when: When) {
        self.scheduled.push(Scheduled { fault, when, seen: 0 });
    }

    pub fn remove(&mut self, fault: Fault) {
        self.scheduled.retain(|entry| entry.fault != fault);
    }

    pub fn clear(&mut self) {
        self.scheduled.clear();
    }

    /// One event of the kind that `fault` waits for has come: does the fault happen at it?
    pub fn hits(&mut self, fault: Fault) -> bool {
        let mut hit = false;
        for entry in self.scheduled.iter_mut().filter(|it| it.fault == fault) {
            entry.seen += 1;
            hit |= entry.when.matches(entry.seen);
        }
        if hit {
            self.count(fault);
        }
        hit
    }

    /// Whether a state is on; nothing is counted.
    pub fn on(&self, fault: Fault) -> bool {
        self.scheduled.iter().any(|entry| entry.fault == fault)
    }

    /// How often a fault has happened at an event.
    pub fn happened(&self, fault: Fault) -> u64 {
        self.happened.iter().find(|entry| entry.0 == fault).map_or(0, |entry| entry.1)
    }

    fn count(&mut self, fault: Fault) {
        match self.happened.iter_mut().find(|entry| entry.0 == fault) {
            Some(entry) => entry.1 += 1,
            None => self.happened.push((fault, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(when: When) -> Vec<bool> {
        let mut schedule = Schedule::default();
        schedule.add(Fault::LostAnswer, when);
        (0..4).map(|_| schedule.hits(Fault::LostAnswer)).collect()
    }

    #[test]
    fn counting() {
        assert_eq!(hits(When::Always), [true; 4]);
        assert_eq!(hits(When::Nth(2)), [false, true, false, false]);
        assert_eq!(hits(When::From(3)), [false, false, true, true]);
        assert_eq!(hits(When::Every(2)), [false, true, false, true]);
        assert_eq!(hits(When::Every(0)), [false; 4]);
    }

    #[test]
    fn removal_and_count() {
        let mut schedule = Schedule::default();
        schedule.add(Fault::Unlink, When::Always);
        assert!(schedule.on(Fault::Unlink) && schedule.hits(Fault::Unlink));
        schedule.remove(Fault::Unlink);
        assert!(!schedule.on(Fault::Unlink) && !schedule.hits(Fault::Unlink));
        assert_eq!(schedule.happened(Fault::Unlink), 1);
        schedule.add(Fault::Unlink, When::Always);
        schedule.clear();
        assert!(!schedule.on(Fault::Unlink));
    }
}
