//! The operating system's readiness queue (private): the one file that names mio's poller.

use std::cell::RefCell;
use std::io;
use std::num::NonZeroU32;
use std::ops::{BitOr, BitOrAssign};
use std::sync::Arc;
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Poll, Registry, Token, Waker};

use super::table::Key;

/// Names a registered source: the index and the generation of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceKey(pub(super) Key);

impl SourceKey {
    const INDEX_BITS: u32 = usize::BITS / 2;
    const MASK: usize = (1 << Self::INDEX_BITS) - 1;

    /// The part of the key that fits into a token.
    pub(super) fn new(key: Key) -> Self {
        // The all-ones index is the waker's.
        Self::of_halves(key.index() % Self::MASK, key.generation().get() as usize & Self::MASK)
    }

    fn token(self) -> Token {
        Token((self.0.generation().get() as usize) << Self::INDEX_BITS | self.0.index())
    }

    fn from_token(token: Token) -> Self {
        Self::of_halves(token.0 & Self::MASK, token.0 >> Self::INDEX_BITS)
    }

    /// Both have at most [`INDEX_BITS`](Self::INDEX_BITS) bits.
    fn of_halves(index: usize, generation: usize) -> Self {
        Self(Key::new(index as u32, NonZeroU32::new(generation as u32).unwrap_or(NonZeroU32::MIN)))
    }
}

/// The readiness of a source. Edge-triggered: it is reported once, until the source was used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Readiness(u8);

impl Readiness {
    pub(crate) const READABLE: Self = Self(0b001);
    pub(crate) const WRITABLE: Self = Self(0b010);
    /// The other end closed its side, or there was an error: reading will show which.
    pub(crate) const CLOSED: Self = Self(0b100);

    pub(crate) const ALL: Self = Self(0b111);

    /// The part that is in `other` too.
    pub(super) fn of(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The part that is not in `other`.
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// `self` if that holds, else nothing.
    pub(crate) fn only_if(self, holds: bool) -> Self {
        Self(self.0 * u8::from(holds))
    }

    pub(crate) fn is_any(self) -> bool {
        self.0 != 0
    }

    pub(crate) fn is_readable(self) -> bool {
        self.has(Self::READABLE)
    }

    pub(crate) fn is_writable(self) -> bool {
        self.has(Self::WRITABLE)
    }

    pub(crate) fn is_closed(self) -> bool {
        self.has(Self::CLOSED)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Combines the readiness of two reports.
impl BitOr for Readiness {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Readiness {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

pub(crate) struct Poller {
    poll: RefCell<Poll>,
    events: RefCell<Events>,
    registry: Registry,
    waker: Arc<Waker>,
}

const WAKER: Token = Token(usize::MAX);

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Arc::new(Waker::new(&registry, WAKER)?);
        Ok(Self {
            poll: RefCell::new(poll),
            events: RefCell::new(Events::with_capacity(1024)),
            registry,
            waker,
        })
    }

    /// Ends a [`wait`](Self::wait) from any thread.
    pub(crate) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    pub(crate) fn register(
        &self,
        source: &mut impl Source,
        key: SourceKey,
        interest: Interest,
    ) -> io::Result<()> {
        self.registry.register(source, key.token(), interest)
    }

    /// Registers anew: a source that is still ready is reported again.
    #[cfg(unix)]
    pub(crate) fn reregister(
        &self,
        source: &mut impl Source,
        key: SourceKey,
        interest: Interest,
    ) -> io::Result<()> {
        self.registry.reregister(source, key.token(), interest)
    }

    pub(crate) fn deregister(&self, source: &mut impl Source) -> io::Result<()> {
        self.registry.deregister(source)
    }

    /// Waits for readiness, at most that long, and hands it to `note`, which must not use the poller.
    pub(crate) fn wait(
        &self,
        timeout: Option<Duration>,
        mut note: impl FnMut(SourceKey, Readiness),
    ) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        match self.poll.borrow_mut().poll(&mut events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in events.iter().filter(|event| event.token() != WAKER) {
            let closed = event.is_read_closed() || event.is_error();
            let readiness = Readiness::READABLE.only_if(event.is_readable() || closed)
                | Readiness::WRITABLE.only_if(event.is_writable() || event.is_write_closed())
                | Readiness::CLOSED.only_if(closed);
            note(SourceKey::from_token(event.token()), readiness);
        }
        Ok(())
    }

    #[cfg(unix)]
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }
}
