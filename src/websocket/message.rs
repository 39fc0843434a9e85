use std::fmt;

/// A message of its own: what a task receives and sends. Slots get slices instead, where they were received.
///
/// ```
/// use slotwire::Message;
/// let text = Message::from("hello");
/// assert_eq!(text.as_text(), Some("hello"));
/// let bytes = Message::from(vec![1, 2, 3]);
/// assert_eq!((bytes.as_text(), bytes.as_bytes()), (None, &[1, 2, 3][..]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Message {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
}

impl Message {
    /// The text; `None` if it is binary.
    ///
    /// ```
    /// use slotwire::Message;
    /// match Message::from("hello").as_text() {
    ///     Some(text) => println!("{text}"),
    ///     None => println!("binary"),
    /// }
    /// ```
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// The payload, also of a text.
    ///
    /// ```
    /// use slotwire::Message;
    /// assert_eq!(Message::from("é").as_bytes().len(), 2);
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(bytes.to_owned())
    }
}

/// The type and the size: a message may be long, and a secret.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.as_text().is_some() { "Text" } else { "Binary" };
        write!(f, "Message::{kind}({} bytes)", self.as_bytes().len())
    }
}
