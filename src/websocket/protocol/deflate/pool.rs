//! The data that a thread owns for all its connections.

use super::encoders::Encoders;
use super::inflater::Inflater;

/// The amount of memory for output that is kept: that of a frame of the usual size.
const MAX_OUTPUT: usize = 640 * 1024;

/// The encoders and the decoder of a thread, which all its connections use in turn.
///
/// It holds no state that a connection would miss: it can be dropped or [cleared](Self::clear) between any two messages.
///
/// ```
/// use slotwire::websocket::protocol::DeflatePool;
///
/// let pool = DeflatePool::new();
/// assert_eq!(pool.retained(), 0, "nothing was compressed yet");
/// ```
#[derive(Debug, Default)]
pub struct DeflatePool {
    pub(super) encoders: Encoders,
    /// The memory for an encoder's output, while it is given away.
    pub(super) output: Vec<u8>,
    inflater: Option<Box<Inflater>>,
    /// Set if the inflater was used since the last look.
    inflater_used: bool,
}

impl DeflatePool {
    /// A pool without anything in it.
    ///
    /// ```
    /// use slotwire::websocket::protocol::DeflatePool;
    /// assert_eq!(DeflatePool::new().retained(), DeflatePool::default().retained());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The approximate number of bytes that it holds.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// use slotwire::websocket::protocol::{DeflateContext, DeflatePool, OpCode, Role};
    ///
    /// let compression = Compression::new();
    /// let agreed = compression.accept("permessage-deflate").unwrap();
    /// let mut pool = DeflatePool::new();
    /// let mut context = DeflateContext::new(Role::Server, agreed, &compression);
    /// context.compress(OpCode::Text, b"Hello", 0, &mut pool, |_, _| {});
    /// assert!(pool.retained() > 150_000, "an encoder");
    /// ```
    #[must_use]
    pub fn retained(&self) -> usize {
        let inflater = if self.inflater.is_some() { 48 * 1024 } else { 0 };
        self.encoders.memory() + self.output.capacity() + inflater
    }

    /// Frees all of it.
    ///
    /// ```
    /// use slotwire::websocket::protocol::DeflatePool;
    /// let mut pool = DeflatePool::new();
    /// pool.clear();
    /// assert_eq!(pool.retained(), 0);
    /// ```
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Frees what was not used since the last time; returns whether anything is left.
    ///
    /// ```
    /// use slotwire::websocket::protocol::DeflatePool;
    ///
    /// /// To be called every few seconds, as long as it returns `true`.
    /// fn look_after(pool: &mut DeflatePool) -> bool {
    ///     pool.release_unused()
    /// }
    /// assert!(!look_after(&mut DeflatePool::new()));
    /// ```
    pub fn release_unused(&mut self) -> bool {
        self.encoders.release_unused();
        if !std::mem::take(&mut self.inflater_used) {
            self.inflater = None;
        }
        if self.encoders.memory() == 0 {
            self.output = Vec::new();
            self.encoders.clear();
        }
        self.retained() > 0
    }

    /// Keeps no more memory for output than the usual.
    pub(super) fn trim_output(&mut self) {
        if self.output.capacity() > MAX_OUTPUT {
            self.output = Vec::new();
        }
    }

    /// Lends the inflater, or another one.
    pub(super) fn take_inflater(&mut self) -> Box<Inflater> {
        self.inflater.take().unwrap_or_else(|| Box::new(Inflater::new()))
    }

    pub(super) fn recycle_inflater(&mut self, inflater: Box<Inflater>) {
        self.inflater_used = true;
        self.inflater = Some(inflater);
    }
}
