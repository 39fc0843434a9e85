//! Header fields as a program has them: `QHttpHeaders`.

use std::fmt;

use super::token::{is_field_value, is_token};

/// Header fields in their order. There may be several of one name, which is the same in any case and is kept in lower case.
///
/// A name is a token and a value has no control character but the tab (RFC 9110 §5.1, §5.5): what is none is not taken, a
/// warning is logged, and the method returns `false`. White space around a value is no part of it.
///
/// [`NetworkRequest::headers`](crate::NetworkRequest::headers) and [`NetworkProxy::headers`](crate::NetworkProxy::headers) return
/// them, and `set_headers` of both takes them.
///
/// ```
/// use slotwire::{HttpHeaders, NetworkRequest};
/// let mut headers = HttpHeaders::new();
/// headers.append("Accept-Language", "de");
/// headers.append("accept-language", "en");
/// headers.append("User-Agent", "chat/1.0");
/// assert_eq!(headers.combined_value("Accept-Language").as_deref(), Some(&b"de, en"[..]));
///
/// let mut request = NetworkRequest::new("ws://localhost");
/// request.set_headers(headers);
/// assert_eq!(request.raw_header("User-Agent"), Some(&b"chat/1.0"[..]));
/// ```
#[doc(alias = "QHttpHeaders")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpHeaders {
    fields: Vec<Field>,
}

#[derive(Clone, PartialEq, Eq)]
struct Field {
    name: Box<str>,
    value: Vec<u8>,
    place: Place,
}

/// The place of a field among those of its name.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    Alone,
    /// The first of several, with the values of all of them.
    First(Box<[u8]>),
    Later,
}

impl HttpHeaders {
    /// No header fields. With [`from`](Self::from), and by `collect`, there are some at once.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// assert!(HttpHeaders::new().is_empty());
    /// let headers = HttpHeaders::from([("Accept", "text/plain"), ("Cookie", "a=1")]);
    /// assert_eq!(headers.len(), 2);
    /// ```
    #[doc(alias = "fromListOfPairs")]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field behind the others. Returns `false` if it is none, and is not added.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::new();
    /// assert!(headers.append("Cookie", "session=1"));
    /// assert!(!headers.append("Cookie", "a\r\nX-Admin: yes"), "it has a line break");
    /// assert!(!headers.append("a name", "1"));
    /// assert_eq!(headers.len(), 1);
    /// ```
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) -> bool {
        self.insert(self.len(), name, value)
    }

    /// Adds a field before that with this index, or behind all if there are fewer. Returns `false` if it is none, and is not
    /// added.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::from([("Accept", "text/plain")]);
    /// headers.insert(0, "Cookie", "session=1");
    /// assert_eq!(headers.name_at(0), Some("cookie"));
    /// ```
    pub fn insert(&mut self, index: usize, name: &str, value: impl AsRef<[u8]>) -> bool {
        let Some(field) = Field::new(name, value.as_ref()) else { return false };
        let name = field.name.clone();
        self.fields.insert(index.min(self.fields.len()), field);
        self.combine(&name);
        true
    }

    /// Puts a field in the place of that with this index. Returns `false` if it is none, or if there is nothing in that place.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::from([("Accept", "text/plain")]);
    /// assert!(headers.replace(0, "Accept", "text/html"));
    /// assert!(!headers.replace(1, "Accept", "text/html"));
    /// assert_eq!(headers.value("Accept"), Some(&b"text/html"[..]));
    /// ```
    pub fn replace(&mut self, index: usize, name: &str, value: impl AsRef<[u8]>) -> bool {
        let Some(place) = self.fields.get_mut(index) else { return false };
        let Some(field) = Field::new(name, value.as_ref()) else { return false };
        let new_name = field.name.clone();
        let old_name = std::mem::replace(place, field).name;
        self.combine(&old_name);
        self.combine(&new_name);
        true
    }

    /// Puts a field in the place of the first of its name, takes the others of that name out, and adds it behind all if there is
    /// none. Returns `false` if it is no field: nothing changes.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::from([("A", "1"), ("B", "2"), ("A", "3")]);
    /// headers.replace_or_append("A", "4");
    /// assert_eq!(headers.iter().collect::<Vec<_>>(), [("a", &b"4"[..]), ("b", &b"2"[..])]);
    /// ```
    #[doc(alias = "replaceOrAppend")]
    pub fn replace_or_append(&mut self, name: &str, value: impl AsRef<[u8]>) -> bool {
        let Some(field) = Field::new(name, value.as_ref()) else { return false };
        let index = self.fields.iter().position(|known| known.name == field.name);
        self.remove_all(name);
        self.fields.insert(index.unwrap_or(self.fields.len()), field);
        true
    }

    /// Returns whether there is a field of that name.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain")]);
    /// assert!(headers.contains("accept") && !headers.contains("Cookie"));
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The value of the first field of that name; `None` if there is none.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain"), ("Accept", "text/html")]);
    /// assert_eq!(headers.value("Accept"), Some(&b"text/plain"[..]));
    /// ```
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.values(name).next()
    }

    /// The value of each field of that name, in their order.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain"), ("Accept", "text/html")]);
    /// assert_eq!(headers.values("accept").collect::<Vec<_>>(), [&b"text/plain"[..], b"text/html"]);
    /// ```
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The values of all fields of that name, with a comma between them (RFC 9110 §5.2); `None` if there is none.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain"), ("Accept", "text/html")]);
    /// let accepted = headers.combined_value("Accept");
    /// assert_eq!(accepted.as_deref(), Some(&b"text/plain, text/html"[..]));
    /// assert_eq!(headers.combined_value("Cookie"), None);
    /// ```
    #[doc(alias = "combinedValue")]
    pub fn combined_value(&self, name: &str) -> Option<Vec<u8>> {
        let values: Vec<_> = self.values(name).collect();
        (!values.is_empty()).then(|| values.join(&b", "[..]))
    }

    /// The name of the field with this index, in lower case; `None` if there are fewer.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain")]);
    /// assert_eq!((headers.name_at(0), headers.name_at(1)), (Some("accept"), None));
    /// ```
    #[doc(alias = "nameAt")]
    pub fn name_at(&self, index: usize) -> Option<&str> {
        self.fields.get(index).map(|field| &*field.name)
    }

    /// The value of the field with this index; `None` if there are fewer.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain")]);
    /// assert_eq!((headers.value_at(0), headers.value_at(1)), (Some(&b"text/plain"[..]), None));
    /// ```
    #[doc(alias = "valueAt")]
    pub fn value_at(&self, index: usize) -> Option<&[u8]> {
        self.fields.get(index).map(|field| &*field.value)
    }

    /// The fields in their order: names in lower case, and values.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain"), ("Cookie", "a=1")]);
    /// for (name, value) in headers.iter() {
    ///     println!("{name}: {}", String::from_utf8_lossy(value));
    /// }
    /// assert_eq!(headers.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["accept", "cookie"]);
    /// ```
    #[doc(alias("toListOfPairs", "toMultiMap", "toMultiHash"))]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|field| (&*field.name, &*field.value))
    }

    /// The number of fields.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let headers = HttpHeaders::from([("Accept", "text/plain"), ("Accept", "text/html")]);
    /// assert_eq!(headers.len(), 2);
    /// ```
    #[doc(alias = "size")]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns whether there are no fields.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::new();
    /// assert!(headers.is_empty());
    /// headers.append("Accept", "text/plain");
    /// assert!(!headers.is_empty());
    /// ```
    #[doc(alias = "isEmpty")]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Takes out all fields of that name.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::from([("A", "1"), ("B", "2"), ("a", "3")]);
    /// headers.remove_all("A");
    /// assert_eq!(headers.len(), 1);
    /// ```
    #[doc(alias = "removeAll")]
    pub fn remove_all(&mut self, name: &str) {
        self.fields.retain(|field| !field.name.eq_ignore_ascii_case(name));
    }

    /// Takes out the field with this index; nothing happens if there are fewer.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::from([("A", "1"), ("B", "2")]);
    /// headers.remove_at(0);
    /// assert_eq!(headers.name_at(0), Some("b"));
    /// ```
    #[doc(alias = "removeAt")]
    pub fn remove_at(&mut self, index: usize) {
        if index < self.fields.len() {
            let name = self.fields.remove(index).name;
            self.combine(&name);
        }
    }

    /// Takes out all fields.
    ///
    /// ```
    /// use slotwire::HttpHeaders;
    /// let mut headers = HttpHeaders::from([("Accept", "text/plain")]);
    /// headers.clear();
    /// assert!(headers.is_empty());
    /// ```
    pub fn clear(&mut self) {
        self.fields.clear();
    }

    // ---- as the fields of a request

    /// Replaces the fields of that name by this one behind all others: `QNetworkHeadersPrivate::setRawHeader`. With an empty
    /// value, and with one that is not allowed, there is none of that name any more.
    pub(crate) fn set(&mut self, name: &str, value: &[u8]) {
        self.remove_all(name);
        if !name.is_empty() && !value.is_empty() {
            self.append(name, value);
        }
    }

    /// Adds a field that was received.
    pub(crate) fn push_received(&mut self, name: &str, value: &[u8]) {
        let field = Field { name: lower_case(name), value: value.to_owned(), place: Place::Alone };
        self.fields.push(field);
        self.combine(name);
    }

    /// The values of all fields of that name, in one.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.combined().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Each name once, with the values of all its fields.
    pub(crate) fn combined(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().filter_map(|field| match &field.place {
            Place::Alone => Some((&*field.name, &*field.value)),
            Place::First(combined) => Some((&*field.name, &**combined)),
            Place::Later => None,
        })
    }

    /// Says for the fields of that name which is the first, and what all of them are together.
    fn combine(&mut self, name: &str) {
        // Those of `Set-Cookie` are no list (RFC 9110 §5.3): as in `QNetworkRequest::rawHeader`, each is a line.
        let separator = if name.eq_ignore_ascii_case("set-cookie") { &b"\n"[..] } else { b", " };
        let values: Vec<_> = self.values(name).collect();
        let mut place = match values.len() {
            0 | 1 => Place::Alone,
            _ => Place::First(values.join(separator).into()),
        };
        for field in self.fields.iter_mut().filter(|field| field.name.eq_ignore_ascii_case(name)) {
            field.place = std::mem::replace(&mut place, Place::Later);
        }
    }
}

impl Field {
    /// A field, if it is one.
    fn new(name: &str, value: &[u8]) -> Option<Self> {
        if name.is_empty() {
            log::warn!("HTTP header name cannot be empty");
        } else if !is_token(name.as_bytes()) {
            log::warn!("HTTP header name contained illegal character(s): {name:?}");
        } else if !is_field_value(value) {
            log::warn!("HTTP header value contained illegal character(s): {name}");
        } else {
            let value = value.trim_ascii().to_owned();
            return Some(Self { name: lower_case(name), value, place: Place::Alone });
        }
        None
    }
}

fn lower_case(name: &str) -> Box<str> {
    name.to_ascii_lowercase().into()
}

/// Leaves out anything that is no field, with a warning.
impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for HttpHeaders {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in fields {
            headers.append(name.as_ref(), value);
        }
        headers
    }
}

/// Leaves out anything that is no field, with a warning.
impl<N: AsRef<str>, V: AsRef<[u8]>, const LEN: usize> From<[(N, V); LEN]> for HttpHeaders {
    fn from(fields: [(N, V); LEN]) -> Self {
        fields.into_iter().collect()
    }
}

/// The names only: any value may be a secret.
impl fmt::Debug for HttpHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
