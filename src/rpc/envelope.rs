//! Frames to messages: the JSON-RPC 2.0 envelope, read by hand because ids must come back exactly as they were
//! written.
//!
//! jsonrpsee's own types know null, unsigned 64-bit and text ids only, and take a call with any other id for a
//! notification, which is never answered: the client would wait for ever. Here the id stays the text it was.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The most messages in one batch.
pub const MAX_BATCH: usize = 100;

/// The deepest nesting of arrays and objects in a frame.
pub const MAX_DEPTH: usize = 128;

const TOO_DEEP: &str = "the frame is nested deeper than 128 levels";

/// What a frame holds.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// One message.
    One(Message<'a>),
    /// Several, answered by one array: from 1 to [`MAX_BATCH`].
    Batch(Vec<Message<'a>>),
    /// No JSON text, and why.
    NotJson(String),
    /// JSON that is no message and holds none.
    Refused(&'static str),
}

/// A message of a client.
#[derive(Debug)]
pub enum Message<'a> {
    /// Something to answer.
    Call {
        /// The id as JSON text: a string, a number or null.
        id: &'a str,
        /// The method's name.
        method: Cow<'a, str>,
        /// An object or an array; absent also when it is null.
        params: Option<&'a RawValue>,
    },
    /// Something never to answer.
    Notification {
        /// The method's name.
        method: Cow<'a, str>,
        /// An object or an array, else absent.
        params: Option<&'a RawValue>,
    },
    /// An answer to something this server never asked, or two servers would answer each other for ever; or a wrong
    /// notification.
    Ignored,
    /// Not a request object (JSON-RPC 2.0 section 4).
    Invalid {
        /// The id as JSON text, when there is one that can be echoed.
        id: Option<&'a str>,
        /// The member at fault, if it is one.
        member: Option<&'static str>,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Reads a frame.
pub fn read(frame: &[u8]) -> Incoming<'_> {
    let text = match std::str::from_utf8(frame) {
        Ok(text) => text,
        Err(error) => return Incoming::NotJson(format!("the frame is not UTF-8 after byte {}", error.valid_up_to())),
    };
    let json: &RawValue = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => return Incoming::NotJson(not_json(&error)),
    };
    let deep = depth(json.get()) > MAX_DEPTH;
    match json.get().as_bytes().first() {
        Some(b'{') => Incoming::One(if deep { too_deep(json) } else { message(json) }),
        Some(b'[') if deep => Incoming::Refused(TOO_DEEP),
        Some(b'[') => match serde_json::from_str(json.get()) {
            Ok(Entries(entries)) if entries.is_empty() => Incoming::Refused("the batch is empty"),
            Ok(Entries(entries)) if entries.len() > MAX_BATCH => {
                Incoming::Refused("the batch holds more than 100 messages")
            }
            Ok(Entries(entries)) => Incoming::Batch(entries.into_iter().map(message).collect()),
            Err(_) => Incoming::Refused("the batch is not an array of messages"),
        },
        _ => Incoming::Refused("a request is an object, or an array of objects"),
    }
}

/// Why a frame is not JSON, without any of its content.
fn not_json(error: &serde_json::Error) -> String {
    if error.is_eof() {
        "the frame is not JSON: it ends too early".to_owned()
    } else {
        format!("the frame is not JSON: line {}, column {}", error.line(), error.column())
    }
}

/// Reads one message of a frame.
fn message(json: &RawValue) -> Message<'_> {
    let invalid = |id, member, problem| Message::Invalid { id, member, problem };
    let Ok(members) = serde_json::from_str::<Members<'_>>(json.get()) else {
        return invalid(None, None, "a request is an object");
    };
    if members.method.is_none() && members.answers {
        return Message::Ignored;
    }
    let id = members.id.map(RawValue::get);
    if id.is_some_and(|id| !is_id(id)) {
        return invalid(None, Some("id"), "`id` must be a string, a number or null");
    }
    let method = members.method.and_then(text);
    let is_2_0 = members.version.and_then(text).is_some_and(|version| version == "2.0");
    if id.is_none() && method.is_some() && (members.twice.is_some() || !is_2_0) {
        return Message::Ignored;
    }
    if let Some(twice) = members.twice {
        // which of two ids is meant cannot be known
        return invalid(id.filter(|_| twice != "id"), Some(twice), "a member appears twice");
    }
    if members.method.is_none() {
        return invalid(id, Some("method"), "`method` is missing");
    }
    let Some(method) = method else {
        return invalid(id, Some("method"), "`method` must be a string");
    };
    let params = members.params.filter(|params| params.get() != "null");
    let structured = params.filter(|params| params.get().starts_with(['{', '[']));
    let Some(id) = id else {
        return Message::Notification { method, params: structured };
    };
    if !is_2_0 {
        return invalid(Some(id), Some("jsonrpc"), "`jsonrpc` must be \"2.0\"");
    }
    if params.is_some() && structured.is_none() {
        return invalid(Some(id), Some("params"), "`params` must be an object or an array");
    }
    Message::Call { id, method, params: structured }
}

/// A message whose content is not read, for the id to answer.
fn too_deep(json: &RawValue) -> Message<'_> {
    match message(json) {
        Message::Call { id, .. } => Message::Invalid { id: Some(id), member: None, problem: TOO_DEEP },
        Message::Invalid { id, .. } => Message::Invalid { id, member: None, problem: TOO_DEEP },
        silent => silent,
    }
}

/// A JSON text that may be an id.
fn is_id(json: &str) -> bool {
    json == "null" || json.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit())
}

/// An id in the form in which two writings of the same text are equal.
pub fn comparable(id: &str) -> Cow<'_, str> {
    match serde_json::from_str::<String>(id) {
        Ok(text) if id.contains('\\') => format!("\"{text}\"").into(),
        _ => id.into(),
    }
}

/// The text of a JSON string.
pub fn text(json: &RawValue) -> Option<Cow<'_, str>> {
    let inner = json.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(json.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// How deep arrays and objects are nested in a JSON text.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The members of an object that a JSON-RPC message may have; others are ignored.
#[derive(Default)]
struct Members<'a> {
    version: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    /// Whether it has a `result` or an `error`.
    answers: bool,
    /// A member that is there more than once.
    twice: Option<&'static str>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<&RawValue>()? {
                    let value = map.next_value::<&RawValue>()?;
                    let (slot, name) = match text(name).as_deref() {
                        Some("jsonrpc") => (&mut members.version, "jsonrpc"),
                        Some("id") => (&mut members.id, "id"),
                        Some("method") => (&mut members.method, "method"),
                        Some("params") => (&mut members.params, "params"),
                        Some("result" | "error") => {
                            members.answers = true;
                            continue;
                        }
                        _ => continue,
                    };
                    if slot.replace(value).is_some() {
                        members.twice = members.twice.or(Some(name));
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// The entries of a batch; one more than allowed is enough to refuse it.
struct Entries<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArrayVisitor;
        impl<'de> Visitor<'de> for ArrayVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = array.next_element()? {
                    if entries.len() <= MAX_BATCH {
                        entries.push(entry);
                    }
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_seq(ArrayVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame's reading in one line.
    fn told(frame: &str) -> String {
        let one = |message: &Message<'_>| match message {
            Message::Call { id, method, params } => {
                format!("call {id} {method} {}", params.map_or("-", RawValue::get))
            }
            Message::Notification { method, params } => format!("note {method} {}", params.map_or("-", RawValue::get)),
            Message::Ignored => "ignored".to_owned(),
            Message::Invalid { id, member, .. } => format!("invalid {} {}", id.unwrap_or("-"), member.unwrap_or("-")),
        };
        match read(frame.as_bytes()) {
            Incoming::One(message) => one(&message),
            Incoming::Batch(messages) => messages.iter().map(one).collect::<Vec<_>>().join(" | "),
            Incoming::NotJson(problem) => format!("not json: {problem}"),
            Incoming::Refused(problem) => format!("refused: {problem}"),
        }
    }

    #[test]
    fn messages() {
        let cases = [
            (r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#, "call 1 a -"),
            (r#" {"method":"a","params":[1, 2],"id":"é\n","jsonrpc":"2.0"} "#, r#"call "é\n" a [1, 2]"#),
            (r#"{"jsonrpc":"2.0","\u0069d":-1.50e+3,"method":"\u0061","params":null}"#, "call -1.50e+3 a -"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"a","params":{}}"#, "call null a {}"),
            (r#"{"jsonrpc":"2.0","id":18446744073709551616,"method":"a","extra":1}"#, "call 18446744073709551616 a -"),
            (r#"{"jsonrpc":"2.0","method":"a","params":[1]}"#, "note a [1]"),
            // never answered, also when wrong
            (r#"{"method":"a"}"#, "ignored"),
            (r#"{"jsonrpc":"2.0","method":"a","params":[],"params":[]}"#, "ignored"),
            (r#"{"jsonrpc":"2.0","method":"a","method":"a"}"#, "ignored"),
            (r#"{"jsonrpc":"2.0","method":"a","params":"x"}"#, "note a -"),
            (r#"{"jsonrpc":"2.0","id":1,"result":5}"#, "ignored"),
            (r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}"#, "ignored"),
            // a call is answered with its id whenever that can be read
            (r#"{"jsonrpc":"2.0","id":7}"#, "invalid 7 method"),
            (r#"{"jsonrpc":"2.0","id":7,"method":1}"#, "invalid 7 method"),
            (r#"{"jsonrpc":"2.0","id":7,"method":"\ud800"}"#, "invalid 7 method"),
            (r#"{"id":7,"method":"a"}"#, "invalid 7 jsonrpc"),
            (r#"{"jsonrpc":"\u0032.0","id":7,"method":"a"}"#, "call 7 a -"),
            (r#"{"jsonrpc":2.0,"id":7,"method":"a"}"#, "invalid 7 jsonrpc"),
            (r#"{"jsonrpc":"2.0","id":7,"method":"a","params":"x"}"#, "invalid 7 params"),
            (r#"{"jsonrpc":"2.0","id":7,"method":"a","method":"b"}"#, "invalid 7 method"),
            (r#"{"jsonrpc":"2.0","id":8,"id":9,"method":"a"}"#, "invalid - id"),
            (r#"{"jsonrpc":"2.0","id":true,"method":"a"}"#, "invalid - id"),
            (r#"{"jsonrpc":"2.0","id":[1],"method":"a"}"#, "invalid - id"),
            (r#"{"jsonrpc":"2.0","id":{},"result":1}"#, "ignored"),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"result":1}"#, "ignored"),
            ("{}", "invalid - method"),
            (r#"{"foo":"boo"}"#, "invalid - method"),
            ("1", "refused: a request is an object, or an array of objects"),
            ("\"x\"", "refused: a request is an object, or an array of objects"),
            ("[]", "refused: the batch is empty"),
            (
                r#"[1,{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},[]]"#,
                "invalid - - | call 1 a - | note b - | invalid - -",
            ),
            ("", "not json: the frame is not JSON: it ends too early"),
            ("{\"id\":1", "not json: the frame is not JSON: it ends too early"),
            ("{\"id\":1}}", "not json: the frame is not JSON: line 1, column 9"),
            ("[1,]", "not json: the frame is not JSON: line 1, column 4"),
        ];
        for (frame, expected) in cases {
            assert_eq!(told(frame), expected, "{frame}");
        }
    }

    #[test]
    fn limits() {
        let nested = |levels: usize| {
            format!(r#"{{"jsonrpc":"2.0","id":3,"method":"a","params":{}{}}}"#, "[".repeat(levels), "]".repeat(levels))
        };
        assert!(told(&nested(MAX_DEPTH - 1)).starts_with("call 3"));
        assert_eq!(told(&nested(MAX_DEPTH)), "invalid 3 -");
        assert!(told(&nested(MAX_DEPTH).replace("\"id\":3,", "")).starts_with("note a"));
        assert!(told(&"[".repeat(500_000)).starts_with("not json"));
        assert!(told(&format!("{}{}", "[".repeat(400_000), "]".repeat(400_000))).starts_with("refused"));
        let brackets_in_text = r#"{"jsonrpc":"2.0","id":3,"method":"[[\"{{\\","params":["]]]"]}"#;
        assert_eq!(told(brackets_in_text), "call 3 [[\"{{\\ [\"]]]\"]");

        let batch = |n: usize| format!("[{}]", vec![r#"{"jsonrpc":"2.0","method":"a"}"#; n].join(","));
        assert!(told(&batch(MAX_BATCH)).starts_with("note"));
        assert!(told(&batch(MAX_BATCH + 1)).starts_with("refused"));
        assert!(told(&batch(50_000)).starts_with("refused"));
        assert!(matches!(read(b"{\"id\":\"\xff\"}"), Incoming::NotJson(problem) if problem.ends_with("byte 7")));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_no_content_is_quoted(frame in "[\\[\\]{}\",:0-9a-z\\\\ ]{0,60}") {
            if let Incoming::NotJson(problem) = read(frame.as_bytes()) {
                prop_assert!(problem.len() < 80);
            }
        }
    }
}
