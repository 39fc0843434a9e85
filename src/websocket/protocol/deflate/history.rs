//! The last text of one direction of a connection: what its next message may refer to.

use std::collections::VecDeque;

/// The last bytes that were added, as many as it may have. It takes memory for what was added, and not for more than that.
#[derive(Debug, Default)]
pub(super) struct History {
    bytes: VecDeque<u8>,
}

impl History {
    /// The history in two parts, the older one first.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        let (older, newer) = self.bytes.as_slices();
        [older, newer]
    }

    /// Adds what comes next, and forgets all but the last `max` bytes.
    pub(super) fn append(&mut self, text: &[u8], max: usize) {
        let text = &text[text.len().saturating_sub(max)..];
        let outdated = (self.bytes.len() + text.len()).saturating_sub(max);
        self.bytes.drain(..outdated);
        let needed = self.bytes.len() + text.len();
        if needed > self.bytes.capacity() {
            let capacity = needed.max(2 * self.bytes.capacity()).min(max);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend(text);
    }
}
