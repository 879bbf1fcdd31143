//! What is due later.

use std::time::Duration;

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
