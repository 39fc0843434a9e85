//! The time that one source may use before the others have their turn (private).

use std::time::{Duration, Instant};

/// The limits of a turn.
#[derive(Debug)]
pub(crate) struct TurnLength {
    pub(crate) max_steps: u32,
    pub(crate) max_time: Duration,
    /// The clock is looked at once in this many steps.
    pub(crate) steps_per_look: u32,
}

/// A part of the loop's time, bounded in steps and in time, whichever is used up first.
///
/// The clock costs as much as a small message, so it is looked at only once in several steps. It is the system's, also when
/// timers follow a virtual one: what a slot takes is real time.
#[derive(Debug)]
pub(crate) struct Turn {
    length: &'static TurnLength,
    until_look: u32,
    /// Steps up to the last look.
    steps: u32,
    /// `None` before the first look.
    measured: Option<Measured>,
}

/// Measurements of the looks at the clock.
#[derive(Debug)]
struct Measured {
    /// The time at which the measurement began, and the number of steps before that.
    begun: Instant,
    steps_before: u32,
    /// The time from there to the last look.
    elapsed: Duration,
}

impl Turn {
    /// A turn whose time counts from the first look at the clock.
    #[inline]
    pub(crate) fn new(length: &'static TurnLength) -> Self {
        Self { length, until_look: length.steps_per_look, steps: 0, measured: None }
    }

    /// A turn whose time counts from right now.
    pub(crate) fn begun(length: &'static TurnLength) -> Self {
        let measured = Measured { begun: Instant::now(), steps_before: 0, elapsed: Duration::ZERO };
        Self { measured: Some(measured), ..Self::new(length) }
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
        self.until_look = self.length.steps_per_look;
        let now = Instant::now();
        let measured = self.measured.get_or_insert(Measured {
            begun: now,
            steps_before: self.steps,
            elapsed: Duration::ZERO,
        });
        measured.elapsed = now.duration_since(measured.begun);
        self.steps >= self.length.max_steps || measured.elapsed >= self.length.max_time
    }

    /// Steps up to now.
    pub(crate) fn steps(&self) -> u32 {
        self.steps + self.length.steps_per_look - self.until_look
    }

    /// The time that a step takes, if it was measured.
    pub(crate) fn time_of_step(&self) -> Option<Duration> {
        let measured = self.measured.as_ref()?;
        measured.elapsed.checked_div(self.steps - measured.steps_before)
    }
}
