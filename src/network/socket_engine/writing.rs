//! The writing of an engine: output is collected, and written after the event that is being handled, a turn of it in each round.

use std::io::{self, IoSlice, Write};
use std::ops::Range;
use std::rc::Rc;

use super::encrypted::Encryption;
use super::{Phase, SocketEngine};
use crate::core::event_dispatcher::{self, Flush};
use crate::core::poller::{Readiness, SourceKey};
use crate::network::output_buffer::{OutputBuffer, SharedBytes};

/// The amount that is written before the others have their turn. More than a [`ReceivingTurn`](super::ReceivingTurn) reads: a
/// program that answers with as much as it receives keeps up.
const WRITING_TURN: usize = 2 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    Possible,
    /// As much is written as a turn lets: it goes on after others have had theirs.
    Paused,
    /// The operating system takes no more; it will report when it does.
    Blocked,
    /// The connection is broken: output is thrown away. Reading reports it to the client.
    Broken,
}

impl SocketEngine {
    /// Collects output: `write` appends to what waits to be written.
    #[inline]
    pub(crate) fn write_with(self: &Rc<Self>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.takes_output() {
            write(self.output.borrow_mut().tail());
            self.flush_later();
        }
    }

    /// Collects a part of bytes that other connections send as well, as one of them: whatever waits is not copied.
    pub(crate) fn write_shared(self: &Rc<Self>, bytes: &SharedBytes, part: Range<usize>) {
        if self.takes_output() {
            self.output.borrow_mut().share(bytes, part);
            self.flush_later();
        }
    }

    /// Writes these slices at once, as far as the operating system takes them, and collects only the rest.
    pub(crate) fn write_vectored(self: &Rc<Self>, slices: &mut [IoSlice<'_>]) {
        if !self.takes_output() {
            return;
        }
        if let Some(encryption) = self.encryption() {
            return self.write_vectored_encrypted(encryption, slices);
        }
        if self.writing.get() == Writing::Possible && self.phase.get() != Phase::Connecting {
            self.write_output();
        }
        let mut rest = slices;
        while !rest.is_empty() && self.writing.get() == Writing::Possible && self.output.borrow().is_empty() {
            match self.write_slices(rest) {
                Some(count) => IoSlice::advance_slices(&mut rest, count),
                None => break,
            }
        }
        if !rest.is_empty() && self.writing.get() != Writing::Broken {
            let mut output = self.output.borrow_mut();
            let tail = output.tail();
            for slice in rest {
                tail.extend_from_slice(slice);
            }
        }
        self.flush_later();
    }

    /// The number of bytes that are not written yet, or were written since [`bytes_written`](super::SocketClient::bytes_written)
    /// was last called.
    pub(crate) fn bytes_to_write(&self) -> usize {
        self.unwritten() + self.unsignalled.get()
    }

    /// The number of bytes that the operating system has not taken yet.
    #[inline]
    pub(crate) fn unwritten(&self) -> usize {
        self.output.borrow().len() + self.encryption().map_or(0, Encryption::bytes_to_write)
    }

    /// Returns whether the operating system takes no more for now, so that output piles up here.
    pub(crate) fn is_blocked(&self) -> bool {
        self.writing.get() == Writing::Blocked
    }

    /// Returns whether writing has failed. Input from before the end can still be read.
    pub(crate) fn is_broken(&self) -> bool {
        self.writing.get() == Writing::Broken
    }

    /// Writes now what the operating system takes now; returns whether it took anything.
    /// [`bytes_written`](super::SocketClient::bytes_written) follows inside this call.
    pub(crate) fn flush_now(self: &Rc<Self>) -> bool {
        self.end_pause();
        self.flush_up_to(usize::MAX)
    }

    /// As [`flush_now`](Self::flush_now), but no more than what is left of a turn.
    pub(crate) fn flush_a_turn(self: &Rc<Self>) -> bool {
        self.flush_up_to(WRITING_TURN)
    }

    fn flush_up_to(self: &Rc<Self>, max: usize) -> bool {
        if self.phase.get() == Phase::Connecting || self.bytes_to_write() == 0 {
            return false;
        }
        if self.writing.get() == Writing::Blocked {
            // It reports room for a lot; it may take a little before.
            self.writing.set(Writing::Possible);
        }
        self.write_up_to(max);
        self.signal_written()
    }

    /// Writes now what the operating system takes now, without a word to the client yet.
    pub(crate) fn write_now(&self) {
        if self.phase.get() != Phase::Connecting {
            self.end_pause();
            self.write_up_to(usize::MAX);
        }
    }

    /// As [`write_now`](Self::write_now), but no more than what is left of a turn.
    pub(crate) fn write_a_turn(&self) {
        if self.phase.get() != Phase::Connecting {
            self.write_output();
        }
    }

    /// Forgets what the operating system has not taken.
    pub(crate) fn discard_output(&self) {
        self.output.borrow_mut().clear();
        self.unsignalled.set(0);
    }

    /// Returns whether output that is written from here on is sent: also while the connection is closed after its output, unless
    /// the end of the encryption is part of that already.
    #[inline]
    pub(crate) fn takes_output(&self) -> bool {
        let is_open = match self.phase.get() {
            Phase::Open | Phase::Connecting => true,
            Phase::Closing => !self.has_encryption(),
            Phase::Lingering | Phase::Draining | Phase::Closed => false,
        };
        is_open && self.writing.get() != Writing::Broken
    }

    #[inline]
    pub(super) fn flush_later(self: &Rc<Self>) {
        if !self.flush_posted.replace(true) {
            event_dispatcher::flush_later(self.clone());
        }
    }

    /// Writes collected output until it is empty, the operating system takes no more, or the turn is over.
    pub(super) fn write_output(&self) {
        self.write_up_to(WRITING_TURN);
    }

    /// Writes at most `max` bytes of collected output; if there is more, the rest after others have had their turn.
    fn write_up_to(&self, max: usize) {
        if let Some(encryption) = self.encryption() {
            return self.write_encrypted(encryption, max);
        }
        let mut output = self.output.borrow_mut();
        self.write_buffer(&mut output, max);
        if self.writing.get() == Writing::Broken {
            output.clear();
        }
    }

    fn end_pause(&self) {
        if self.writing.get() == Writing::Paused {
            self.writing.set(Writing::Possible);
        }
    }

    /// Writes at most `max` bytes of that output; returns how many. Pauses if there is more.
    pub(super) fn write_buffer(&self, output: &mut OutputBuffer, max: usize) -> usize {
        let mut written = 0;
        while !output.is_empty() && self.writing.get() == Writing::Possible {
            let room = max - written;
            if room == 0 {
                self.pause_writing();
                break;
            }
            let front = output.front();
            let count = if front.len() == output.len() || front.len() >= room {
                self.write_slices(&[IoSlice::new(&front[..front.len().min(room)])])
            } else {
                self.write_slices(&output.slices(room))
            };
            let Some(count) = count else { break };
            output.consume(count);
            written += count;
        }
        written
    }

    /// The rest is written after others have had their turn.
    pub(super) fn pause_writing(&self) {
        self.writing.set(Writing::Paused);
        if let Some(key) = self.key.get() {
            event_dispatcher::requeue(key, Readiness::WRITABLE);
        }
    }

    /// Returns whether the operating system has taken all output.
    pub(super) fn is_all_written(&self) -> bool {
        self.output.borrow().is_empty() && self.encryption().is_none_or(Encryption::is_all_written)
    }

    /// One write; `None` if nothing was taken. What is taken is less than all only if no more is taken for now.
    fn write_slices(&self, slices: &[IoSlice<'_>]) -> Option<usize> {
        loop {
            let written = self.with_stream(|mut stream| match slices {
                [slice] => stream.write(slice),
                slices => stream.write_vectored(slices),
            })?;
            match written {
                Ok(count) => {
                    self.unsignalled.set(self.unsignalled.get() + count);
                    return Some(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writing.set(Writing::Blocked);
                    return None;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    log::debug!("writing to {:?} failed: {error}", self.peer());
                    self.writing.set(Writing::Broken);
                    // Everything that the peer sent before it left is read first; the end of that is reported to the client.
                    self.end_announced.set(true);
                    self.read_later();
                    return None;
                }
            }
        }
    }

    /// Reports written bytes, but not inside the slots of such a report. `QAbstractSocketPrivate::emittedBytesWritten`
    fn signal_written(self: &Rc<Self>) -> bool {
        let bytes = self.unsignalled.take();
        if bytes == 0 {
            return false;
        }
        if self.is_signalling.get() {
            let written_in_slots = &self.rare().written_in_slots;
            written_in_slots.set(written_in_slots.get() + bytes);
        } else {
            let _signalling = Signalling::begin(self);
            self.tell(|client| client.bytes_written(self, bytes));
        }
        true
    }

    pub(super) fn writable(self: &Rc<Self>) {
        if matches!(self.writing.get(), Writing::Blocked | Writing::Paused) {
            self.writing.set(Writing::Possible);
            self.write_output();
            if self.signal_written() && self.phase.get() == Phase::Closed {
                return;
            }
        }
        self.end_if_written();
    }
}

/// The time in which written bytes are reported; over when dropped, also after a panic. Bytes that its slots have written
/// meanwhile are reported from the loop.
struct Signalling<'e>(&'e Rc<SocketEngine>);

impl<'e> Signalling<'e> {
    fn begin(engine: &'e Rc<SocketEngine>) -> Self {
        engine.is_signalling.set(true);
        Self(engine)
    }
}

impl Drop for Signalling<'_> {
    fn drop(&mut self) {
        let engine = self.0;
        engine.is_signalling.set(false);
        let written_in_slots = engine.rare.get().map_or(0, |rare| rare.written_in_slots.take());
        if written_in_slots > 0 {
            engine.unsignalled.set(engine.unsignalled.get() + written_in_slots);
            engine.flush_later();
        }
    }
}

impl Flush for SocketEngine {
    fn flush(self: Rc<Self>) {
        self.flush_posted.set(false);
        if self.phase.get() == Phase::Connecting {
            return;
        }
        if self.writing.get() == Writing::Possible {
            self.write_output();
        }
        self.signal_written();
    }

    fn key(&self) -> Option<SourceKey> {
        self.key.get()
    }
}
