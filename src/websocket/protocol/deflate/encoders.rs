//! The encoders of a thread, and which of them a message gets.
//!
//! One is shared by all contexts without one of their own: it is reset for each message and given the connection's history. A
//! connection that is back soon gets one that nobody else uses meanwhile, if there is memory for it, and goes on with that as
//! long as it has compressed nothing elsewhere. With many connections in turn all share the one, which so stays in the
//! processor's cache.

use std::collections::VecDeque;

use super::deflater::{Deflater, Kind, Point};

#[derive(Debug, Default)]
pub(super) struct Encoders {
    /// The one used last is at the end.
    all: Vec<Deflater>,
    /// The contexts that found no encoder to go on with, the last at the end; as many as there can be encoders.
    strangers: VecDeque<u64>,
}

impl Encoders {
    /// An encoder that refers to nothing.
    pub(super) fn without_context(&mut self, kind: Kind, memory: usize) -> &mut Deflater {
        let index = self.shared(kind, memory);
        let encoder = self.use_encoder(index);
        encoder.begin_anew();
        encoder
    }

    /// An encoder that goes on at that point, behind `history`.
    pub(super) fn at(
        &mut self,
        point: Point,
        history: [&[u8]; 2],
        kind: Kind,
        memory: usize,
    ) -> &mut Deflater {
        let goes_on = |encoder: &Deflater| encoder.kind == kind && encoder.holds == Some(point);
        if let Some(index) = self.all.iter().rposition(goes_on) {
            return self.use_encoder(index);
        }
        let index = match self.is_back_soon(point.context, memory / kind.memory()) {
            true => self.dedicated(kind, memory),
            false => self.shared(kind, memory),
        };
        let encoder = self.use_encoder(index);
        encoder.begin_behind(history);
        encoder
    }

    /// The memory of all encoders, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.all.iter().map(|encoder| encoder.kind.memory()).sum()
    }

    /// Frees those that were not used since the last time.
    pub(super) fn release_unused(&mut self) {
        self.all.retain_mut(|encoder| std::mem::take(&mut encoder.used));
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns whether that context is one of the last `count` that found no encoder, and adds it to them.
    fn is_back_soon(&mut self, context: u64, count: usize) -> bool {
        let known = self.strangers.iter().position(|stranger| *stranger == context);
        if let Some(index) = known {
            self.strangers.remove(index);
        }
        self.strangers.push_back(context);
        let outdated = self.strangers.len().saturating_sub(count.max(1));
        self.strangers.drain(..outdated);
        known.is_some()
    }

    fn shared(&mut self, kind: Kind, memory: usize) -> usize {
        let shared = self.all.iter().position(|encoder| encoder.kind == kind && encoder.is_shared);
        shared.unwrap_or_else(|| self.add(kind, true, memory))
    }

    /// A new one, if there is memory for it; else the one that was used least lately.
    fn dedicated(&mut self, kind: Kind, memory: usize) -> usize {
        let oldest = self.all.iter().position(|encoder| encoder.kind == kind);
        match oldest {
            Some(index) if self.memory() + kind.memory() > memory => index,
            _ => self.add(kind, false, memory),
        }
    }

    /// Makes another one, for which those have to go that were used least lately.
    fn add(&mut self, kind: Kind, is_shared: bool, memory: usize) -> usize {
        while !self.all.is_empty() && self.memory() + kind.memory() > memory {
            self.all.remove(0);
        }
        self.all.push(Deflater::new(kind, is_shared));
        self.all.len() - 1
    }

    fn use_encoder(&mut self, index: usize) -> &mut Deflater {
        self.all[index..].rotate_left(1);
        let last = self.all.len() - 1;
        let encoder = &mut self.all[last];
        encoder.used = true;
        // Should it be left in the middle of a message, nobody goes on with it.
        encoder.holds = None;
        encoder
    }
}
