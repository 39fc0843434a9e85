//! The head of a message while it arrives.

use std::borrow::Cow;
use std::mem;

use super::head::find_header_end;

/// The step by which memory grows, so that the old and the new together are not more than twice what has arrived and a little.
const STEP: usize = 2048;

/// The part of a head that has arrived. A head that comes in one piece takes no memory.
#[derive(Default)]
pub(crate) struct IncomingHead(Vec<u8>);

/// The state of a head with one more part of it.
pub(crate) enum HeadProgress<'p> {
    Incomplete,
    Complete {
        head: Cow<'p, [u8]>,
        /// The bytes behind the head.
        rest: &'p [u8],
    },
    /// It does not end within the limit.
    TooLarge,
}

impl IncomingHead {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes that have arrived; empty once the head is complete, because it was handed over.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes the next part of a head which may have `max` bytes.
    pub(crate) fn take<'p>(&mut self, part: &'p [u8], max: usize) -> HeadProgress<'p> {
        self.take_to(part, max, find_header_end)
    }

    /// As [`take`](Self::take), of a head whose end is found by that function, as [`find_header_end`] does it.
    pub(crate) fn take_to<'p>(
        &mut self,
        part: &'p [u8],
        max: usize,
        find_end: fn(&[u8], usize) -> Option<usize>,
    ) -> HeadProgress<'p> {
        let had = self.0.len();
        let within = &part[..part.len().min(max.saturating_sub(had))];
        if had == 0
            && let Some(end) = find_end(within, 0)
        {
            let (head, rest) = part.split_at(end);
            return HeadProgress::Complete { head: Cow::Borrowed(head), rest };
        }
        self.append(within);
        match find_end(&self.0, had) {
            Some(end) => {
                HeadProgress::Complete { head: Cow::Owned(self.up_to(end)), rest: &part[end - had..] }
            }
            None if had + part.len() >= max => HeadProgress::TooLarge,
            None => HeadProgress::Incomplete,
        }
    }

    fn append(&mut self, part: &[u8]) {
        let missing = (self.0.len() + part.len()).saturating_sub(self.0.capacity());
        if missing > 0 {
            self.0.reserve_exact(part.len().max(STEP).max(self.0.len() / 32));
        }
        self.0.extend_from_slice(part);
    }

    fn up_to(&mut self, end: usize) -> Vec<u8> {
        let mut head = mem::take(&mut self.0);
        head.truncate(end);
        head
    }
}
