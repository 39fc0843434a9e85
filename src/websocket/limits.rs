//! [`Limits`]: what a peer may ask of a socket or a server, in one value.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::protocol::{CloseCode, MAX_INCOMING_FRAME_SIZE, MAX_INCOMING_MESSAGE_SIZE, settings};

/// The limits of what a peer may ask of a [`WebSocket`](crate::WebSocket) or a [`WebSocketServer`](crate::WebSocketServer):
/// sizes, times, and numbers of connections (RFC 6455 §10.4).
///
/// [`Limits::qt`] is the default, [`Limits::internet`] is for servers that anybody can reach. A server is given its limits with
/// [`set_limits`](crate::WebSocketServer::set_limits), best before it listens, and a client with
/// [`WebSocket::set_limits`](crate::WebSocket::set_limits) before it opens; they hold from the first byte.
///
/// ```
/// use slotwire::prelude::*;
///
/// let server = WebSocketServer::new("Chat", SslMode::NonSecure);
/// server.set_limits(Limits::internet().with_max_message_size(64 * 1024));
/// server.listen(HostAddress::LocalHost, 0)?;
/// assert_eq!(server.limits().max_message_size(), 64 * 1024);
/// # server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// # What happens at a limit
///
/// | limit of | `qt` | `internet` | at the limit |
/// |---|---|---|---|
/// | [a frame](Self::max_frame_size), [a message](Self::max_message_size) | 2 GiB | 1 MiB | closed with [`TooMuchData`](CloseCode::TooMuchData), as soon as a header announces more |
/// | [the head](Self::max_head_size) of a request or response | 64 KiB | 64 KiB | a server answers 431, a client's handshake fails |
/// | [bytes that wait to be sent](Self::max_bytes_to_write) | – | 4 MiB | as the [policy](SlowPeerPolicy) says |
/// | [the opening](Self::opening_timeout): TCP, TLS and HTTP together | 10 s | 10 s | a server drops the connection, a client fails with [`SocketTimeout`](crate::SocketError::SocketTimeout) |
/// | [the pause](Self::max_message_pause) between two parts of a message | 5 s | 10 s | closed with [`GoingAway`](CloseCode::GoingAway) |
/// | [a message](Self::message_timeout) that is not complete | – | 20 s, and a second for each [500 bytes](Self::min_message_rate) | closed with [`GoingAway`](CloseCode::GoingAway) |
/// | silence: [a ping](Self::ping_after), [the end](Self::idle_timeout) | – | 20 s, 40 s | closed with [`GoingAway`](CloseCode::GoingAway) |
/// | [connections](Self::max_connections), [handshakes](Self::max_handshakes) of a server | – | 10,000, 1,000 | refused: 503, or the end |
/// | [connections of one address](Self::max_connections_per_address) | – | – | refused: the end |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    max_frame_size: u64,
    max_message_size: u64,
    max_head_size: usize,
    max_bytes_to_write: Option<usize>,
    slow_peer_policy: SlowPeerPolicy,
    opening_timeout: Option<Duration>,
    max_message_pause: Option<Duration>,
    message_timeout: Option<Duration>,
    min_message_rate: u32,
    ping_after: Option<Duration>,
    idle_timeout: Option<Duration>,
    max_connections: Option<usize>,
    max_handshakes: Option<usize>,
    max_connections_per_address: Option<usize>,
}

/// The treatment of a peer that does not read, so that more than [`Limits::max_bytes_to_write`] would wait for it.
///
/// A message that finds that much waiting is not sent: the call returns 0, and so does every one after it. From the event loop,
/// never inside the call, [`error_occurred`](crate::WebSocket::error_occurred) reports
/// [`SocketResource`](crate::SocketError::SocketResource), and the connection ends as the policy says, with the
/// [`close_code`](crate::WebSocket::close_code) that is named there. What was taken before may be lost then, as when a connection
/// is lost.
///
/// ```
/// use slotwire::{CloseCode, Limits, SlowPeerPolicy};
///
/// // A ticker, whose clients can come back for the newest prices.
/// let limits = Limits::internet()
///     .with_max_bytes_to_write(Some(256 * 1024))
///     .with_slow_peer_policy(SlowPeerPolicy::Close(CloseCode::from(1013)));
/// assert_ne!(limits.slow_peer_policy(), Limits::internet().slow_peer_policy());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlowPeerPolicy {
    /// Once half of the bytes wait, nothing more is read from that peer until less waits: what is not read cannot be answered.
    /// That slows a peer down which sends much and gets much, and loses nothing. If it takes longer than the given time, the
    /// connection is closed with 1013 (try again later), and the error is [`SocketTimeout`](crate::SocketError::SocketTimeout).
    /// So two ends that both wait for the other one to read do not wait for ever.
    ///
    /// A program that goes on sending, from a timer for example, may reach the limit itself: that closes with 1013 as well.
    StopReading {
        /// The longest wait.
        up_to: Duration,
    },
    /// The connection is closed with that code: 1013 (try again later) or
    /// [`PolicyViolated`](CloseCode::PolicyViolated), for example. What waits, and the close frame behind it, is written for as
    /// long as the peer reads at least 16 KiB in three seconds; up to the end the connection counts among those of its server.
    Close(CloseCode),
    /// The connection is aborted, and what waits thrown away; the close code is
    /// [`AbnormalDisconnection`](CloseCode::AbnormalDisconnection).
    Abort,
}

/// 1013, "try again later" in IANA's registry of close codes: what a server says that has more to do than it can.
pub(crate) const TRY_AGAIN_LATER: u16 = 1013;

/// No timer of silence is shorter: whatever the limits are, it does not keep the loop busy.
pub(crate) const LEAST_WAIT: Duration = Duration::from_millis(10);

impl Limits {
    /// Qt's limits, and the default. Only the head is limited to less than Qt's 800 KiB, and a client waits no longer for its
    /// server than a server for its clients.
    ///
    /// ```
    /// use slotwire::{Limits, WebSocket};
    /// assert_eq!(Limits::qt(), Limits::default());
    /// assert_eq!(Limits::qt().max_message_size(), WebSocket::max_incoming_message_size());
    /// assert_eq!(Limits::qt().max_bytes_to_write(), None);
    /// ```
    #[must_use]
    pub const fn qt() -> Self {
        Self {
            max_frame_size: MAX_INCOMING_FRAME_SIZE,
            max_message_size: MAX_INCOMING_MESSAGE_SIZE,
            max_head_size: 64 * 1024,
            max_bytes_to_write: None,
            slow_peer_policy: SlowPeerPolicy::StopReading { up_to: Duration::from_secs(30) },
            opening_timeout: Some(Duration::from_secs(10)),
            max_message_pause: Some(Duration::from_secs(5)),
            message_timeout: None,
            min_message_rate: 0,
            ping_after: None,
            idle_timeout: None,
            max_connections: None,
            max_handshakes: None,
            max_connections_per_address: None,
        }
    }

    /// For a server on the open internet, where some peers are slow, some are gone without a word, and some mean harm.
    ///
    /// | limit | figure | why |
    /// |---|---|---|
    /// | frame, message | 1 MiB | a peer can make the server keep that much; more than chats and games send, as much as nginx takes of a request |
    /// | head | 64 KiB | twice what nginx takes: room for cookies and tokens |
    /// | bytes that wait to be sent | 4 MiB | a few of the largest messages; with more the peer is seconds behind on most networks |
    /// | … from half of that on | reading stops, for 30 s | a phone that changes its network is back by then; a peer that never reads is not |
    /// | opening | 10 s | a few round trips with lost packets; a client that opens and stays silent occupies a descriptor no longer |
    /// | pause within a message | 10 s | retransmissions and a change of network take a few seconds |
    /// | unfinished message | 20 s, and a second for each 500 bytes | as Apache's `mod_reqtimeout`: the slowest of links passes, a byte now and then does not |
    /// | silence | a ping after 20 s, the end after 40 s | routers forget connections after a minute; a peer that answers no ping for so long is gone |
    /// | connections | 10,000 | what they may hold at once is bounded; a machine that is made for more sets more |
    /// | handshakes under way | 1,000 | the heads of all together hold 64 MiB at most |
    /// | connections of one address | – | behind a proxy, all come from one: switch it on where the server sees its clients themselves |
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("Chat", SslMode::NonSecure);
    /// server.set_limits(Limits::internet().with_max_connections_per_address(Some(20)));
    /// # server.delete();
    /// ```
    #[must_use]
    pub const fn internet() -> Self {
        Self {
            max_frame_size: 1024 * 1024,
            max_message_size: 1024 * 1024,
            max_bytes_to_write: Some(4 * 1024 * 1024),
            max_message_pause: Some(Duration::from_secs(10)),
            message_timeout: Some(Duration::from_secs(20)),
            min_message_rate: 500,
            ping_after: Some(Duration::from_secs(20)),
            idle_timeout: Some(Duration::from_secs(40)),
            max_connections: Some(10_000),
            max_handshakes: Some(1_000),
            ..Self::qt()
        }
    }
}

settings! {
impl Limits {
    // ---- sizes

    /// The largest frame that the peer may send, in bytes of payload. A larger one closes the connection with
    /// [`CloseCode::TooMuchData`] as soon as its header has arrived.
    ///
    /// ```
    /// use slotwire::Limits;
    /// assert_eq!(Limits::internet().max_frame_size(), 1024 * 1024);
    /// ```
    pub const fn max_frame_size(&self) -> u64;

    /// These limits with that [`max_frame_size`](Self::max_frame_size); what is above
    /// [`WebSocket::max_incoming_frame_size`](crate::WebSocket::max_incoming_frame_size) is taken for that.
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::qt().with_max_frame_size(1000);
    /// assert_eq!(limits.max_frame_size(), 1000);
    /// ```
    pub const fn with_max_frame_size(mut self, bytes: u64 => lesser(bytes, MAX_INCOMING_FRAME_SIZE)) -> Self;

    /// The largest message that the peer may send, in bytes. A larger one closes the connection with
    /// [`CloseCode::TooMuchData`] as soon as the header of a frame shows it.
    ///
    /// ```
    /// use slotwire::Limits;
    /// assert_eq!(Limits::internet().max_message_size(), 1024 * 1024);
    /// ```
    pub const fn max_message_size(&self) -> u64;

    /// These limits with that [`max_message_size`](Self::max_message_size); what is above
    /// [`WebSocket::max_incoming_message_size`](crate::WebSocket::max_incoming_message_size) is taken for that.
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::qt().with_max_message_size(64 * 1024);
    /// assert_eq!(limits.max_message_size(), 64 * 1024);
    /// ```
    pub const fn with_max_message_size(mut self, bytes: u64 => lesser(bytes, MAX_INCOMING_MESSAGE_SIZE)) -> Self;

    /// The largest head of an opening handshake, in bytes from its first line up to the empty one: of a request to a server,
    /// which is answered with HTTP status 431, and of the response to a client, whose handshake fails.
    ///
    /// ```
    /// use slotwire::Limits;
    /// assert_eq!(Limits::qt().max_head_size(), 64 * 1024);
    /// ```
    pub const fn max_head_size(&self) -> usize;

    /// These limits with that [`max_head_size`](Self::max_head_size).
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::internet().with_max_head_size(8 * 1024);
    /// assert_eq!(limits.max_head_size(), 8 * 1024);
    /// ```
    pub const fn with_max_head_size(mut self, bytes: usize) -> Self;

    // ---- output

    /// The number of bytes that may wait to be sent to a peer; `None` is as many as there is memory for. A message or ping is
    /// accepted as long as fewer wait, however large it is itself; after that, sending returns 0, and the
    /// [policy](Self::slow_peer_policy) applies. Bytes that the system has taken do not wait.
    ///
    /// ```
    /// use slotwire::Limits;
    /// assert_eq!(Limits::qt().max_bytes_to_write(), None);
    /// assert_eq!(Limits::internet().max_bytes_to_write(), Some(4 * 1024 * 1024));
    /// ```
    pub const fn max_bytes_to_write(&self) -> Option<usize>;

    /// These limits with that [`max_bytes_to_write`](Self::max_bytes_to_write).
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::qt().with_max_bytes_to_write(Some(16 * 1024 * 1024));
    /// assert_eq!(limits.max_bytes_to_write(), Some(16 * 1024 * 1024));
    /// ```
    pub const fn with_max_bytes_to_write(mut self, bytes: Option<usize>) -> Self;

    /// The treatment of a peer that does not read what is sent to it. Without a [limit](Self::max_bytes_to_write) it never
    /// applies.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Limits, SlowPeerPolicy};
    /// let half_a_minute = SlowPeerPolicy::StopReading { up_to: Duration::from_secs(30) };
    /// assert_eq!(Limits::internet().slow_peer_policy(), half_a_minute);
    /// ```
    pub const fn slow_peer_policy(&self) -> SlowPeerPolicy;

    /// These limits with that [`slow_peer_policy`](Self::slow_peer_policy).
    ///
    /// ```
    /// use slotwire::{Limits, SlowPeerPolicy};
    /// let limits = Limits::internet().with_slow_peer_policy(SlowPeerPolicy::Abort);
    /// assert_eq!(limits.slow_peer_policy(), SlowPeerPolicy::Abort);
    /// ```
    pub const fn with_slow_peer_policy(mut self, policy: SlowPeerPolicy) -> Self;

    // ---- times

    /// The time that the whole opening of a connection may take: TCP, TLS and HTTP together; `None` is for ever. A server counts
    /// from when it has accepted the connection, a client from [`open`](crate::WebSocket::open).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// assert_eq!(Limits::qt().opening_timeout(), Some(Duration::from_secs(10)));
    /// ```
    ///
    /// It is the `handshake_timeout` of [servers](crate::WebSocketServer::handshake_timeout) and
    /// [clients](crate::WebSocket::handshake_timeout).
    pub const fn opening_timeout(&self) -> Option<Duration>;

    /// These limits with that [`opening_timeout`](Self::opening_timeout).
    ///
    /// ```
    /// use slotwire::Limits;
    /// let as_patient_as_qt_s_clients = Limits::qt().with_opening_timeout(None);
    /// assert_eq!(as_patient_as_qt_s_clients.opening_timeout(), None);
    /// ```
    pub const fn with_opening_timeout(mut self, timeout: Option<Duration>) -> Self;

    /// The time for which nothing may arrive while a frame or a message is unfinished; `None` is for ever. Then the connection is
    /// closed with [`CloseCode::GoingAway`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// assert_eq!(Limits::qt().max_message_pause(), Some(Duration::from_secs(5)));
    /// ```
    pub const fn max_message_pause(&self) -> Option<Duration>;

    /// These limits with that [`max_message_pause`](Self::max_message_pause).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// let limits = Limits::internet().with_max_message_pause(Some(Duration::from_secs(2)));
    /// assert_eq!(limits.max_message_pause(), Some(Duration::from_secs(2)));
    /// ```
    pub const fn with_max_message_pause(mut self, pause: Option<Duration>) -> Self;

    /// The time that a message may take from its first byte to its last, whatever the pauses between; `None` is for ever. It is
    /// longer for a message that arrives at the [least rate](Self::min_message_rate). Then the connection is closed with
    /// [`CloseCode::GoingAway`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// assert_eq!(Limits::qt().message_timeout(), None);
    /// assert_eq!(Limits::internet().message_timeout(), Some(Duration::from_secs(20)));
    /// ```
    pub const fn message_timeout(&self) -> Option<Duration>;

    /// These limits with that [`message_timeout`](Self::message_timeout).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// let limits = Limits::qt().with_message_timeout(Some(Duration::from_secs(60)));
    /// assert_eq!(limits.message_timeout(), Some(Duration::from_secs(60)));
    /// ```
    pub const fn with_message_timeout(mut self, timeout: Option<Duration>) -> Self;

    /// The bytes of a message that give it one second more than the [`message_timeout`](Self::message_timeout), so that a large
    /// message of a slow but steady peer is received; with 0, nothing does.
    ///
    /// ```
    /// use slotwire::Limits;
    /// // A message of which 100,000 bytes have come has 220 seconds in all.
    /// let limits = Limits::internet();
    /// let base = limits.message_timeout().unwrap().as_secs();
    /// let more = 100_000 / limits.min_message_rate();
    /// assert_eq!(base + u64::from(more), 220);
    /// ```
    pub const fn min_message_rate(&self) -> u32;

    /// These limits with that [`min_message_rate`](Self::min_message_rate), in bytes a second.
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::internet().with_min_message_rate(10_000);
    /// assert_eq!(limits.min_message_rate(), 10_000);
    /// ```
    pub const fn with_min_message_rate(mut self, bytes_per_second: u32) -> Self;

    /// The time for which the peer may be silent before it is sent a ping; `None`: none is sent. The answer is reported by
    /// [`pong`](crate::WebSocket::pong), as to any ping.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// assert_eq!(Limits::qt().ping_after(), None);
    /// assert_eq!(Limits::internet().ping_after(), Some(Duration::from_secs(20)));
    /// ```
    pub const fn ping_after(&self) -> Option<Duration>;

    /// These limits with that [`ping_after`](Self::ping_after).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// let limits = Limits::qt().with_ping_after(Some(Duration::from_secs(5)));
    /// assert_eq!(limits.ping_after(), Some(Duration::from_secs(5)));
    /// ```
    pub const fn with_ping_after(mut self, silence: Option<Duration>) -> Self;

    /// The time for which the peer of an open connection may be silent at all, pongs included; `None` is for ever. Then the
    /// connection is closed with [`CloseCode::GoingAway`]. Longer than [`ping_after`](Self::ping_after), it ends connections
    /// whose peer is gone; without that, or shorter, also those whose peer has nothing to say.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// assert_eq!(Limits::qt().idle_timeout(), None);
    /// assert_eq!(Limits::internet().idle_timeout(), Some(Duration::from_secs(40)));
    /// ```
    pub const fn idle_timeout(&self) -> Option<Duration>;

    /// These limits with that [`idle_timeout`](Self::idle_timeout).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Limits;
    /// let limits = Limits::qt()
    ///     .with_ping_after(Some(Duration::from_secs(5)))
    ///     .with_idle_timeout(Some(Duration::from_secs(8)));
    /// assert_eq!(limits.idle_timeout(), Some(Duration::from_secs(8)));
    /// ```
    pub const fn with_idle_timeout(mut self, silence: Option<Duration>) -> Self;

    // ---- connections

    /// The number of connections of a server that may be open; `None` is as many as the system gives descriptors for. One more is
    /// answered with HTTP status 503, or over TLS closed before the handshake; either is
    /// [counted](crate::WebSocketServer::refused_connections). Those whose handshake is under way have [a limit of their
    /// own](Self::max_handshakes). A client has no use for it.
    ///
    /// ```
    /// use slotwire::Limits;
    /// assert_eq!(Limits::internet().max_connections(), Some(10_000));
    /// ```
    pub const fn max_connections(&self) -> Option<usize>;

    /// These limits with that [`max_connections`](Self::max_connections).
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::internet().with_max_connections(Some(100_000));
    /// assert_eq!(limits.max_connections(), Some(100_000));
    /// ```
    pub const fn with_max_connections(mut self, connections: Option<usize>) -> Self;

    /// The number of handshakes of a server that may be under way at once; `None` is any number. One more connection is closed at
    /// once, and [counted](crate::WebSocketServer::refused_connections). A connection whose handshake was answered with a refusal
    /// is one of them until its client has closed it, or has had two seconds to read why. A client has no use for it.
    ///
    /// ```
    /// use slotwire::Limits;
    /// assert_eq!(Limits::internet().max_handshakes(), Some(1_000));
    /// ```
    pub const fn max_handshakes(&self) -> Option<usize>;

    /// These limits with that [`max_handshakes`](Self::max_handshakes).
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::internet().with_max_handshakes(Some(50));
    /// assert_eq!(limits.max_handshakes(), Some(50));
    /// ```
    pub const fn with_max_handshakes(mut self, handshakes: Option<usize>) -> Self;

    /// The number of connections, those included whose handshake is under way, that a server may have from one address; `None` is
    /// any number. Of IPv6 that is the first 64 bits, which one subscriber has at least. One more is closed at once, and
    /// [counted](crate::WebSocketServer::refused_connections). A client has no use for it.
    ///
    /// Leave it off behind a proxy: there all connections come from the proxy's address.
    ///
    /// ```
    /// use slotwire::Limits;
    /// assert_eq!(Limits::internet().max_connections_per_address(), None);
    /// ```
    pub const fn max_connections_per_address(&self) -> Option<usize>;

    /// These limits with that [`max_connections_per_address`](Self::max_connections_per_address).
    ///
    /// ```
    /// use slotwire::Limits;
    /// let limits = Limits::internet().with_max_connections_per_address(Some(20));
    /// assert_eq!(limits.max_connections_per_address(), Some(20));
    /// ```
    pub const fn with_max_connections_per_address(mut self, connections: Option<usize>) -> Self;
}
}

impl Limits {
    /// The time that a message may take, given the number of its bytes that have arrived.
    pub(crate) fn time_for_message(&self, received: usize) -> Option<Duration> {
        let rate = u64::from(self.min_message_rate);
        let more = (received as u64).checked_div(rate).unwrap_or(0);
        Some(self.message_timeout?.saturating_add(Duration::from_secs(more)))
    }

    /// The number of waiting bytes from which on nothing more is read, where that is the policy.
    #[inline]
    pub(crate) fn stops_reading_at(&self) -> Option<usize> {
        match self.slow_peer_policy {
            SlowPeerPolicy::StopReading { .. } => self.max_bytes_to_write.map(|max| (max / 2).max(1)),
            SlowPeerPolicy::Close(_) | SlowPeerPolicy::Abort => None,
        }
    }

    /// The longest wait for the peer to read in that case.
    pub(crate) fn longest_wait_for_peer(&self) -> Option<Duration> {
        match (self.slow_peer_policy, self.max_bytes_to_write) {
            (SlowPeerPolicy::StopReading { up_to }, Some(_)) => Some(up_to),
            _ => None,
        }
    }

    /// Returns whether a limit depends on how long nothing is heard of the peer.
    #[inline]
    pub(crate) const fn watches_silence(&self) -> bool {
        self.ping_after.is_some() || self.idle_timeout.is_some()
    }

    /// The interval of checks at which no limit of silence is exceeded by more than a quarter of the shortest, or by the
    /// [`LEAST_WAIT`].
    pub(crate) fn silence_granularity(&self) -> Option<Duration> {
        let end_after_ping = match (self.ping_after, self.idle_timeout) {
            (Some(ping), Some(end)) => Some(end.saturating_sub(ping)).filter(|rest| !rest.is_zero()),
            _ => None,
        };
        [self.ping_after, self.idle_timeout, end_after_ping]
            .into_iter()
            .flatten()
            .min()
            .map(|time| (time / 4).max(LEAST_WAIT))
    }
}

const fn lesser(one: u64, other: u64) -> u64 {
    if one < other { one } else { other }
}

impl Default for Limits {
    fn default() -> Self {
        Self::qt()
    }
}

/// Limits that a server and its sockets have in common (private): one pointer for each, and none for Qt's.
#[derive(Default)]
pub(crate) struct SharedLimits(Cell<Option<Rc<Limits>>>);

impl SharedLimits {
    /// Looks at the limits, and nothing else: they are away meanwhile.
    #[inline]
    pub(crate) fn get<R>(&self, figure: impl FnOnce(&Limits) -> R) -> R {
        const QT: &Limits = &Limits::qt();
        // Each arm by itself: without limits of their own, which is nearly always, the figure is a constant.
        match self.0.take() {
            None => figure(QT),
            Some(limits) => {
                let figure = figure(&limits);
                self.0.set(Some(limits));
                figure
            }
        }
    }

    pub(crate) fn set(&self, limits: Limits) {
        let limits = (limits != Limits::qt()).then(|| Rc::new(limits));
        self.0.set(limits);
    }

    /// Changes these limits, and not those of others that had the same.
    pub(crate) fn change(&self, change: impl FnOnce(Limits) -> Limits) {
        self.set(change(self.get(Limits::clone)));
    }

    /// The same limits for one more owner.
    pub(crate) fn share(&self) -> Self {
        let limits = self.0.take();
        let shared = limits.clone();
        self.0.set(limits);
        Self(Cell::new(shared))
    }
}
