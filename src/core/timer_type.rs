use std::time::Duration;

/// The precision with which a timer keeps its time: `Qt::TimerType`.
///
/// ```
/// use slotwire::{Timer, TimerType};
/// let timer = Timer::new();
/// assert_eq!(timer.timer_type(), TimerType::Coarse);
/// timer.set_timer_type(TimerType::Precise);
/// # timer.delete();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimerType {
    /// To the millisecond.
    #[doc(alias = "PreciseTimer")]
    Precise,
    /// Within 5 % of the interval, earlier or later, so that several timers can wake the thread together. An interval below
    /// 20 ms is kept to the millisecond.
    #[doc(alias = "CoarseTimer")]
    #[default]
    Coarse,
    /// Rounded to the full second.
    #[doc(alias = "VeryCoarseTimer")]
    VeryCoarse,
}

impl TimerType {
    /// The granularity to which times are rounded; `None`: they are not.
    pub(crate) fn granularity(self, interval: Duration) -> Option<Duration> {
        match self {
            Self::Precise => None,
            _ if interval.is_zero() => None,
            // As in Qt, below 20 ms a coarse timer is a precise one: 5 % of it is less than the clock's millisecond.
            Self::Coarse if interval < Duration::from_millis(20) => None,
            Self::Coarse => {
                let milliseconds = (interval / 20).as_millis().max(1);
                let power = 1_u64 << milliseconds.ilog2().min(10);
                Some(Duration::from_millis(power))
            }
            Self::VeryCoarse => Some(Duration::from_secs(1)),
        }
    }
}
