//! The documentation is complete: every type shows how it is used, and every member of Qt's classes is found by its name.
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_type_has_an_example() {
    let without = |item: &Item| item.is_type() && !item.doc.iter().any(|line| line.starts_with("```"));
    assert_none(items().iter().filter(|item| without(item)).map(Item::place).collect());
}

#[test]
fn every_function_says_in_a_sentence_what_it_does() {
    let is_sentence = |item: &Item| {
        let summary: Vec<_> = item.doc.iter().take_while(|line| !line.is_empty()).collect();
        summary.last().is_some_and(|end| end.ends_with(['.', ':', '`']))
    };
    let wrong = |item: &Item| item.kind == "fn" && !is_sentence(item);
    assert_none(items().iter().filter(|item| wrong(item)).map(Item::place).collect());
}

#[test]
fn every_example_runs() {
    let mut wrong = Vec::new();
    for item in items() {
        let fences = item.doc.iter().filter(|line| line.starts_with("```"));
        for opened in fences.step_by(2).filter(|fence| **fence != "```" && **fence != "```text") {
            wrong.push(format!("{}: {opened}", item.place()));
        }
    }
    assert_none(wrong);
}

#[test]
fn every_member_of_the_classes_of_qt_is_found_by_its_name() {
    let mut missing = Vec::new();
    for class in &CLASSES {
        let aliases = aliases(class.folder);
        let is_found =
            |member: &str| aliases.contains(member) || aliases.contains(&format!("{}::{member}", class.name));
        let name = class.name;
        missing.extend(class.members().filter(|member| !is_found(member)).map(|m| format!("{name}::{m}")));
        missing.extend(class.absent().filter(|m| is_found(m)).map(|m| format!("{name}::{m} is there")));
    }
    assert_none(missing);
}

/// A class of Qt, by the members that a program can name: its methods, signals and enumerators.
struct Class {
    name: &'static str,
    /// Where it is, below `src`.
    folder: &'static str,
    members: &'static str,
    /// Those that wait for TLS, proxies and authentication.
    absent: &'static str,
}

impl Class {
    fn members(&self) -> impl Iterator<Item = &'static str> {
        self.members.split_whitespace()
    }

    fn absent(&self) -> impl Iterator<Item = &'static str> {
        self.absent.split_whitespace()
    }
}

const CLASSES: [Class; 6] = [
    Class {
        name: "QWebSocket",
        folder: "websocket/web_socket/",
        members: "QWebSocket abort error errorString flush isValid localAddress localPort peerAddress peerName peerPort
            maskGenerator setMaskGenerator readBufferSize setReadBufferSize state version resourceName requestUrl request
            handshakeOptions origin subprotocol closeCode closeReason sendTextMessage sendBinaryMessage bytesToWrite
            maxAllowedIncomingFrameSize setMaxAllowedIncomingFrameSize maxIncomingFrameSize
            maxAllowedIncomingMessageSize setMaxAllowedIncomingMessageSize maxIncomingMessageSize
            outgoingFrameSize setOutgoingFrameSize maxOutgoingFrameSize close open ping
            aboutToClose connected disconnected stateChanged readChannelFinished textFrameReceived binaryFrameReceived
            textMessageReceived binaryMessageReceived errorOccurred pong bytesWritten",
        absent: "pauseMode setPauseMode resume proxy setProxy proxyAuthenticationRequired authenticationRequired
            sslConfiguration setSslConfiguration ignoreSslErrors continueInterruptedHandshake sslErrors peerVerifyError
            preSharedKeyAuthenticationRequired alertSent alertReceived handshakeInterruptedOnError",
    },
    Class {
        name: "QWebSocketServer",
        folder: "websocket/web_socket_server/",
        members: "QWebSocketServer SslMode SecureMode NonSecureMode listen close isListening serverPort serverAddress
            serverUrl secureMode maxPendingConnections setMaxPendingConnections handshakeTimeout handshakeTimeoutMS
            setHandshakeTimeout socketDescriptor setSocketDescriptor nativeDescriptor setNativeDescriptor
            hasPendingConnections nextPendingConnection error errorString pauseAccepting resumeAccepting serverName
            setServerName supportedSubprotocols setSupportedSubprotocols supportedVersions handleConnection
            acceptError serverError originAuthenticationRequired newConnection closed",
        absent: "proxy setProxy sslConfiguration setSslConfiguration sslErrors sslErrorsOccurred peerVerifyError
            preSharedKeyAuthenticationRequired alertSent alertReceived handshakeInterruptedOnError",
    },
    Class {
        name: "QWebSocketProtocol",
        folder: "websocket/protocol/",
        members: "Version VersionUnknown Version0 Version4 Version5 Version6 Version7 Version8 Version13 VersionLatest
            CloseCode CloseCodeNormal CloseCodeGoingAway CloseCodeProtocolError CloseCodeDatatypeNotSupported
            CloseCodeReserved1004 CloseCodeMissingStatusCode CloseCodeAbnormalDisconnection CloseCodeWrongDatatype
            CloseCodePolicyViolated CloseCodeTooMuchData CloseCodeMissingExtension CloseCodeBadOperation
            CloseCodeTlsHandshakeFailed",
        absent: "",
    },
    Class {
        name: "QMaskGenerator",
        folder: "websocket/mask_generator",
        members: "QMaskGenerator seed nextMask",
        absent: "",
    },
    Class {
        name: "QWebSocketCorsAuthenticator",
        folder: "websocket/cors_authenticator",
        members: "QWebSocketCorsAuthenticator origin setAllowed allowed",
        absent: "",
    },
    Class {
        name: "QWebSocketHandshakeOptions",
        folder: "websocket/handshake_options",
        members: "QWebSocketHandshakeOptions subprotocols setSubprotocols",
        absent: "",
    },
];

// ---- reading the sources

/// A public item with what is written above it.
struct Item {
    file: String,
    line: usize,
    kind: String,
    name: String,
    doc: Vec<String>,
}

impl Item {
    fn is_type(&self) -> bool {
        matches!(self.kind.as_str(), "struct" | "enum" | "trait" | "union" | "type")
    }

    fn place(&self) -> String {
        format!("{}:{}: {} {}", self.file, self.line, self.kind, self.name)
    }
}

/// All items that are declared `pub`, but for what is in a module of its own within a file.
fn items() -> Vec<Item> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let (mut doc, mut in_attribute) = (Vec::new(), false);
        for (index, line) in text.lines().enumerate() {
            let code = line.trim();
            if let Some(comment) = code.strip_prefix("///") {
                doc.push(comment.strip_prefix(' ').unwrap_or(comment).to_owned());
            } else if in_attribute || code.starts_with("#[") {
                in_attribute = !code.ends_with(']');
            } else {
                let doc = std::mem::take(&mut doc);
                if let Some((kind, name)) = declared(line) {
                    found.push(Item { file: file.clone(), line: index + 1, kind, name, doc });
                }
            }
        }
    }
    assert!(found.len() > 300, "the reader of the sources finds the items");
    found
}

/// The kind and the name of the public item that is declared on this line.
fn declared(line: &str) -> Option<(String, String)> {
    let is_nested = line.starts_with(' ');
    let mut words = line.trim().strip_prefix("pub ")?.split([' ', '(', '<', ':', ';', '{']);
    let mut kind = words.next()?;
    if kind == "const" {
        kind = words.next().filter(|next| *next == "fn")?;
    }
    let name = words.next()?;
    let is_item =
        kind == "fn" || (matches!(kind, "struct" | "enum" | "trait" | "union" | "type") && !is_nested);
    is_item.then(|| (kind.to_owned(), name.to_owned()))
}

/// The search aliases in the files whose path begins so.
fn aliases(prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in sources().into_iter().filter(|(file, _)| file.starts_with(prefix)) {
        for part in text.split("doc(alias = \"").skip(1) {
            found.extend(part.split('"').next().map(str::to_owned));
        }
    }
    found
}

/// The paths below `src`, with slashes, and the texts.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
