//! Differences from Qt: what is done otherwise here, and why. This page is prose; it holds no items.
//!
//! Everything that is not on this page is meant to be as in Qt 6 (the latest: 6.12), also where that surprises: the order of
//! signals, their arguments, the texts of errors, and the limits. Where Qt breaks RFC 6455, loses data, hangs or crashes, this
//! crate does right instead. The trace suite (`tests/traces`) holds this crate to what the real Qt did in recorded scenarios; its
//! list names, scenario by scenario, which of these differences is seen there.
//!
//! # The closing of a connection
//!
//! | | Qt | here |
//! |---|---|---|
//! | [`about_to_close`] | once or twice for a connection, and again for one that has ended | once for each connection that this side or the peer closes |
//! | the connection is lost without a close frame | [`close_code`] stays `Normal` | [`AbnormalDisconnection`], 1006 (RFC 6455 §7.1.5) |
//! | sending after [`close`], or in a slot of [`about_to_close`] | is still possible; the frame goes out behind the close frame | sends nothing and returns 0 (RFC 6455 §5.5.1) |
//! | sending in the error slot of a lost connection | is taken, and nobody gets it | sends nothing and returns 0 |
//! | a reason of more than 123 bytes | is cut within a character, which the peer refuses | is cut in front of that character |
//! | [`close`] during the opening handshake | writes a close frame into the HTTP stream, and waits | is an [`abort`]. Before TCP is connected, `error_occurred` comes first as in Qt, with `UnfinishedSocketOperation` |
//! | [`close`] in the error slot of that | emits the error again, and so on without an end | does nothing |
//! | [`close`] or [`ping`] of a connection that is over | forgets its error, which is "Socket is not connected" then; `close` sets close code and reason as well | does nothing |
//! | [`close`], or sending, in the slots of an [`abort`] | crashes | does nothing |
//! | [`close`] or [`abort`] in a slot of `state_changed(Connecting)` | does not keep it from connecting; `close` takes effect three seconds later | ends the attempt |
//! | the TCP connection at the end | is closed at once, so that unread input can make a reset that overtakes the close frame | after a violation of the protocol, and when a socket is deleted, this side ends its half and lingers for at most two seconds |
//! | a peer that does not read | keeps the socket `Closing` for as long | has three seconds to answer; then it gets what waits as long as it takes 16 KiB in three seconds |
//! | a peer that ends its side behind a message, and still reads | loses the answer | gets all that was sent to it, and `close_notify`; [`disconnected`](crate::WebSocket::disconnected) comes behind that |
//! | an accepted socket that is deleted | leaves its TCP connection open up to the end of the server | its connection ends |
//! | a connection that ends within a frame | five seconds later a time-out is reported | ends like any lost connection, and nothing comes later |
//!
//! # Opening
//!
//! | | Qt | here |
//! |---|---|---|
//! | a connection that does not get open, wherever it stops: name, TCP, proxy, TLS, handshake | has limits for single steps; a server that never answers the handshake is waited for for ever | has one limit for all of it, [`handshake_timeout`], ten seconds by default, which stands still while the program is asked; then `error_occurred(SocketTimeout)` |
//! | a response that cannot be read | the socket stays `Connecting` with an open connection | the connection ends like that of any refused handshake |
//! | the body of a refusal | is read as frames, and changes the close code | is none of the frames. Its beginning is waited for, and can be [read](crate::WebSocket::refusal) with the status and the header fields |
//! | what is no response of HTTP, as the banner of another protocol or lines that end with LF | is waited for to its end | is refused with the first byte or line that shows it, and named |
//! | a field of a response whose value has control characters (RFC 9110 §5.5) | is left out | has the response refused |
//! | interim responses (100, 103) before the 101 | are refused | are passed over, at most 16 and within the limit of the head (RFC 9110 §15.2) |
//! | a 426 | does not say what the server asks for | names its version |
//! | `Connection: keep-alive, Upgrade` in the response | is refused | is accepted, as HTTP allows a list |
//! | an extension in the response that was not asked for | is accepted | is refused (RFC 6455 §4.1) |
//! | [`open`] again | keeps close code, reason, subprotocol and error text of the last connection | resets them |
//! | [`open`] with a scheme that is not supported, or a line break in the path | drops a connection that exists, and stays `Connected` | leaves a connection that exists alone, and what [`request`](crate::WebSocket::request) says of it |
//! | the URL of [`request`](crate::WebSocket::request) | has dot segments and a default port | is a [`Url`](url::Url), which takes these out. What was given as text is asked for as in Qt all the same |
//! | an international host | is in `Host` and [`peer_name`](crate::WebSocket::peer_name) as it is written, with `?` for what Latin-1 does not have, if its registry is known to be careful | is there in its ASCII form, always |
//! | an IPv6 zone with a space, as in `[fe80::1%25my net]` | is looked up | is an invalid URL |
//! | [`open`] in the error slot of a refused handshake, in `authentication_required`, in the [`about_to_close`] of a violation | is ended along with the first connection | opens |
//! | [`open`] in a slot of `state_changed(Connecting)` | has `error_occurred(Operation)` as well, for the first | opens |
//! | header fields that the handshake writes itself | are sent a second time if the request has them | are sent once |
//! | a header field `Sec-WebSocket-Extensions` | is sent | is not: what can be agreed on is [compression](crate::Compression) |
//! | a bad cookie among those of a request | makes [all of them](crate::KnownHeader::Cookie) unreadable | is left out |
//! | a cookie with both `Max-Age` and `Expires` | ends when the one that comes last says | ends when `Max-Age` says (RFC 6265 §4.1.2.2) |
//! | a date in a header field whose year has two digits | is of the last century | is of the last 50 years or the next ones (RFC 9110 §5.6.7) |
//! | [`transfer_timeout`](crate::NetworkRequest::transfer_timeout) of a request that a WebSocket opens | does nothing | is how long the opening may take |
//! | a header field without a value | is sent | is [taken away](crate::NetworkRequest::set_raw_header) |
//! | an empty subprotocol, or one given twice | is offered | is left out (RFC 6455 §4.1) |
//! | several addresses of a host | are tried one after the other, twice, for 30 s each | are tried once, for 30 s each, IPv6 and IPv4 by turns; the next one joins when the one before has not answered for 250 ms (RFC 8305) |
//! | [`ping`] before the connection is open | breaks the handshake | does nothing |
//!
//! # Authentication
//!
//! | | Qt | here |
//! |---|---|---|
//! | the `uri` of Digest | is the whole `ws://` URL, which servers refuse | is the request target (RFC 7616 §3.4) |
//! | Digest | with MD5 | with MD5, SHA-256 and SHA-512/256, and their `-sess` forms; of several, the server's first |
//! | NTLM, Negotiate | are answered | are not supported |
//! | characters that Latin-1 does not have | are sent as `?` | are sent in UTF-8, as is all if the server asks for it |
//! | a realm | is read as Latin-1 | is read as UTF-8 |
//! | a 401 in chunks, or without a length, on a connection that is kept | breaks the next response | is passed over; without a length, a new connection is made |
//! | a server that closes a connection which it had promised to keep | is an error | a new connection is made |
//! | Basic, asked for after Digest | is answered with what a slot gives | fails the handshake: it would give the password to an attacker in between that asks |
//! | credentials of one [`open`] | are known to the next | end with it |
//!
//! # Proxies
//!
//! | | Qt | here |
//! |---|---|---|
//! | a proxy that cannot connect anybody ([`ProxyType::HttpCaching`](crate::ProxyType::HttpCaching)) | leaves the socket `Connecting` | fails as a refused connection |
//! | a proxy that does not answer | keeps the socket waiting without an end | has 30 s, or what is left for opening: [`ProxyConnectionTimeout`](crate::SocketError::ProxyConnectionTimeout) |
//! | [`close`] while a proxy is asked | writes a close frame to the proxy, and waits | is an [`abort`], after `error_occurred` with `UnfinishedSocketOperation` |
//! | [`abort`] in a slot of `proxy_authentication_required` | crashes | is nothing special |
//! | deleting a socket later, in a slot of `proxy_authentication_required` that gives nothing | nothing more is reported | the failure is reported first |
//! | an answer to `CONNECT` other than 200 | is a failure | 2xx is success, and 1xx is passed over, up to 64 KiB of heads (RFC 9110 §9.3.6, §15.2) |
//! | lines in a proxy's answer that are no header fields, or have space in front of the colon | have all fields ignored | are passed over; the space is (RFC 9112 §5.1) |
//! | the `Host` of a `CONNECT` | is the name alone | has the port (RFC 9112 §3.2.3) |
//! | Digest | with MD5 | as [above](#authentication) |
//! | the user, when a proxy has refused one | is empty | is the one that was refused, as for servers |
//! | the same user and password again, when a SOCKS5 proxy has refused them | are sent again, and so on without an end | end the attempt |
//! | a 407 whose body has no length, or is sent in chunks | breaks the next answer | is passed over; without a length, a new connection is made |
//! | a SOCKS5 proxy that wants another kind of authentication | keeps the connection | is left |
//! | the text of a lost connection through an HTTP proxy | "Remote host closed" | as of any connection |
//! | an IPv6 address | is sent to an HTTP proxy as it is | in brackets |
//! | a server at a SOCKS5 proxy | blocks while the proxy is asked to listen; has a connection before anybody has connected, which begins with bytes that are the proxy's; and says that it does not listen | waits in an event loop, and has the connection when there is one. It is [one for each](crate::TcpServer#listening-at-a-proxy) `listen`, as SOCKS has it |
//! | `QNetworkProxyFactory` | reads the system's settings | is not there |
//!
//! # Data
//!
//! | | Qt | here |
//! |---|---|---|
//! | masking | is not checked | is enforced: a server closes on an unmasked frame, a client on a masked one (RFC 6455 §5.1) |
//! | a masking key of 0 | sends the frame as not masked | is a key like any other |
//! | the limit of messages | counts UTF-16 units of text | counts bytes |
//! | a frame that makes the message too long | is received first | is refused by its header |
//! | invalid UTF-8 | is found when the frame is complete | is found with the byte |
//! | a byte order mark at the beginning of a text | is removed | is content, and stays |
//! | the close codes 1012, 1013 and 1014 | are refused, as not assigned | are taken: they are assigned (IANA's registry), and [a server that is busy](crate::SlowPeerPolicy) sends 1013 |
//! | "Invalid close code … detected." | always names 1002 | names the code |
//! | [`set_read_buffer_size`] below the size of a frame | stalls the connection for good | makes more, smaller reads |
//! | an unfinished frame or message | has five seconds, up to the second read of a connection; then it is waited for without an end | has five seconds after each read |
//! | [`open`] in a slot of a frame | has an empty binary message follow, whatever it was | has the message of that frame follow |
//! | what a slot of [`bytes_written`] writes at once (`flush`, [`close`]) | is never reported | is reported once the slot has returned |
//! | [`set_outgoing_frame_size(0)`](crate::WebSocket::set_outgoing_frame_size) | crashes when something is sent | does not cut |
//! | pings of a peer that does not read | are all answered, in memory | only the last is remembered while output is blocked (RFC 6455 §5.5.3) |
//! | a peer that floods and reads no answers | fills the memory as fast as it can | is read ten times a second: a socket whose output only grows by what it reads waits in between, on either side. Where [`Limits`](crate::Limits) say so, it is not read at all, or its connection ends |
//! | compression (RFC 7692) | is not there | is, if [both sides ask for it](crate::Compression); the signals of frames tell a compressed message as one frame, once it is whole; one that goes to many is [prepared](crate::PreparedMessage) once |
//! | limits | of frames and messages, of one socket, once that is connected | these, and [more](crate::Limits), of a server or a socket, from the first byte. [`Limits::qt`](crate::Limits::qt) is the default |
//! | [sending](crate::WebSocket::send_text_message) to a peer for which [as much waits as may](crate::Limits::max_bytes_to_write) | is always taken | sends nothing and returns 0, if there is such a limit; the end of the connection follows |
//! | a slot that enters an event loop | has the rest of what was received wait until it has returned | receives the rest inside its loop, in order |
//! | a loop inside a slot inside a loop, and so on | is entered until the stack overflows | is entered up to a [bound](crate::EventLoop::exec), and refused there |
//! | [`MaskGenerator`](crate::MaskGenerator) | an object, and never null | a trait; `None` is the default, which takes keys from the operating system. `seed` is never called |
//!
//! # The server
//!
//! | | Qt | here |
//! |---|---|---|
//! | data that comes with the request | is lost, and pings in it are answered with masked frames | reaches the slots that are connected in [`new_connection`] |
//! | an invalid request, too many pending connections, a head that does not end | the TCP connection is closed without a word | is answered: 400, 503, 431 |
//! | the size of a request's or a response's head | only its lines (8 KiB in a server, 100 KiB in a client) and their number (100) are limited | the [whole head](crate::Limits::max_head_size) as well, to 64 KiB |
//! | [`open`] of an accepted socket in a slot of [`new_connection`] | comes behind the response to its handshake | has the response not sent |
//! | empty lines in front of a request | have it refused | are passed over (RFC 9112 §2.2), as long as there is room in the [head](crate::Limits::max_head_size) |
//! | a request whose `Connection` or `Upgrade` is in several fields, or whose `Upgrade` lists other protocols too | is judged by the first field, which has to be `websocket` alone | is judged by the whole list (RFC 9110 §5.3) |
//! | a request with several `Host`, or with none beside an absolute target; with several `Sec-WebSocket-Key`, or one that is not 16 bytes in base64 | is accepted | is refused (RFC 9112 §3.2, RFC 6455 §4.2.1) |
//! | a control character in the first line of a request | is taken as part of the URL, or cut off | has the request refused (RFC 9112 §2.2, §3) |
//! | the target of a request, as it came | is not kept | is [`request_target`](crate::WebSocket::request_target) |
//! | a request for `*` | has an empty URL | has the path `/*` |
//! | a refused origin | 403 without a length | 403 with `Content-Length: 0` and `Connection: close` |
//! | no version in common | 400 | 426 with `Sec-WebSocket-Version: 13` (RFC 6455 §4.4) |
//! | the error text of an accepted socket | is "Unknown error", whatever happens | is that of its error, for the slots that hear of it |
//! | a connection that ends before it is taken | keeps its place among the pending ones, and is taken unconnected | leaves them, and its socket is deleted: places are for the living |
//! | a server name with a line break | half an answer | 500, and the same error |
//! | [`pause_accepting`] on a server that does not listen | crashes | does nothing |
//! | a server that could not listen | has a [`socket_descriptor`](crate::WebSocketServer::socket_descriptor) | has none |
//! | connections that wait in the system | up to 50 | up to 4096, or what the system allows: bursts are not refused |
//! | accepted sockets | without `TCP_NODELAY` | with it, as Qt's clients have it |
//! | [`server_url`] without listening | an empty URL | `about:blank`: a [`Url`](url::Url) is never empty |
//! | no descriptor left | accepting pauses until the program resumes it | accepting pauses, [`accept_error`] is emitted once, and it goes on by itself |
//!
//! # Objects
//!
//! | | Qt | here |
//! |---|---|---|
//! | using what is deleted | is undefined | is harmless: a dead handle answers as a closed object, and never reaches another |
//! | deleting an object, or its server, in one of its slots | crashes, with `delete` | is nothing special |
//! | [`destroyed`](crate::Object::destroyed) | comes while the object is in its parent's list | comes when it has left its parent, and its handles are dead |
//! | [`set_parent`](crate::Object::set_parent) to an object below | is not checked | is refused, with a warning |
//! | [`set_parent`](crate::Object::set_parent) of a child that has a parent | tells the old parent first, and sets the new one after that | sets the new one first |
//! | `Qt::UniqueConnection` | compares slots | a key names the connection, because closures cannot be compared |
//! | `removePostedEvents` | takes queued calls and a deferred deletion back too | [`remove_posted_events`](crate::Object::remove_posted_events) takes events back, and nothing else |
//! | a deferred deletion that a filter has stopped | can never be asked for again | can |
//! | [`delete_later`](crate::Object::delete_later) outside of any loop | waits for a loop | is done by [`process_events`](crate::Application::process_events) as well, which may stand in somebody else's loop |
//! | `started` and `finished` of a [`Thread`](crate::Thread) | are emitted in the new thread, and queued for receivers in others | are emitted by the loop of the thread that the object lives in: not if it is blocked or deleted by then |
//! | a [`Thread`](crate::Thread) that is deleted while it runs | ends the program | is asked to end; nobody waits for it |
//! | `delete_later` in a slot that then processes events, or in a slot of [`destroyed`](crate::Object::destroyed) | may wait until something else wakes the loop | is done in the next round |
//! | a filter that installs another one while it sees an event | is asked twice | is asked once |
//! | [`sender()`](crate::sender()) once the connection has ended, as in a slot of a single shot | is null | is the sender |
//! | [`sender()`](crate::sender()) of a signal from another thread | is the sender | is `None`: a handle is of its thread |
//! | [`set_property`](crate::Object::set_property) to an equal value | sends no event | sends none for the types of the standard library that it names; others cannot be compared |
//! | `exit()` of an application that is not running | emits `aboutToQuit`, and no loop runs after that | ends the loops that run |
//! | `quit()` of an application that is not running | does nothing | ends the loops that run, as `exit` does |
//! | `exit()` in a slot of [`about_to_quit`](crate::Application::about_to_quit) | emits the signal again, and so on | emits it once |
//! | processing events after [`exit`](crate::EventLoop::exit), in the same slot | keeps the loop waiting until something else wakes it | does not |
//! | deleting a loop that runs | crashes | ends it with −1 |
//! | sockets and notifiers that are ready together | in the order of a hash table | in the order in which they became ready |
//! | `moveToThread` | moves an object | there is none: an object stays in its thread, and a [`Remote`](crate::Remote) reaches it from others. [`Thread::create`](crate::Thread::create) makes one in a thread |
//! | `BlockingQueuedConnection` to one's own thread | dead-locks | calls at once |
//! | `BlockingQueuedConnection` to a thread whose loop has ended | waits for ever | is an error ([`LoopEnded`](crate::ErrorKind::LoopEnded)); [`invoke_blocking_for`](crate::EventLoopHandle::invoke_blocking_for) has a time-out |
//! | virtual functions (`event`, `eventFilter`, `incomingConnection`) | are overridden | closures: [`set_event_handler`](crate::Handle::set_event_handler), [`install_event_filter`](crate::Object::install_event_filter), [`set_incoming_connection_handler`](crate::TcpServer::set_incoming_connection_handler) |
//!
//! # Tasks
//!
//! Qt has no coroutines; the library `QCoro` adds them. What stands for `qCoro(object, &Class::signal)` here is
//! [`next`](crate::Signal::next), and for `QCoro::waitFor` [`block_on`](crate::Application::block_on). That a coroutine is not
//! resumed when the objects that it works with are gone is a matter of the program there. Here a task can
//! [belong to an object](crate::Object::spawn), and ends with it.
//!
//! # TCP
//!
//! | | Qt | here |
//! |---|---|---|
//! | `QIODevice`, `QAbstractSocket`, `QTcpSocket` | three classes | one, [`TcpSocket`](crate::TcpSocket); `read` and `write` return nothing or 0 where Qt returns −1 |
//! | the error when the time of [`wait_for_new_connection`](crate::TcpServer::wait_for_new_connection) passes | is `TemporaryError` if a connection was accepted before | is `SocketTimeout` |
//! | [`wait_for_new_connection`](crate::TcpServer::wait_for_new_connection) of a server that is full | waits for one more, and leaves it in the system | returns `true` at once |
//! | `connected` and `host_found` | come also for a connection that a slot of `state_changed` has ended | do not |
//! | the end of a connection | is reported twice if a slot of `state_changed(Closing)` closes, aborts or runs a loop; [`about_to_close`](crate::TcpSocket::about_to_close) comes again for `abort` in its own slot | is told once |
//! | [`abort`](crate::TcpSocket::abort) and [`connect_to_host`](crate::TcpSocket::connect_to_host) in a slot | leave the socket `Connecting` for ever, end the new attempt with the old one, or make a connection that nobody drives | connect |
//! | a peer that ends its side while output waits, or is written in the slots that hear of the end | does not get it | gets it, as long as it reads; the socket is `Closing` meanwhile |
//! | output of an attempt that failed, or that a broken connection has not taken | is counted in [`bytes_to_write`](crate::TcpSocket::bytes_to_write) while that is told | is gone |
//! | [`error_occurred`](crate::TcpSocket::error_occurred) of an attempt whose slot of `state_changed(Unconnected)` connects again | has the error of the new one, and comes twice if something was written | has the error that occurred, once |
//! | [`is_valid`](crate::TcpSocket::is_valid) between connections | may stay true after `close`, or be false with a proxy | says whether the socket is open |
//! | output and input of one descriptor that is ready for both | input is read first | output is written first, and what came with the connection is read in the same turn |
//! | a read buffer that was full | takes more when it is empty | takes more when there is room |
//! | what a slot of [`bytes_written`](crate::TcpSocket::bytes_written) flushes | is not reported | is reported when the slot has returned |
//! | [`bind`](crate::TcpSocket::bind) that fails | leaves a socket of no use, valid and with a descriptor; one of a socket that is in use has an error that has nothing to do with it, or gives a name lookup up | leaves nothing; the error is [`Operation`](crate::SocketError::Operation), and the connection goes on |
//! | an IPv6 host, from a socket that is bound to IPv4 | is replaced by an IPv4 address | is not reached |
//! | a `wait_for` call of a socket that is only bound | waits for nothing, or ends the socket | returns `false` |
//! | [`set_socket_descriptor`](crate::TcpSocket::set_socket_descriptor) | takes any descriptor for a connection | refuses what is none, and leaves the socket as it was |
//! | a connection or binding that a slot of the end of another one has made | has no addresses, or is ended too | stays, with its addresses |
//! | a [transaction](crate::TcpSocket::start_transaction) that has taken bytes of one connection, in the next | has taken as many of that: `bytesAvailable()` is negative | has taken nothing |
//! | `readLine(max)` | takes one byte fewer than it may | takes `max` bytes: [`read_line_up_to`](crate::TcpSocket::read_line_up_to) |
//! | an address that the system refuses at once | fails inside [`connect_to_host`](crate::TcpSocket::connect_to_host) | fails from the event loop, as any other |
//! | an IPv4-mapped address (`::ffff:192.0.2.1`) at an end of a connection | is presented so at a client | is presented as the IPv4 address |
//! | [`set_max_pending_connections`](crate::TcpServer::set_max_pending_connections) that makes room | takes effect with the next [`next_pending_connection`](crate::TcpServer::next_pending_connection) | takes effect at once |
//! | [`next_pending_connection`](crate::TcpServer::next_pending_connection) while accepting is paused | ends the pause if the queue was full | leaves the pause as it is |
//! | `resumeAccepting` of a server that does not listen | crashes | does nothing |
//! | a server that could not listen | has a `socketDescriptor` | has none |
//! | several listeners on one port | have no call for it | [`set_reuse_port`](crate::WebSocketServer::set_reuse_port), of both servers |
//! | the name of an address ([`HostInfo`](crate::HostInfo)) | is looked up | is the address |
//! | names that were looked up | are cached for a minute | are looked up again |
//! | an [address as text](crate::HostAddress#impl-FromStr-for-HostAddress) | ends at a zero character; `1:2:3:4:5:6:7:8::` is one; a scope identifier has any length | has no zero character; is not; has at most 15 bytes, as the name of an interface |
//! | IPv6 addresses that differ in the scope identifier only | are equal | are not; [`is_equal`](crate::HostAddress::is_equal) takes them for the same |
//! | an IPv6 address in brackets, as the host of [`connect_to_host`](crate::TcpSocket::connect_to_host) | is a name that is not found | is that address |
//!
//! # TLS
//!
//! | | Qt | here |
//! |---|---|---|
//! | a configuration that was just made | is null, and trusts nobody | is the default one: the system's roots are trusted |
//! | adding a trusted certificate to that | trusts it alone, as the system's are loaded on demand only | trusts it beside the system's; `set_ca_certificates` says "alone" |
//! | TLS 1.0 and 1.1, DTLS, renegotiation | are there, if old | are not |
//! | cipher suites | 60, many of them old | nine: those with forward secrecy and authenticated encryption |
//! | a certificate whose signature is over SHA-1 | is accepted | `CertificateSignatureFailed` |
//! | a chain in which nothing is wrong by OpenSSL's rules, but something by webpki's | is accepted | `UnspecifiedError`: a chain has to be good by both, on one path; but webpki alone does not keep out what RFC 5280 lets in and it does not look at (version 1, more than six intermediates, policies, names that are encoded in several ways, constraints of directory names, mailboxes and URIs, an authority that serves, who renews his key) |
//! | the certificate of an error | is the one that was *sent* at the position of the error: an unrelated one, if more was sent than is needed | is the one on the path, be it sent or not |
//! | a common name | is the host's also beside other names | is the host's if there are none of hosts (RFC 9525 §2); and has to keep to constraints then, also if it has one label only or a wildcard |
//! | an address as a host's name, or as a common name | is that address | is not: addresses are alternative names of their own kind |
//! | a wildcard and labels that no host has: empty, with an underscore, with a hyphen at an end | fits | does not, as in OpenSSL |
//! | a constraint that excludes a host, and a wildcard that stands for it, or its name with a dot at the end | is not violated | is violated |
//! | more than a million comparisons of names with constraints | are made, if not for one certificate and one authority | are not: `UnspecifiedError` |
//! | policies that an authority asks for (RFC 5280 §6.1) | are not looked at | are: without a valid one, `UnspecifiedError`. Which policy is mapped to which is not followed ("may", §6.1.1): where one is required, a path with mappings is refused |
//! | a certificate in BER, but not in DER, or with a time that RFC 5280 does not know | is read; of a time, there is `InvalidNotBeforeField` or `InvalidNotAfterField` | cannot be read: there is no handshake |
//! | an extension that is damaged by the letter of RFC 5280 only: not in DER, with something behind it, twice there, of policies or beyond ASCII; extensions in version 1 and 2 | is accepted | spoils the certificate, like other damage |
//! | extensions for addresses and systems of the Internet (RFC 3779); `OCSP no check`, critical; purposes of "server gated crypto"; networks with holes in their mask; mailboxes beyond ASCII under constraints; times before 1970; Ed25519 with parameters; RSA-PSS with a salt that is longer or shorter than the hash | are accepted | are refused: RFC 5280 asks nobody to take them |
//! | certificates that were misused up to 2014 | `CertificateBlacklisted`, by a built-in list | are judged like all others |
//! | private keys | RSA, EC, DSA, DH; encrypted ones with a pass phrase | RSA of 2048 bits or more, EC, Ed25519; encrypted ones are refused, and the error says so |
//! | reading a key | fails if another algorithm was named | reads the algorithm from the key |
//! | a PEM text with a damaged certificate | that one is left out | is an error that says which it is |
//! | `QSslCertificate` and `QSslKey` when nothing could be read | are null | a `Result`, with the name of the file |
//! | revocation (OCSP stapling, must-staple, CRLs), PKCS #12, `extensions`, `toText`, `ellipticCurves`, `diffieHellmanParameters`, `backendConfiguration` | are there | are not |
//! | `close_notify` of the peer | is an error; the socket stays `Connected` until the peer closes TCP | ends the connection, as nothing more will come |
//! | [`abort`] in a slot of [`ssl_errors`] | is followed by the error of the handshake | is the end |
//! | [`close`] in a slot of [`ssl_errors`] | emits the signal again, and so on without an end | is an [`abort`] |
//! | [`close`] in a slot of `state_changed(Closing)` | ends the connection when the slot has returned | ends it at once, as without TLS |
//! | deleting a socket while its connection closes | nothing more is reported | the end is reported first, as without TLS |
//! | [`abort`] in a slot of an [`abort`] | has [`about_to_close`] come from the second | from the first |
//! | [`bytes_to_write`] while a connection closes | leaves out the last record, `close_notify` | counts it |
//! | a server with a key that does not fit its certificate, or without a certificate and a slot for pre-shared keys | listens, and no client gets in | does not [`listen`](crate::WebSocketServer::listen), and says what is missing; given such a configuration while it listens, it emits [`server_error`](crate::WebSocketServer::server_error) |
//! | a configuration that is set from [`open`] on, up to the end of the handshake | is replaced by that of the connection | is that of the next [`open`] |
//! | errors of a certificate in TLS 1.2 | are reported when the server already takes the client's side for done | are reported before anything is sent that accepts the certificate |
//! | a handshake that was interrupted on an error | has a text without the reason | has the reason |
//! | the reason of a failure | has OpenSSL's number before it | has none |
//! | a server and a client without an application protocol (ALPN) in common | the server answers with a broken extension | the handshake fails, as RFC 7301 wants it |
//! | a client resumes a session | if the program hands its `sessionTicket` over; the certificate is not looked at again | of its own accord, if another connection with that configuration has left one for the host ([`is_session_resumed`](crate::SslConfiguration::is_session_resumed)), and judges the certificate again; the ticket cannot be had as bytes |
//! | a connection of TLS 1.2 that has sent 16 million records with AES | goes on | is closed, as the key has encrypted all that it may (RFC 8446 §5.5); TLS 1.3 changes the key |
//! | a client that speaks `wss` to a `ws` server | waits until the server's time is over | is refused at once |
//! | what a rejected connection had to write | is counted in [`bytes_to_write`] ever after | is not |
//! | `QSslSocket::setActiveBackend` | has to come before the first use of TLS | holds for connections that begin from then on |
//! | [`SslSocket`](crate::SslSocket)'s back ends | `openssl`, and those of Windows and macOS | `rustls`, and by the cargo feature `openssl` that one |
//! | the server's `sslErrorsOccurred` | passes the connection's `QSslSocket` | passes an [`SslSocket`](crate::SslSocket) that exists until the slots have returned |
//! | `QSslSocket`: plain input that was not read when encryption begins | what `read` or `readLine` has left of a larger piece is given out as if it had come encrypted; else it is the beginning of the encryption | is always the beginning of the encryption, which fails: nobody can inject anything before it |
//! | encryption that fails as it begins | is told inside `startClientEncryption()` | is told by the event loop |
//! | `startServerEncryption()` while not connected | ends the process | does nothing, with a warning |
//! | `connectToHost()` of an encrypted socket | fails, and takes the connection for a plain one from then on | fails, and changes nothing |
//! | the end of an `SslSocket`'s connection by this side | `stateChanged(ClosingState)` twice | once |
//! | output and `disconnectFromHost()` during the handshake | the socket stays in `ClosingState` for ever | what is written is sent when the handshake is done, and the connection ended then |
//! | output that an `SslSocket` takes after the end of its connection | is kept, and counted by `bytesToWrite()` | is refused, and none is left |
//! | an `SslSocket` that a slot has ended meanwhile | still emits `connected`, or the failure of the handshake | emits no more of that connection |
//! | a peer that is not accepted, and a slot that closes | the handshake goes on, and `close_notify` is sent | the connection ends at once |
//! | an `SslSocket` without encryption: its input, at the end of the connection | is gone before `aboutToClose` | can be read until then |
//! | its error, if it cannot connect | is set after `stateChanged(UnconnectedState)` | is set before, as in a TCP socket |
//! | its read buffer | is filled with what is decrypted at a time | has the size that was set |
//! | a slot of `bytesWritten` that aborts | ends the process | may do that |
//! | `connectToHostEncrypted()` in a slot of `disconnected` | never gets connected | connects |
//! | `newSessionTicketReceived` | says that there is a ticket to be kept by the program | does not exist: sessions are resumed [by themselves](crate::SslConfiguration::is_session_resumed) |
//!
//! This list describes rustls as to ciphers, texts, SHA-1, webpki, and keys and signatures that are refused. With OpenSSL these
//! are as in Qt, and:
//!
//! | | Qt | here |
//! |---|---|---|
//! | a client's pre-shared key in TLS 1.3 | is asked for if the environment has `QT_USE_TLS_1_3_PSK` | is asked for |
//! | [`set_pre_shared_key_identity_hint`] | is sent in TLS 1.2 | is shown to the server's own slots, and not sent: it takes a call that is not safe |
//! | what RFC 5280 has against a path, and OpenSSL has not (policies, damage) | is not reported | is reported behind OpenSSL's own errors |
//! | a certificate that was sent and cannot be read here | is left out | ends the handshake |
//! | warnings once the handshake is encrypted, but for `close_notify` | are reported | are not reported; which fatal alert was sent follows from why |
//! | resuming a session | is possible | is not, on either side: a client's takes a call that is not safe, and OpenSSL would show a server's tickets to the slots of [`pre_shared_key_authentication_required`] |
//! | ciphers with pre-shared keys | also with finite fields (DHE) and certificates (RSA-PSK) | not these |
//!
//! [`pre_shared_key_authentication_required`]: crate::WebSocketServer::pre_shared_key_authentication_required
//! [`set_pre_shared_key_identity_hint`]: crate::SslConfiguration::set_pre_shared_key_identity_hint
//! [`ssl_errors`]: crate::WebSocket::ssl_errors
//! [`bytes_written`]: crate::WebSocket::bytes_written
//! [`bytes_to_write`]: crate::WebSocket::bytes_to_write
//! [`about_to_close`]: crate::WebSocket::about_to_close
//! [`close_code`]: crate::WebSocket::close_code
//! [`AbnormalDisconnection`]: crate::CloseCode::AbnormalDisconnection
//! [`close`]: crate::WebSocket::close_with
//! [`abort`]: crate::WebSocket::abort
//! [`handshake_timeout`]: crate::WebSocket::handshake_timeout
//! [`open`]: crate::WebSocket::open
//! [`ping`]: crate::WebSocket::ping
//! [`set_read_buffer_size`]: crate::WebSocket::set_read_buffer_size
//! [`new_connection`]: crate::WebSocketServer::new_connection
//! [`pause_accepting`]: crate::WebSocketServer::pause_accepting
//! [`server_url`]: crate::WebSocketServer::server_url
//! [`accept_error`]: crate::WebSocketServer::accept_error
