//! Qt's own tests of its WebSocket classes (`tests/auto/websockets`), and where each of their functions stands here.
//!
//! A test of ours that stands for a function of Qt's has its name above it, "/// `tst_QWebSocket::tst_sendTextMessage`":
//! search for that. The tests are written afresh, with Qt's rows of data; where an allowed difference (`src/differences.rs`) changes
//! what is expected, the row says so.
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A class of tests, and its functions with their numbers of rows; 1 for a function without data.
type Functions = &'static [(&'static str, usize)];

const TESTED: [(&str, Functions); 9] = [
    (
        "tst_QWebSocket",
        &[
            ("tst_initialisation", 3),
            ("tst_settersAndGetters", 1),
            ("tst_invalidOpen", 3),
            ("tst_invalidOrigin", 1),
            ("tst_sendTextMessage", 1),
            ("tst_sendBinaryMessage", 1),
            ("tst_errorString", 1),
            ("tst_openRequest", 5),
            ("tst_protocolAccessor", 1),
            ("protocolsHeaderGeneration", 3),
            ("tst_moveToThread", 1),
            ("tst_moveToThreadNoWarning", 1),
            ("authenticationRequired", 60),
            ("overlongCloseReason", 1),
            ("incomingMessageTooLong", 1),
            ("incomingFrameTooLong", 1),
            ("testingFrameAndMessageSizeApi", 1),
            ("customHeader", 1),
            ("tst_setProxy", 1),
        ],
    ),
    (
        "tst_QWebSocketServer",
        &[
            ("tst_initialisation", 1),
            ("tst_settersAndGetters", 1),
            ("tst_listening", 1),
            ("tst_connectivity", 1),
            ("tst_protocols", 7),
            ("tst_maxPendingConnections", 1),
            ("tst_serverDestroyedWhileSocketConnected", 1),
            ("tst_scheme", 1),
            ("tst_handleConnection", 1),
            ("tst_handshakeTimeout", 1),
            ("tst_preSharedKey", 1),
            ("multipleFrames", 1),
        ],
    ),
    (
        "tst_DataProcessor",
        &[
            ("goodBinaryFrame", 770),
            ("goodTextFrame", 643),
            ("goodControlFrame", 1),
            ("goodCloseFrame", 277),
            ("goodOpcodes", 5),
            ("nonCharacterCodes", 68),
            ("frameTooSmall", 1),
            ("frameTooBig", 3),
            ("invalidHeader", 34),
            ("invalidControlFrame", 6),
            ("invalidCloseFrame", 15),
            ("incompleteSizeField", 30),
            ("incompletePayload", 15),
            ("invalidPayload", 144),
            ("invalidPayloadInCloseFrame", 72),
            ("minimumSizeRequirement", 48),
            ("clearDataBuffers", 1),
        ],
    ),
    (
        "tst_HandshakeRequest",
        &[
            ("tst_initialization", 1),
            ("tst_invalidStream", 17),
            ("tst_multipleValuesInConnectionHeader", 1),
            ("tst_multipleVersions", 1),
            ("tst_parsingWhitespaceInHeaders", 1),
            ("tst_qtbug_39355", 1),
            ("tst_qtbug_48123", 5),
            ("tst_qtbug_57357", 19),
        ],
    ),
    ("tst_HandshakeResponse", &[("tst_date_response", 1)]),
    ("tst_QDefaultMaskGenerator", &[("tst_randomnessWithoutSeed", 1), ("tst_randomnessWithSeed", 1)]),
    ("tst_QWebSocketCorsAuthenticator", &[("tst_initialization", 1)]),
    (
        "tst_WebSocketFrame",
        &[
            ("tst_initialization", 1),
            ("tst_copyConstructorAndAssignment", 1),
            ("tst_goodFrames", 10),
            ("tst_invalidFrames", 22),
            ("tst_malformedFrames", 18),
        ],
    ),
    (
        "tst_WebSocketProtocol",
        &[
            ("tst_validMasks", 4),
            ("tst_opCodes", 16),
            ("tst_closeCodes", 5002),
            ("tst_versionFromString", 18),
        ],
    ),
];

#[test]
fn every_function_of_qts_tests_has_its_test_here() {
    let expected: BTreeSet<String> = TESTED
        .iter()
        .flat_map(|(class, functions)| {
            functions.iter().map(move |(function, _)| format!("{class}::{function}"))
        })
        .collect();
    let found = references();
    let missing: Vec<_> = expected.difference(&found).collect();
    let unknown: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, not Qt's {unknown:?}");
}

#[test]
fn the_list_is_all_of_qts() {
    let tested = TESTED.iter().flat_map(|(_, functions)| functions.iter().map(|&(_, rows)| rows));
    let rows: Vec<usize> = tested.collect();
    assert_eq!((rows.len(), rows.iter().sum::<usize>()), (69, 7381));
}

/// The names above the tests.
fn references() -> BTreeSet<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut folders = vec![tests];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let names = text.lines().filter_map(|line| line.strip_prefix("/// `tst_")?.strip_suffix('`'));
                found.extend(names.map(|name| format!("tst_{name}")));
            }
        }
    }
    found
}
