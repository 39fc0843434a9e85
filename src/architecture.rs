//! The structure of the crate, for those who read or change it. This page is prose; it holds no items.
//!
//! # Layers
//!
//! ```text
//! websocket                  the package QtWebSockets
//!   web_socket               WebSocket: opening, receiving, sending, closing, signals
//!   web_socket_server        WebSocketServer: admission, accepting, pending sockets
//!   protocol                 RFC 6455 without I/O: bytes in, events and bytes out
//!     handshake              the opening handshake of a client and of a server, each a value
//!     frames                 frames, masking, UTF-8, messages
//!     deflate                permessage-deflate (RFC 7692)
//! network                    the package QtNetwork
//!   socket_engine            an established connection, without signals
//!   tcp_socket, tcp_server   TcpSocket, TcpServer
//!   proxy                    connections through proxies, and listening at one
//!   ssl                      certificates, keys, and the TLS libraries behind one trait
//!   host_address, host_info  addresses; the resolver and its threads
//! core                       the package QtCore: objects, signals, event loop, timers, threads
//! error                      Error and SocketError
//! http                       HTTP/1.1 without I/O: heads, fields, bodies, authentication
//! ```
//!
//! These are the folders of `src`, the lowest layer last. Imports go downwards only; `http` and
//! [`protocol`](crate::websocket::protocol) import nothing that does I/O, holds a signal, or reads the clock or random numbers:
//! these are parameters. mio's poller is named in one file, `core/poller.rs`. The files of a layer form no circle either, but for
//! a few groups with a reason: the object model, and classes with files of their own. In `core` the files stand on floors, each
//! of which uses only those below; `core/mod.rs` lists them. `tests/architecture` reads the sources and fails, naming the
//! shortest circle, when any of this is not so. Files are called as Qt calls the class, without the Q; the `mod.rs` of each
//! folder is its map.
//!
//! Everything is per thread: the table of objects, the table of connections, the dispatcher, the read buffers. Nothing is
//! shared between threads but the queue behind an [`EventLoopHandle`](crate::EventLoopHandle) and the resolver's threads, so
//! there is no lock on any path that a message takes, and a process serves on all cores by running one loop in each thread
//! ([`WebSocketServer::set_reuse_port`](crate::WebSocketServer::set_reuse_port)).
//!
//! # An object
//!
//! A handle is an index and a generation. [`Handle::new`](crate::Handle::new) puts the value into a slab as an
//! `Rc<ObjectBox<T>>`: the value, and beside it what every object has (parent, children, signals, what it receives). Each
//! use looks the handle up, compares the generation, clones the `Rc` and lets the table go, before any code runs. So deleting
//! is a change of state: its entry in the slab is emptied, and a method that is running still holds valid memory of an object
//! that its handles no longer find. The classes of the crate are `Copy` newtypes over a private struct, Qt's d-pointer.
//!
//! [`Object::delete`](crate::Object::delete) lists the steps in which an object ends.
//!
//! Data that few objects need (links in the tree, name, properties, filters) is allocated on first use, and a signal has no list
//! of slots before its first connection. So an accepted socket with three slots, its engine, its request and all entries in
//! tables together take less than 1 KiB; the request is kept in a [compact form](crate::websocket::protocol::CompactHead) until
//! somebody asks for it.
//!
//! # An emission
//!
//! An [`Emitter`](crate::Emitter) holds the list of its slots. To emit is to walk the list up to the length that it had at
//! the beginning; before each call the entry is looked at again, its slot is cloned (an `Rc`) and the list is let go. An entry
//! that is disconnected meanwhile is marked, and taken out when the outermost emission of that signal has ended. A connection
//! is known by index and generation as well; tables link those of one sender and those of one receiver, so that the death of
//! either ends them without a search.
//!
//! # A round of the event loop
//!
//! 1. Calls from other threads join the posted events.
//! 2. Posted events are delivered, those of higher priority first; what is posted meanwhile waits for the next round. Tasks that
//!    were woken are among them.
//!    A deferred delete waits until control is back in the loop from which it was asked for. If the loop has been told to exit
//!    by then, the round ends here.
//! 3. Output that was collected is written.
//! 4. The poller waits: not at all if there is something to do, else until the next timer.
//! 5. Sources that are ready are called, one after the other, and after each the output that it has collected is written. A
//!    source is looked up when its turn comes, because an earlier one may have ended it.
//! 6. Timers that are due fire, each once, in the order in which they were due.
//!
//! A nested loop runs the same rounds on the same queues, so nothing is delivered twice and nothing is overtaken.
//!
//! # Fairness
//!
//! No flood of messages, connections, calls or timers keeps the others from their turns.
//!
//! * A source stands in line once (`core/sources.rs`). The poller is edge-triggered; a source that stops early, to be fair,
//!   waits in a second line. So a source with little to do does not wait for a turn of each of many that never stop.
//! * Posted events, sources that the system reports, sources that are not finished, and timers have each a share of a round,
//!   a millisecond, after which the rest waits for the next round, in order.
//! * The turn of a connection ends after 1,024 messages, 1 MiB or half a millisecond (`network/socket_engine/pace.rs`). The
//!   clock is looked at once in 32 messages, and after each only if slots have proved slow.
//! * A compressed message is unpacked by 256 KiB in a turn (`websocket/web_socket/compression.rs`). One that takes more turns is
//!   the only one in its thread; the others wait with what has arrived of them.
//! * Of output that has piled up, 2 MiB are written in a turn, also while the connection closes. What a program writes in a call
//!   of its own, as `flush` or a large message, takes as long as the system takes it.
//! * What is read and not handled in a turn stays with the connection, in memory of its own, and is taken apart there. To keep
//!   that little, a connection reads less at a time when a read brings more messages than a turn takes, down to 16 KiB, and
//!   more when it brings few, up to 512 KiB.
//!
//! # An event
//!
//! Everything that is posted waits in one queue: events ([`post_event`](crate::Object::post_event)), calls
//! ([`invoke_later`](crate::Object::invoke_later), queued connections), deferred deletes. Each has a receiver, a priority, a
//! serial number and a pass.
//!
//! 1. A round begins a pass. What is posted from then on belongs to a later one, whatever its priority, so that an event that
//!    posts itself again does not keep the sockets waiting. A round inside a slot begins a pass too, and so takes what was
//!    posted before it.
//! 2. The first of the round is taken out, before anything is called: a nested loop inside it finds the others, and not it.
//! 3. Its receiver is looked up. If that is dead, the event is dropped.
//! 4. An event goes to the filters of the application and of the receiver, the one installed last first, and then to its handler; the first that
//!    returns `true` has stopped it. A call is called. A deferred delete whose level is not reached yet is laid aside, until
//!    the loop inside which `delete_later` was called is back in control.
//!
//! A call from another thread is pushed onto a queue of its own, the only one with a lock, and the poller is woken; the
//! next round of the thread, or its next own post, moves it over, so that all are in the order in which they were made. A time-out and the readiness of a descriptor do not pass through the queue: the dispatcher calls the
//! timer, the notifier or the engine, and that emits.
//!
//! # A task
//!
//! A future that the loop runs (`core/task.rs`) lies in a box; a table of the thread knows it by index and generation
//! (`core/executor.rs`), and links those of one object, so that the death of the object ends them without a search.
//!
//! 1. Its waker holds that key, a flag, and the queue by which other threads reach the loop. The first wake since the last poll sets
//!    the flag and posts the key: in the thread itself as any event, from another one as a call. **A wake is a queued call**: it has
//!    priority 0, and its receiver is the owner of the task. So the order relative to events and calls, passes, shares of a round,
//!    nested loops and dead receivers need no rules of their own.
//! 2. When its turn comes, the flag is cleared, the future is taken out of the task and polled. What a poll finds in a loop inside
//!    itself is noted, and posted again afterwards.
//! 3. A task that is stopped leaves the table first, and then its future is dropped; if it is being polled, when that returns.
//!    A panic ends the task, and goes on to the caller that runs the loop.
//!
//! [`Application::block_on`](crate::Application::block_on) has an entry in the table, too, but polls for itself, between the rounds
//! of its loop (`core/block_on.rs`): its future stays on the stack.
//!
//! A task awaits a signal by a connection (`core/emissions.rs`). A stream of messages that is full holds up the reception of
//! its socket, and so does a task that is about to get a socket, so that nothing comes before somebody is there to receive it
//! (`websocket/web_socket/reception.rs`).
//!
//! # A connection
//!
//! **A client's.** [`open`](crate::WebSocket::open) checks the request and makes a `Connector`: it looks the name up (in a
//! thread of the resolver), and tries the addresses, the families by turns, the next one joining after 250 ms. With a proxy, a
//! `ProxyTunnel` connects to that first and asks it for the connection. The established connection becomes a `SocketEngine`.
//! From then on a [`ClientHandshake`](crate::websocket::protocol::ClientHandshake) says what is sent and understands what comes:
//! it answers a 401, on the same connection or on a new one. With a 101 the rest of what was received
//! belongs to the [`DataProcessor`](crate::websocket::protocol::DataProcessor), and the socket is `Connected`.
//!
//! **A server's.** The listener accepts what there is, and makes an `IncomingConnection` of each: an entry in a slab
//! with a timer, no object yet. When the head of the request is complete, it is checked, the slots of
//! [`origin_authentication_required`](crate::WebSocketServer::origin_authentication_required) are asked, and the answer is
//! written. Only then a `WebSocket` is made and queued, and
//! [`new_connection`](crate::WebSocketServer::new_connection) is emitted; what has come behind the request waits until its
//! slots have returned. [`handle_connection`](crate::WebSocketServer::handle_connection) begins at the same place, with the
//! bytes that were read already.
//!
//! **The end.** A close frame, of this side or of the peer; a violation of the protocol; `abort`; a loss. Each sets its state
//! first, then emits in [the order of signals](crate::WebSocket#the-order-of-signals), and checks after each signal that the
//! connection is still the socket's (`websocket/web_socket/closing.rs`). It counts as ended before the last signals, and only its
//! addresses are still known: a slot of `disconnected` may open the socket again, and the rest of the old connection's signals
//! is not emitted then.
//!
//! # A message
//!
//! 1. The event loop calls the engine of a readable connection (`network/socket_engine.rs`, which all connections share), and
//!    that its client, the socket.
//! 2. `websocket/web_socket/receiving.rs` borrows the read buffer of the thread and fills it, for as long as its
//!    [turn](#fairness) lasts. The rest of a large message that is under way is read straight into the message's memory.
//! 3. The [`DataProcessor`](crate::websocket::protocol::DataProcessor) finds a frame in the buffer, unmasks it there, checks its
//!    text, and returns an event that borrows from the buffer. A message that lies there whole is neither copied nor allocated
//!    for. Only a frame that the end of a read has cut off is moved, into a pooled buffer, so an idle connection holds none.
//! 4. While nothing of the socket is borrowed, the signal is emitted: the slot gets a slice of the read buffer. If it enters a
//!    nested loop, that loop takes another buffer, and begins with the bytes that the outer one has left.
//! 5. A message that the slot sends is encoded behind the output that its connection has to write already
//!    (`websocket/web_socket/sending.rs`). A large payload is offered to the system where it lies.
//! 6. After the whole read has been handled, the dispatcher lets the connection write once.
//!
//! # A connection over TLS
//!
//! The session of a TLS library stands behind one trait, `network/ssl/session.rs`: records in, plaintext and records out, and
//! events. It sits between an engine and its stream, so that sockets and servers read and write as ever.
//!
//! 1. The engine drives the handshake, and reports to its client what the session has found: one error of the peer's certificate
//!    after the other, alerts.
//! 2. With errors, it holds back what the session has to send, and reads nothing, until the client has judged
//!    ([`WebSocket::ssl_errors`](crate::WebSocket::ssl_errors)): in the slot, or later if the socket pauses.
//! 3. Then the WebSocket handshake goes the same way as without TLS. Reading decrypts the records that have arrived into the
//!    caller's buffer. What is to be written is collected as plaintext and encrypted when the engine writes: many small messages
//!    become one record.
//! 4. What concerns one connection only is allocated for encrypted connections alone; one that is not pays a branch.
//!
//! A certificate is accepted if our own examination of the chain, which gives Qt's list of errors, finds nothing and the TLS
//! library's finds nothing either, or if the program has ignored exactly those errors.
//!
//! # What a peer can make grow
//!
//! A peer pays for what it has sent, and gets nothing for what it announces; of a message that it has compressed, it pays for the
//! text. Each of these has a bound, and a test under `tests` that holds it:
//!
//! | what | bound | test |
//! |---|---|---|
//! | of a frame, its header | 14 bytes | `a_header_that_does_not_end_takes_its_own_memory` |
//! | a message, whole or in fragments of any size | twice what has arrived of it and a kibibyte, up to [its limit](crate::Limits::max_message_size); besides, 8 MiB of what earlier messages took and the thread keeps | `what_a_header_announces_takes_no_memory_however_much_of_it_arrives`, `fragments_take_the_memory_of_what_has_arrived_until_the_message_is_put_together` |
//! | a large message, of the machine's memory | 1.3 times its size; one for which there is no memory ends its connection with 1009 | `a_large_message_takes_little_more_than_its_size`, `a_message_that_does_not_fit_in_the_memory_ends_its_connection_only` |
//! | a compressed message, if compression was agreed on | what has arrived of it, and its text, up to [64 MiB](crate::Compression::with_max_message_size) or the limit of messages if that is less | `a_bomb_costs_what_it_has_sent_and_the_limit`, `a_message_that_does_not_end_is_refused_by_its_size_on_the_wire`, `the_default_holds_also_where_messages_may_be_of_any_size` |
//! | many of them, in many connections | one of the largest size, and what the thread keeps | `messages_of_the_largest_size_cost_one_of_them_and_the_pool_however_many_connections_send_them` |
//! | the context of a connection that compresses | its two windows, from the first compressed message on | `a_connection_that_has_compressed_has_its_windows_and_little_more`, `a_connection_that_has_not_compressed_has_no_memory_for_it` |
//! | a control frame | 125 bytes | `a_ping_within_a_message_takes_no_more_than_it_brings` |
//! | pongs that are owed | one, the newest; the answers of one turn | `pings_of_a_peer_that_does_not_read_take_the_answers_of_one_turn` |
//! | what waits to be sent | [its limit](crate::Limits::max_bytes_to_write), and a message, if there is one; without one, a peer that sends and does not read is read ten times a second | `what_waits_for_a_peer_that_never_reads_is_bounded_in_both_roles`, `without_a_limit_a_client_is_slowed_as_a_server_is` |
//! | the head of a request or a response | twice what has arrived of it, up to [its limit](crate::Limits::max_head_size) | `a_head_that_trickles_in_takes_no_more_than_it_has_brought`, `a_head_that_is_larger_than_the_limit_is_refused_in_both_roles` |
//! | the request that an accepted socket keeps | its [compact form](crate::websocket::protocol::CompactHead) | `a_large_request_is_kept_in_its_compact_form` |
//! | handshakes under way | [their number](crate::Limits::max_handshakes), if it is limited, and [their time](crate::Limits::opening_timeout) | `handshakes_that_nobody_finishes_take_no_more_than_their_places` |
//! | connections that were refused and still read why | one of the handshakes under way each, for two seconds | `connections_that_were_refused_count_until_they_are_gone` |
//! | connections that nobody has taken | [their number](crate::WebSocketServer::max_pending_connections); who has gone is not one | `clients_that_leave_before_they_are_taken_keep_no_place` |
//! | bytes behind the request | what was read with it | `any_amount_behind_the_request_of_an_adopted_connection_is_taken` |
//! | the body of a 401 or 407 | nothing: it is passed over, up to 256 KiB, and costs the connection beyond that | `the_body_of_a_refusal_is_passed_over_and_not_kept` |
//! | the body of a refusal | its [beginning](crate::HttpResponse::MAX_BODY_SIZE), 4 KiB | `no_more_of_the_body_of_a_refusal_is_kept_than_its_beginning` |
//! | the answer of a proxy | 64 KiB | `the_answer_of_a_proxy_takes_no_more_than_a_head_may_have` |
//! | a record of TLS | what has arrived of it, up to 18 KiB | `an_announced_record_takes_the_memory_of_what_has_arrived_of_it`, `the_memory_of_a_record_is_not_kept_for_the_beginning_of_the_next` |
//! | the handshake of TLS | what has arrived of a message, which may have 64 KiB, in at most 256 KiB of records | `a_handshake_of_tls_that_stops_keeps_what_has_arrived` |
//! | a message over TLS | as without it | `what_a_header_announces_takes_no_memory_over_tls` |
//! | reading in loops inside loops | half a mebibyte for each of 64 loops of a thread | `many_peers_nest_no_deeper_than_a_thread_allows` |
//!
//! A [stream of messages](crate::WebSocket::messages) holds 64 of them or 1 MiB, and one message more
//! (`a_stream_that_is_full_holds_up_the_peer_and_nothing_is_lost`).
//!
//! One thing has no bound: messages for a slot that was connected by [`connect_mut`](crate::Signal::connect_mut) and waits in an
//! event loop. They wait for it as copies, as many as the peer sends, and so do emissions in a [`stream`](crate::Signal::stream) that nobody
//! polls. A slot connected by [`connect`](crate::Signal::connect) is
//! called inside itself instead, [up to a bound](crate::EventLoop::exec) of loops.
//!
//! A server may have as many tickets of TLS outstanding as it likes, because the clients keep them; a client keeps eight of each
//! of 32 servers, and none of more than 16 KiB. An answer of the resolver is what the system makes of it.
//!
//! The memory that the thread keeps for later use, so that steady traffic allocates nothing, is bounded too: read buffers, 16 MiB
//! of message buffers for each of them, 4 MiB of output buffers, 160 KiB of scratch memory, encoders
//! within [their limit](crate::Compression::with_encoder_memory) and a decoder, the room in tables that objects,
//! connections and timers have left. Memory that was not used for four to eight seconds is given back, but for one read buffer,
//! and all of it by [`Application::release_memory`](crate::Application::release_memory). The event loop looks after it as long as
//! there is something to give back and no longer, and without a timer: so virtual time does not pass for its sake
//! (`what_echoed_messages_took_is_given_back_ten_seconds_later`, `what_the_tables_had_for_many_connections_is_given_back`,
//! `what_many_messages_at_once_took_is_given_back_at_once_by_a_call`). A table ends behind its last entry: one that lives on
//! holds those before it.
//!
//! # Rules
//!
//! The six rules of [`core`](crate::core#rules) hold everywhere. Besides them:
//!
//! * What a peer sends never panics, and takes [no memory but that of what it has sent](#what-a-peer-can-make-grow), compressed or
//!   not. What *waits to be sent* is bounded by the [`Limits`](crate::Limits) of its socket, or by the program, which sees it as
//!   [`bytes_to_write`](crate::WebSocket::bytes_to_write). What has not been read cannot be answered: a peer that does not read
//!   is read slowly, or not at all (`websocket/web_socket/slow_peer.rs`). No such wait is without an end.
//! * A connection that breaks takes nothing but itself along.
//! * No peer decides how deep the stack is. Loops inside slots [nest up to a bound](crate::EventLoop::exec); what
//!   is done for a tree of objects, or for many of them, is done in a loop and not by recursion; a signal that a call of its own
//!   slot would cause again, as [`bytes_written`](crate::WebSocket::bytes_written) by a flush, is emitted from the event loop.
//! * A panic in a slot stops nothing that is owed. Where several signals, or a signal and its consequence, belong to one event,
//!   they are the steps of a `Sequence` (`core/sequence.rs`), which takes them all and lets the first panic go on at its end. A
//!   message panics right through: unread bytes are put back to their connection, and the connection is called again. A slot
//!   that is asked for a permission, and panics, has not given it.
//! * An engine calls its client from the loop only, never inside a call of the client's; but a client's own call may emit
//!   (`close`, `abort`, `open`), as the documentation of the call says.
//! * A slot may have ended the connection, or opened another: code that goes on after an emission asks whether its engine, or
//!   its attempt, is still the current one.
//! * Time comes from one clock, which tests replace ([`VirtualClock`](crate::VirtualClock)).
//!
//! # Platforms
//!
//! The crate is written for Linux, macOS and Windows. **On Linux everything is run; built for Windows, the tests of the
//! library pass under Wine** (`tests/windows/run.sh`), which is not Windows itself; **for macOS it was compiled only.**
//!
//! Unix only, and absent elsewhere:
//!
//! * `SocketNotifier`, `NotifierType`;
//! * `Application::poller_fd`, `PollerFd`;
//! * `socket_descriptor` and `set_socket_descriptor` of [`WebSocketServer`](crate::WebSocketServer) and
//!   [`TcpServer`](crate::TcpServer), `socket_descriptor` and `from_fd` of [`TcpSocket`](crate::TcpSocket), whose
//!   `set_socket_descriptor` takes a `TcpStream` everywhere.
//!
//! Different by platform: `TCP_NODELAY` is inherited from the listening socket on Linux and set on each connection elsewhere;
//! `SO_REUSEADDR` is set on Unix only, because on Windows it would let another process take the port; `SO_REUSEPORT` fails
//! where there is none; the system's codes for "no descriptor left" are a list of their own. On Windows a socket is read until
//! a read would have blocked, because mio reports nothing more before; elsewhere a short read is enough, and saves a call.
//!
//! # Proof
//!
//! | what | where |
//! |---|---|
//! | behaviour, by the public API, over loopback or the virtual clock | `tests/core`, `tests/network`, `tests/websocket` |
//! | the engine: in every split, with random input, against its own frames | `tests/websocket_protocol` |
//! | Qt's own tests, function by function, and which of them wait | `tests/qt_autotests.rs` |
//! | the same under exhaustion of descriptors | `tests/descriptors.rs` |
//! | what the real Qt did in recorded scenarios: signals, their order and arguments, the wire | `tests/traces` |
//! | hostile peers and careless programs: the figure or the fact that holds under each attack | `tests/attacks` |
//! | other implementations, in both roles; other proxies; the pages of the examples in a browser | `tests/interop` |
//! | RFC 6455's test suite, Autobahn's, in both roles: the script and its result | `tests/autobahn` |
//! | every place where a peer's bytes come in, for any bytes | `tests/fuzz`, and bounded in `tests/websocket_protocol` and `tests/network` |
//! | what is wrong with certificates, chain by chain as Qt says, and as the `openssl` command does | `src/network/ssl/webpki/tests.rs` |
//! | the library on Windows, as far as Wine is Windows | `tests/windows` |
//! | ten thousand connections leave nothing behind; for hours, if asked to | `tests/soak.rs` |
//! | the examples, as programs | `tests/examples` |
//! | layers, no `unsafe`, nothing printed, the wording of comments, an example on every public item, every member of Qt's by its name | `tests/architecture`, `tests/documentation` |
//! | speed, beside something to compare it with | `benches` |
