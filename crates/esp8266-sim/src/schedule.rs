//! When faults happen, and what is due later.

use std::time::Duration;

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

/// Events in the order of their time, and of their making where that is the same.
#[derive(Debug)]
pub(crate) struct Timeline<E> {
    events: Vec<(Duration, E)>,
}

impl<E> Default for Timeline<E> {
    fn default() -> Self {
        Timeline { events: Vec::new() }
    }
}

impl<E> Timeline<E> {
    pub fn add(&mut self, at: Duration, event: E) {
        let index = self.events.partition_point(|entry| entry.0 <= at);
        self.events.insert(index, (at, event));
    }

    pub fn next(&self) -> Option<Duration> {
        self.events.first().map(|entry| entry.0)
    }

    pub fn pop(&mut self) -> Option<E> {
        (!self.events.is_empty()).then(|| self.events.remove(0).1)
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&E) -> bool) {
        self.events.retain(|entry| keep(&entry.1));
    }

    pub fn clear(&mut self) {
        self.events.clear();
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

    #[test]
    fn order() {
        let mut timeline = Timeline::default();
        for (at, event) in [(2, 'c'), (1, 'a'), (1, 'b'), (0, '0')] {
            timeline.add(Duration::from_secs(at), event);
        }
        timeline.retain(|&event| event != '0');
        assert_eq!(timeline.next(), Some(Duration::from_secs(1)));
        let order: Vec<_> = std::iter::from_fn(|| timeline.pop()).collect();
        assert_eq!(order, ['a', 'b', 'c']);
        assert_eq!(timeline.next(), None);
    }
}
