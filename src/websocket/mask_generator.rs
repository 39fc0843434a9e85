use std::cell::RefCell;

/// Makes the keys that a client masks its frames with, and the key of its handshake.
///
/// The keys must not be guessable by an attacker that controls the payload (RFC 6455 §5.3); the default generator takes them from
/// the operating system. One of your own is for tests, see
/// [`WebSocket::set_mask_generator`](crate::WebSocket::set_mask_generator).
///
/// ```
/// use std::rc::Rc;
/// use slotwire::{MaskGenerator, WebSocket};
///
/// struct Constant(u32);
/// impl MaskGenerator for Constant {
///     fn next_mask(&self) -> u32 { self.0 }
/// }
/// let socket = WebSocket::new();
/// socket.set_mask_generator(Some(Rc::new(Constant(0x1234_5678))));
/// # socket.delete();
/// ```
#[doc(alias = "QMaskGenerator")]
pub trait MaskGenerator {
    /// Seeds the generator; returns whether that succeeded. By default it does nothing and succeeds. The crate does not call it.
    ///
    /// ```
    /// use slotwire::MaskGenerator;
    /// use std::cell::Cell;
    ///
    /// struct Counter(Cell<u32>);
    /// impl MaskGenerator for Counter {
    ///     fn seed(&self) -> bool {
    ///         self.0.set(1);
    ///         true
    ///     }
    ///     fn next_mask(&self) -> u32 { self.0.replace(self.0.get() + 1) }
    /// }
    /// let generator = Counter(Cell::new(7));
    /// assert!(generator.seed(), "from here on the keys are the same in every test");
    /// assert_eq!([generator.next_mask(), generator.next_mask()], [1, 2]);
    /// ```
    fn seed(&self) -> bool {
        true
    }

    /// The next key: one for each frame, and four for the handshake. It goes on the wire with its most significant byte
    /// first; 0 leaves the payload as it is. For a message in several frames all keys are taken before the first frame is sent,
    /// and for a compressed one as many as it could need.
    ///
    /// It may do anything with the socket: if the connection ends meanwhile, nothing is sent, and a message that is sent here goes
    /// before the one that the key is for.
    ///
    /// ```
    /// use slotwire::MaskGenerator;
    /// /// For tests that look at what is on the wire.
    /// struct Readable;
    /// impl MaskGenerator for Readable {
    ///     fn next_mask(&self) -> u32 { 0 }
    /// }
    /// assert_eq!(Readable.next_mask(), 0);
    /// ```
    #[doc(alias = "nextMask")]
    fn next_mask(&self) -> u32;
}

/// Takes keys from the operating system's generator, many at a time.
#[derive(Debug)]
struct RandomPool {
    bytes: [u8; 256],
    used: usize,
}

thread_local! {
    static RANDOM: RefCell<RandomPool> = const { RefCell::new(RandomPool { bytes: [0; 256], used: 256 }) };
}

/// The default generator: unpredictable, never 0.
pub(crate) fn random_mask() -> u32 {
    loop {
        let mask = RANDOM.with_borrow_mut(RandomPool::next);
        if mask != 0 {
            return mask;
        }
    }
}

impl RandomPool {
    fn next(&mut self) -> u32 {
        if self.used == self.bytes.len() {
            if let Err(error) = getrandom::fill(&mut self.bytes) {
                // Only a system without any source of randomness gets here. Keys that can be guessed make a proxy's cache
                // poisonable by a hostile page, but no connection unsafe, and there is no better source to turn to.
                log::error!("the operating system has no random numbers: {error}");
                self.fill_from_hasher();
            }
            self.used = 0;
        }
        let taken = &mut self.bytes[self.used..self.used + 4];
        let mask = u32::from_ne_bytes([taken[0], taken[1], taken[2], taken[3]]);
        // Masks that were used are not left in memory.
        taken.fill(0);
        self.used += 4;
        mask
    }

    fn fill_from_hasher(&mut self) {
        use std::hash::{BuildHasher, RandomState};
        for (chunk, number) in self.bytes.chunks_mut(8).zip(0_u64..) {
            chunk.copy_from_slice(&RandomState::new().hash_one(number).to_ne_bytes());
        }
    }
}
