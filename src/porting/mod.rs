//! For people who know Qt: how its concepts are written with this crate, C++ and Rust side by side.
//!
//! You need to know Qt and to read Rust. What a Qt programmer meets in Rust for the first time (closures with `move`, `Cell`,
//! `Option`) is said where it comes up. Each Rust snippet on these pages is compiled and run as a test of this crate.
//!
//! | page | answers |
//! |---|---|
//! | [`first_program`] | from an empty folder to a running echo client; one class ported from start to end; what the compiler says when something is forgotten |
//! | [`objects`] | pointers and handles, `new` and the stack, parents, a class of your own, `this`, subclasses, casts, properties |
//! | [`connections`] | `connect` and `disconnect` in all their forms, signals of your own, `this` in lambdas, `sender()` |
//! | [`ending`] | `abort`, `close`, `delete_later`, `delete`, dropping; which signals come when a connection ends |
//! | [`reconnect`] | a client that reconnects with growing delays and finds dead peers |
//! | [`clients`] | what a server keeps for each client: lists, maps, an object each; broadcasts; who is let in |
//! | [`json`] | from `QJsonDocument` to `serde_json` |
//! | [`waiting`] | blocking on a signal with a local event loop; spies and a virtual clock in tests |
//! | [`tasks`] | `async` and `await`: tasks that end with their object, signals as futures and streams, cancellation |
//! | [`tls`](tls/index.html) | `wss`: certificates, `sslErrors`, client certificates; proxies and passwords |
//! | [`compression`](compression/index.html) | `permessage-deflate`: when it pays, what it costs, what it leaks |
//! | [`threads`] | one loop in each thread, and calls between them |
//! | [`timers`] | `QTimer` in all its forms, `startTimer`, `QElapsedTimer` |
//! | [`events`] | `postEvent`, `event()`, event filters |
//! | [`text`] | `QString`, `QByteArray`, `QUrl`, `QVariant`, `QDataStream` |
//! | [`errors`] | `bool`, `errorString()`, null pointers; what can panic |
//! | [`crates`] | which crate stands for `QSettings`, `QCommandLineParser`, `QNetworkAccessManager` and the rest |
//! | [`members_websockets`], [`members_core`], [`members_network`] | every public member of the classes of QtWebSockets, QtCore and QtNetwork that are here: the item that stands for it, or the reason why there is none |
//!
//! The page [`differences`](crate::differences) lists where this crate behaves otherwise than Qt, and why.
//!
//! # The classes
//!
//! | Qt | here |
//! |---|---|
//! | `<QObject>`, `<QPointer>` | [`Object`](crate::Object), [`Handle<T>`](crate::Handle) |
//! | a `QObject` on the stack, `<QScopedPointer>` | [`Scoped`](crate::Scoped), from `.scoped()` |
//! | `signals:` in a class; `&Class::signal` | [`Emitter`](crate::Emitter), a field; [`Signal`](crate::Signal), what others connect to |
//! | `QMetaObject::Connection`, `Qt::ConnectionType` | [`Connection`](crate::Connection), [`ConnectionType`](crate::ConnectionType) |
//! | `<QSignalBlocker>`, `sender()` | [`SignalBlocker`](crate::SignalBlocker), [`sender`](crate::sender) |
//! | `<QCoreApplication>`, `<QEventLoop>` | [`Application`](crate::Application), [`EventLoop`](crate::EventLoop) |
//! | `<QTimer>` | [`Timer`](crate::Timer) |
//! | `<QEvent>` | [`Event`](crate::Event), [`EventType`](crate::EventType) |
//! | `<QSocketNotifier>` | [`SocketNotifier`](../struct.SocketNotifier.html) (Unix only) |
//! | `QCoro::Task`, `co_await`; `QtFuture::connect` | [`Task`](crate::Task); [`Signal::next`](crate::Signal::next), [`Signal::stream`](crate::Signal::stream) |
//! | `<QThread>` | [`Thread`](crate::Thread) |
//! | `QMetaObject::invokeMethod` to another thread | [`EventLoopHandle`](crate::EventLoopHandle), [`Remote`](crate::Remote) |
//! | `<QSignalSpy>` | [`SignalSpy`](crate::SignalSpy) |
//! | `<QWebSocket>`, `<QWebSocketServer>` | [`WebSocket`](crate::WebSocket), [`WebSocketServer`](crate::WebSocketServer) |
//! | `<QWebSocketProtocol>` | [`CloseCode`](crate::CloseCode), [`Version`](crate::Version) |
//! | `<QWebSocketHandshakeOptions>`, `<QWebSocketCorsAuthenticator>`, `<QMaskGenerator>` | [`HandshakeOptions`](crate::HandshakeOptions), [`CorsAuthenticator`](crate::CorsAuthenticator), [`MaskGenerator`](crate::MaskGenerator) |
//! | `<QTcpSocket>`, `<QTcpServer>` | [`TcpSocket`](crate::TcpSocket), [`TcpServer`](crate::TcpServer) |
//! | `<QAbstractSocket>` | its enums: [`SocketState`](crate::SocketState), [`SocketError`](crate::SocketError), [`PauseMode`](crate::PauseMode) |
//! | `<QHostAddress>`, `<QHostInfo>`, `<QNetworkRequest>` | [`HostAddress`](crate::HostAddress), [`HostInfo`](crate::HostInfo), [`NetworkRequest`](crate::NetworkRequest) |
//! | `<QHttpHeaders>`, `<QNetworkCookie>` | [`HttpHeaders`](crate::HttpHeaders), [`NetworkCookie`](crate::NetworkCookie) |
//! | `<QNetworkProxy>`, `<QAuthenticator>` | [`NetworkProxy`](crate::NetworkProxy), [`Authenticator`](crate::Authenticator) |
//! | `<QSslConfiguration>`, `<QSslCertificate>`, `<QSslKey>`, `<QSslError>` | [`SslConfiguration`](../struct.SslConfiguration.html), [`SslCertificate`](../struct.SslCertificate.html), [`SslKey`](../struct.SslKey.html), [`SslError`](../struct.SslError.html) |
//! | `<QUrl>` | [`url::Url`] |
//! | `<QString>`, `<QByteArray>`, `<QList>` | `&str` and `String`, `&[u8]` and `Vec<u8>`, `Vec` |
//!
//! All of these come with `use slotwire::prelude::*;`, but for [`url::Url`]. The search field of this documentation knows the
//! names of classes and of members, each by itself: `QTimer`, `textMessageReceived`, `deleteLater`. For what has no item here,
//! `QSettings` or `QThreadPool`, it finds the page of this guide that speaks of it.
//!
//! # What is different everywhere
//!
//! * **A handle is not a pointer.** [`WebSocket`](crate::WebSocket), [`Timer`](crate::Timer), [`Handle<T>`](crate::Handle) are
//!   small
//!   values that name an object. They are copied freely. A handle to a deleted object does nothing: no crash, no check needed.
//! * **Nothing is freed when a handle goes out of scope.** An object ends as in Qt: by its parent, by `delete`, by
//!   `delete_later`.
//!   `.scoped()` makes it end with a variable.
//! * **A slot gets one argument.** No argument is `()`, several are a tuple: `|()|`, `|text|`, `|(text, is_last)|`.
//! * **Methods take `&self`.** Slots may be called inside each other, as in Qt, so an object is never borrowed mutably. What a
//!   method changes is a `Cell` or a `RefCell`.
//! * **Times are [`Duration`](std::time::Duration)s**, text is UTF-8, sizes are in bytes.
//! * **One thread, one loop.** Objects stay in their thread; other threads reach them through a [`Remote`](crate::Remote), and
//!   the compiler refuses everything else.

macro_rules! pages {
    ($($(#[$attribute:meta])* $page:ident: $text:literal)*) => {
        $(
            $(#[$attribute])*
            #[doc = include_str!($text)]
            #[doc = include_str!("side_by_side.html")]
            pub mod $page {}
        )*
    };
}

// The search of the documentation finds here what has no item of its own.
pages! {
    #[doc(alias("Q_OBJECT", "moc", "qmake", "CMakeLists"))]
    first_program: "first_program.md"
    #[doc(alias("QSharedPointer", "Q_PROPERTY", "Q_ENUM", "QMetaEnum"))]
    objects: "objects.md"
    #[doc(alias("QMetaObject", "QOverload", "qOverload", "SIGNAL", "SLOT", "slots", "Q_SLOTS", "Q_EMIT"))]
    #[doc(alias("qRegisterMetaType", "connectSlotsByName"))]
    connections: "connections.md"
    ending: "ending.md"
    reconnect: "reconnect.md"
    clients: "clients.md"
    #[doc(alias("QJsonArray", "QJsonDocument", "QJsonObject", "QJsonParseError", "QJsonValue"))]
    #[doc(alias("QVariantList", "QVariantMap"))]
    json: "json.md"
    #[doc(alias("waitForBytesWritten", "waitForConnected", "waitForDisconnected", "waitForReadyRead"))]
    #[doc(alias("QTest", "QTRY_VERIFY", "QVERIFY", "QCOMPARE", "QBENCHMARK"))]
    waiting: "waiting.md"
    #[doc(alias("QCoro", "co_await", "QPromise", "QFutureWatcher", "async", "await"))]
    tasks: "tasks.md"
    #[doc(alias("QThread", "QThreadPool", "QThreadStorage", "QtConcurrent", "QFuture"))]
    #[doc(alias("QFutureWatcher", "QPromise", "QMutex", "QReadWriteLock", "QSemaphore", "QWaitCondition"))]
    #[doc(alias("QAtomicInt", "qApp"))]
    threads: "threads.md"
    #[doc(alias("QBasicTimer", "QDeadlineTimer", "QElapsedTimer", "startTimer", "killTimer"))]
    #[doc(alias("timerEvent", "msleep"))]
    timers: "timers.md"
    #[doc(alias("customEvent", "childEvent", "registerEventType"))]
    events: "events.md"
    #[doc(alias("QString", "QStringView", "QStringList", "QStringLiteral", "QByteArray", "QUrl"))]
    #[doc(alias("QUrlQuery", "QDataStream", "QTextStream", "QFlags", "Q_DECLARE_FLAGS", "QHash", "QList"))]
    #[doc(alias("qHash", "QMap", "QPair", "QQueue", "QSet", "QVariant", "QVector", "foreach", "qCompress"))]
    #[doc(alias("qUncompress", "qFromLittleEndian", "qToBigEndian"))]
    text: "text.md"
    #[doc(alias("qDebug", "qInfo", "qWarning", "qCritical", "qFatal", "QDebug", "QLoggingCategory"))]
    #[doc(alias("qInstallMessageHandler", "Q_ASSERT", "nullptr"))]
    errors: "errors.md"
    #[doc(alias("QSsl", "QNetworkProxyFactory"))]
    #[cfg(feature = "_tls")]
    tls: "tls.md"
    #[cfg(feature = "deflate")]
    compression: "compression.md"
    #[doc(alias("QCborValue", "QCommandLineParser", "QCryptographicHash", "QDate", "QDateTime", "QDir"))]
    #[doc(alias("QDomDocument", "QFile", "QFileInfo", "QFileSystemWatcher", "QHttpServer", "QImage"))]
    #[doc(alias("QLocalServer", "QLocalSocket", "QLocale", "QMessageAuthenticationCode"))]
    #[doc(alias("QNetworkAccessManager", "QNetworkInterface", "QPasswordDigestor", "QPluginLoader"))]
    #[doc(alias("QProcess", "QProcessEnvironment", "QRandomGenerator", "QRegularExpression"))]
    #[doc(alias("QSerialPort", "QSettings", "QSharedMemory", "QStandardPaths", "QStateMachine"))]
    #[doc(alias("QStringConverter", "QTemporaryFile", "QTextCodec", "QTimeZone", "QTranslator"))]
    #[doc(alias("QUdpSocket", "QUuid", "QXmlStreamReader"))]
    crates: "crates.md"
    members_websockets: "members_websockets.md"
    members_core: "members_core.md"
    members_network: "members_network.md"
}
