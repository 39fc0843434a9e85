//! How long somebody may keep the loop before the others have their turn (private).

use std::time::{Duration, Instant};

/// A part of the loop's time, bounded in steps and in time, whichever is used up first.
///
/// The clock costs as much as a small message, so it is looked at only once in so many steps. It is the system's, also when
/// timers follow a virtual one: what a slot takes is real time.
#[derive(Debug)]
pub(crate) struct Turn {
    max_steps: u32,
    max_time: Duration,
    steps_per_look: u32,
    until_look: u32,
    /// Steps up to the last look.
    steps: u32,
    /// Where time counts from.
    begun: Option<Instant>,
}

impl Turn {
    /// A turn that looks at the clock each time when so many steps are done. The time counts from the first look.
    pub(crate) fn new(max_steps: u32, max_time: Duration, steps_per_look: u32) -> Self {
        Self { max_steps, max_time, steps_per_look, until_look: steps_per_look, steps: 0, begun: None }
    }

    /// A turn whose steps are long: the clock is looked at right now, and after each.
    pub(crate) fn of_long_steps(max_steps: u32, max_time: Duration) -> Self {
        Self { begun: Some(Instant::now()), ..Self::new(max_steps, max_time, 1) }
    }

    /// Counts a step. Returns whether the turn is over, as far as is known.
    #[inline]
    pub(crate) fn step(&mut self) -> bool {
        self.until_look -= 1;
        self.until_look == 0 && self.look()
    }

    #[inline(never)]
    fn look(&mut self) -> bool {
        self.steps += self.steps_per_look;
        self.until_look = self.steps_per_look;
        let now = Instant::now();
        let begun = *self.begun.get_or_insert(now);
        self.steps >= self.max_steps || now.duration_since(begun) >= self.max_time
    }
}
