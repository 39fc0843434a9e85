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
    /// Where time counts from, and the steps before that.
    begun: Option<(Instant, u32)>,
    /// From there to the last look.
    elapsed: Duration,
}

impl Turn {
    /// A turn that looks at the clock each time when so many steps are done. The time counts from the first look.
    pub(crate) fn new(max_steps: u32, max_time: Duration, steps_per_look: u32) -> Self {
        Self {
            max_steps,
            max_time,
            steps_per_look,
            until_look: steps_per_look,
            steps: 0,
            begun: None,
            elapsed: Duration::ZERO,
        }
    }

    /// A turn whose steps are long: the clock is looked at right now, and after each.
    pub(crate) fn of_long_steps(max_steps: u32, max_time: Duration) -> Self {
        Self { begun: Some((Instant::now(), 0)), ..Self::new(max_steps, max_time, 1) }
    }

    /// Counts a step. Returns whether the turn is over, as far as is known.
    #[inline]
    pub(crate) fn step(&mut self) -> bool {
        self.until_look -= 1;
        self.until_look == 0 && self.look()
    }

    /// Looks at the clock before it is time for that: what comes next may be long.
    #[inline(never)]
    pub(crate) fn look(&mut self) -> bool {
        self.steps = self.steps();
        self.until_look = self.steps_per_look;
        let now = Instant::now();
        let (begun, _) = *self.begun.get_or_insert((now, self.steps));
        self.elapsed = now.duration_since(begun);
        self.steps >= self.max_steps || self.elapsed >= self.max_time
    }

    /// Steps up to now.
    pub(crate) fn steps(&self) -> u32 {
        self.steps + self.steps_per_look - self.until_look
    }

    /// How long a step takes, if that was measured.
    pub(crate) fn time_of_step(&self) -> Option<Duration> {
        let (_, before) = self.begun?;
        self.elapsed.checked_div(self.steps - before)
    }
}
