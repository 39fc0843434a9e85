//! Bytes that were read ahead, until they are taken: the buffer of a `QIODevice`.

use std::collections::VecDeque;
use std::io::Read;
use std::mem;

#[derive(Default)]
pub(super) struct Input {
    bytes: VecDeque<u8>,
    /// The number of bytes at the front that a transaction has taken so far. They stay until it is committed.
    transaction: Option<usize>,
    /// The number of bytes at the front that were searched for the end of a line in vain.
    without_line: usize,
}

impl Input {
    /// The number of bytes that can be taken.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.taken()
    }

    /// The number of bytes in memory, also those that a transaction has taken.
    pub(super) fn buffered(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Puts a byte back, or one that was never there; not in a transaction. Returns whether it did.
    pub(super) fn unget(&mut self, byte: u8) -> bool {
        if self.transaction.is_none() {
            self.without_line = 0;
            self.bytes.push_front(byte);
        }
        self.transaction.is_none()
    }

    /// Drops all bytes, for another connection. A transaction goes on with the first of that.
    pub(super) fn start_over(&mut self) {
        *self = Self { transaction: self.transaction.map(|_| 0), ..Self::default() };
    }

    // ---- taking

    /// Takes at most so many bytes.
    pub(super) fn take(&mut self, max: usize) -> Vec<u8> {
        if self.transaction.is_none() && max >= self.bytes.len() {
            self.without_line = 0;
            return mem::take(&mut self.bytes).into();
        }
        let mut taken = vec![0; max.min(self.len())];
        self.take_into(&mut taken);
        taken
    }

    /// Takes as many bytes as fit, and returns how many.
    pub(super) fn take_into(&mut self, buffer: &mut [u8]) -> usize {
        let count = buffer.len().min(self.len());
        match &mut self.transaction {
            Some(taken) => {
                let range = *taken..*taken + count;
                buffer.iter_mut().zip(self.bytes.range(range)).for_each(|(to, from)| *to = *from);
                *taken += count;
            }
            None => {
                let copied = self.bytes.read_exact(&mut buffer[..count]);
                debug_assert!(copied.is_ok(), "there are that many");
                self.removed(count);
            }
        }
        count
    }

    pub(super) fn take_byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        (self.take_into(&mut byte) == 1).then_some(byte[0])
    }

    /// Throws away at most so many bytes, and returns how many.
    pub(super) fn skip(&mut self, max: usize) -> usize {
        let count = max.min(self.len());
        match &mut self.transaction {
            Some(taken) => *taken += count,
            None => self.remove(count),
        }
        count
    }

    /// A copy of the first bytes.
    pub(super) fn peek(&self, max: usize) -> Vec<u8> {
        self.bytes.iter().skip(self.taken()).take(max).copied().collect()
    }

    /// The length of the first line with its end, if it is whole. Bytes that were searched before are not searched again, so that
    /// a line may come in any pieces.
    pub(super) fn line(&mut self) -> Option<usize> {
        let (taken, searched) = (self.taken(), self.without_line);
        let from = searched.max(taken);
        let found = self.bytes.range(from..).position(|byte| *byte == b'\n').map(|index| from + index);
        if taken <= searched {
            self.without_line = found.unwrap_or(self.bytes.len());
        }
        found.map(|index| index + 1 - taken)
    }

    // ---- transactions

    pub(super) fn is_transaction_started(&self) -> bool {
        self.transaction.is_some()
    }

    /// Returns whether it was not started before.
    pub(super) fn start_transaction(&mut self) -> bool {
        let is_new = self.transaction.is_none();
        self.transaction.get_or_insert(0);
        is_new
    }

    /// Returns whether there was a transaction.
    pub(super) fn commit_transaction(&mut self) -> bool {
        let taken = self.transaction.take();
        self.remove(taken.unwrap_or(0));
        taken.is_some()
    }

    /// Returns whether there was a transaction.
    pub(super) fn rollback_transaction(&mut self) -> bool {
        self.transaction.take().is_some()
    }

    fn taken(&self) -> usize {
        self.transaction.unwrap_or(0)
    }

    fn remove(&mut self, count: usize) {
        self.bytes.drain(..count);
        self.removed(count);
    }

    /// An empty buffer gives its memory back.
    fn removed(&mut self, count: usize) {
        self.without_line = self.without_line.saturating_sub(count);
        if self.bytes.is_empty() {
            self.bytes = VecDeque::new();
        }
    }
}
