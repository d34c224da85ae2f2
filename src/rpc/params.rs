//! Parameters into types, by name or by position, with complaints that name the field and never quote a value.
//!
//! serde's error texts repeat what they dislike ("invalid type: string \"-----BEGIN…\""). Here serde reports to
//! [`Trouble`], which drops the value and keeps the path and what would have been accepted. The JSON is read in
//! place, so that a secret is copied once: into the type that keeps it.

use super::envelope::text;
use crate::error::{Error, Reason, Result, nearest};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What every method accepts besides its own parameters: the token under which `$/progress` reports.
pub const PROGRESS_TOKEN: &str = "progressToken";
/// What every method ignores: other protocols' notes about a request.
const META: &str = "_meta";

/// Parameters, and the progress token as JSON text when there was one.
#[derive(Debug)]
pub struct Read<P> {
    /// The method's own parameters.
    pub params: P,
    /// A string or a number.
    pub progress_token: Option<Box<RawValue>>,
}

/// Reads a method's parameters.
pub fn read<P: DeserializeOwned>(json: Option<&str>) -> Result<Read<P>> {
    let json = json.unwrap_or("{}");
    let mut progress_token = None;
    let params = serde_json::from_str(json)
        .map_err(|_| Trouble::new(Reason::InvalidParameter, "expected an object or an array"))
        .and_then(|json| P::deserialize(Params { json, progress_token: &mut progress_token }))
        .map_err(Error::from)?;
    Ok(Read { params, progress_token })
}

/// What serde had to say, without the value it said it about.
#[derive(Debug)]
struct Trouble {
    reason: Reason,
    /// Names and indexes, innermost first.
    path: Vec<String>,
    problem: String,
    hint: Option<String>,
}

impl Trouble {
    fn new(reason: Reason, problem: impl Into<String>) -> Self {
        Trouble { reason, path: Vec::new(), problem: problem.into(), hint: None }
    }

    fn at(mut self, step: &str) -> Self {
        self.path.push(harmless(step).to_owned());
        self
    }

    fn expected(exp: &dyn Expected) -> Self {
        let told = exp.to_string();
        let words = match told.as_str() {
            "u64" | "u32" | "usize" => "a whole number, 0 or more",
            "i64" | "i32" => "a whole number",
            other if other.starts_with("struct ") || other == "a map" => "an object",
            other if other.starts_with("a string") || other == "string" => "a string",
            other => other,
        };
        Trouble::new(Reason::InvalidParameter, format!("expected {words}"))
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        let steps: Vec<&str> = trouble.path.iter().rev().map(String::as_str).collect();
        let field = if steps.is_empty() { "params".to_owned() } else { steps.join(".") };
        let message = match trouble.reason {
            Reason::MissingParameter => format!("parameter `{field}` is missing"),
            Reason::UnknownParameter => format!("there is no parameter `{field}`"),
            _ => format!("parameter `{field}`: {}", trouble.problem),
        };
        let error = Error::usage(trouble.reason, field, message);
        match trouble.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Trouble {}

impl serde::de::Error for Trouble {
    /// Texts of our own `Deserialize` implementations, which do not quote.
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Trouble::new(Reason::InvalidParameter, problem.to_string())
    }
    fn invalid_type(_: Unexpected<'_>, exp: &dyn Expected) -> Self {
        Trouble::expected(exp)
    }
    fn invalid_value(_: Unexpected<'_>, exp: &dyn Expected) -> Self {
        Trouble::expected(exp)
    }
    fn invalid_length(_: usize, exp: &dyn Expected) -> Self {
        Trouble::expected(exp)
    }
    fn unknown_variant(_: &str, accepted: &'static [&'static str]) -> Self {
        Trouble::new(Reason::InvalidParameter, format!("expected one of {}", accepted.join(", ")))
    }
    fn unknown_field(field: &str, accepted: &'static [&'static str]) -> Self {
        let mut trouble = Trouble::new(Reason::UnknownParameter, "unknown").at(field);
        trouble.hint = Some(match nearest(field, accepted.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None if accepted.is_empty() => "no parameters are accepted here".to_owned(),
            None => format!("accepted: {}", accepted.join(", ")),
        });
        trouble
    }
    fn missing_field(field: &'static str) -> Self {
        Trouble::new(Reason::MissingParameter, "missing").at(field)
    }
    fn duplicate_field(field: &'static str) -> Self {
        Trouble::new(Reason::InvalidParameter, "given more than once").at(field)
    }
}

/// A name as a client wrote it, unless it can hardly be one.
fn harmless(name: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.$/[]".contains(c);
    if !name.is_empty() && name.len() <= 32 && name.chars().all(plain) { name } else { "(a name not shown)" }
}

/// The whole of `params`: an object or an array, without what is not the method's own.
struct Params<'de, 'p> {
    json: &'de RawValue,
    progress_token: &'p mut Option<Box<RawValue>>,
}

impl Params<'_, '_> {
    fn take_progress_token(&mut self, json: &RawValue) -> Result<(), Trouble> {
        if !json.get().starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
            let wrong = Trouble::new(Reason::InvalidParameter, "expected a string or a number");
            return Err(wrong.at(PROGRESS_TOKEN));
        }
        *self.progress_token = Some(json.to_owned());
        Ok(())
    }
}

impl<'de> Deserializer<'de> for Params<'de, '_> {
    type Error = Trouble;

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let mut members: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();
        if self.json.get().starts_with('[') {
            let values: Vec<&'de RawValue> = elements(self.json)?;
            if values.len() > fields.len() + 1 {
                let most = fields.len() + 1;
                return Err(Trouble::new(Reason::InvalidParameter, format!("expected at most {most} by position")));
            }
            let names = fields.iter().copied().chain([PROGRESS_TOKEN]);
            members.extend(names.map(Cow::Borrowed).zip(values));
        } else {
            members.extend(entries(self.json)?);
        }
        let mut own = Vec::with_capacity(members.len());
        let mut seen = vec![false; fields.len() + 1];
        for (name, value) in members {
            let known = fields.iter().chain([&PROGRESS_TOKEN]).position(|known| *known == name);
            if let Some(at) = known {
                if std::mem::replace(&mut seen[at], true) {
                    return Err(Trouble::new(Reason::InvalidParameter, "given more than once").at(&name));
                }
                // null means absent
                if value.get() == "null" {
                    continue;
                }
            }
            match name.as_ref() {
                PROGRESS_TOKEN => self.take_progress_token(value)?,
                META => {}
                _ => own.push((name, value)),
            }
        }
        visitor.visit_map(Members { rest: own.into_iter(), next: None })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Trouble> {
        Err(Trouble::new(Reason::Internal, "parameters are read into a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier
    }
}

/// The members of an object, in their order.
fn entries(json: &RawValue) -> Result<Vec<(Cow<'_, str>, &RawValue)>, Trouble> {
    struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);
    impl<'de: 'a, 'a> serde::Deserialize<'de> for Pairs<'a> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct PairsVisitor;
            impl<'de> Visitor<'de> for PairsVisitor {
                type Value = Pairs<'de>;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                        let name = text(name).ok_or_else(|| serde::de::Error::custom("not a name"))?;
                        pairs.push((name, value));
                    }
                    Ok(Pairs(pairs))
                }
            }
            deserializer.deserialize_map(PairsVisitor)
        }
    }
    let unread = |_| Trouble::new(Reason::InvalidParameter, "expected an object");
    serde_json::from_str::<Pairs<'_>>(json.get()).map(|pairs| pairs.0).map_err(unread)
}

/// The elements of an array.
fn elements(json: &RawValue) -> Result<Vec<&RawValue>, Trouble> {
    serde_json::from_str(json.get()).map_err(|_| Trouble::new(Reason::InvalidParameter, "expected an array"))
}

/// One JSON value.
struct Node<'de>(&'de RawValue);

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Trouble;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let json = self.0.get();
        match json.as_bytes().first() {
            Some(b'n') => visitor.visit_unit(),
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'"') => match text(self.0) {
                Some(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
                Some(Cow::Owned(text)) => visitor.visit_string(text),
                None => Err(Trouble::new(Reason::InvalidParameter, "expected text in Unicode")),
            },
            Some(b'[') => visitor.visit_seq(Elements { rest: elements(self.0)?.into_iter(), index: 0 }),
            Some(b'{') => visitor.visit_map(Members { rest: entries(self.0)?.into_iter(), next: None }),
            _ => match (json.parse::<u64>(), json.parse::<i64>(), json.parse::<f64>()) {
                (Ok(number), ..) => visitor.visit_u64(number),
                (_, Ok(number), _) => visitor.visit_i64(number),
                // 60.0 and 6e1 are whole numbers to JSON Schema, as far as floating point is exact
                (.., Ok(number)) if number.fract() == 0.0 && number.abs() < 9e15 => visitor.visit_i64(number as i64),
                (.., Ok(number)) => visitor.visit_f64(number),
                _ => Err(Trouble::new(Reason::InvalidParameter, "expected another kind of value")),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        if self.0.get() == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_newtype_struct(self)
    }

    /// An object, also where serde would take an array: only the top level of `params` goes by position.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        visitor.visit_map(Members { rest: entries(self.0)?.into_iter(), next: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let name = text(self.0).ok_or_else(|| Trouble::new(Reason::InvalidParameter, "expected a string"))?;
        visitor.visit_enum(StrDeserializer::new(&name))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// The members of an object; trouble in a value is told with the member's name.
struct Members<'de> {
    rest: std::vec::IntoIter<(Cow<'de, str>, &'de RawValue)>,
    next: Option<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Trouble;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Trouble> {
        self.next = self.rest.next();
        self.next.as_ref().map(|(name, _)| seed.deserialize(StrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Trouble> {
        let Some((name, value)) = self.next.take() else {
            return Err(Trouble::new(Reason::Internal, "a value without a name"));
        };
        seed.deserialize(Node(value)).map_err(|trouble| trouble.at(&name))
    }
}

/// The elements of an array; trouble in one is told with its index.
struct Elements<'de> {
    rest: std::vec::IntoIter<&'de RawValue>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Trouble;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        let index = self.index;
        self.index += 1;
        let next = self.rest.next();
        next.map(|value| seed.deserialize(Node(value)).map_err(|trouble| trouble.at(&index.to_string()))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::types::{ExplainParams, NoParams, RevokeParams, TokenParams};

    /// `field: message (hint)` of the error that these parameters get.
    fn complaint<P: DeserializeOwned + fmt::Debug>(json: &str) -> String {
        let error = read::<P>(Some(json)).unwrap_err();
        let details = error.details();
        let hint = details.hint.as_deref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{} {}: {error}{hint}", error.reason().code(), details.field.as_deref().unwrap_or("-"))
    }

    #[test]
    fn by_name_and_by_position() {
        let by_name =
            read::<TokenParams>(Some(r#"{"org":"\u0061","fresh":true,"minValiditySeconds":60,"_meta":{"x":1}}"#))
                .unwrap();
        let by_position = read::<TokenParams>(Some(r#"["a",null,true,60,null,"t"]"#)).unwrap();
        for read in [&by_name, &by_position] {
            assert_eq!(read.params.org.as_deref(), Some("a"));
            assert_eq!(read.params.fresh, Some(true));
            assert_eq!(read.params.min_validity_seconds, Some(60));
            assert!(read.params.connection.is_none());
        }
        assert!(by_name.progress_token.is_none());
        assert_eq!(by_position.progress_token.unwrap().get(), "\"t\"");
        let token = read::<NoParams>(Some(r#"{"progressToken":-7}"#)).unwrap().progress_token;
        assert_eq!(token.unwrap().get(), "-7");
        for seconds in ["60", "60.0", "6e1", "6000e-2"] {
            let json = format!(r#"{{"minValiditySeconds":{seconds}}}"#);
            assert_eq!(read::<TokenParams>(Some(&json)).unwrap().params.min_validity_seconds, Some(60));
        }
        assert!(read::<NoParams>(None).is_ok() && read::<NoParams>(Some("[]")).is_ok());
    }

    #[test]
    fn a_whole_connection() {
        let json = r#"{"connection":{"clientId":"c","username":"u","loginUrl":"l","key":{"pem":"p\np"},"passphrase":"env:P"}}"#;
        let connection = read::<TokenParams>(Some(json)).unwrap().params.connection.unwrap();
        assert_eq!(connection.client_id, "c");
        assert!(matches!(&connection.key, crate::protocol::input::KeyInput::Pem(pem) if pem.expose() == "p\np"));
    }

    #[test]
    fn complaints_name_the_field_and_what_is_accepted() {
        let connection = r#""clientId":"c","username":"u","loginUrl":"l""#;
        let key = "a key URI as a string, {\"pem\": string} or {\"base64\": string}";
        let cases = [
            (r#"{"ogr":"a"}"#.to_owned(), "unknown-parameter ogr: there is no parameter `ogr` (did you mean `org`?)".to_owned()),
            (r#"{"org":5}"#.into(), "invalid-parameter org: parameter `org`: expected a string".into()),
            (r#"{"org":"a","org":"b"}"#.into(), "invalid-parameter org: parameter `org`: given more than once".into()),
            (
                r#"{"progressToken":null,"progressToken":"a"}"#.into(),
                "invalid-parameter progressToken: parameter `progressToken`: given more than once".into(),
            ),
            (
                r#"{"minValiditySeconds":60.5}"#.into(),
                "invalid-parameter minValiditySeconds: parameter `minValiditySeconds`: expected a whole number, 0 or more".into(),
            ),
            (r#"{"fresh":"yes"}"#.into(), "invalid-parameter fresh: parameter `fresh`: expected a boolean".into()),
            (
                r#"{"minValiditySeconds":-1}"#.into(),
                "invalid-parameter minValiditySeconds: parameter `minValiditySeconds`: expected a whole number, 0 or more".into(),
            ),
            (
                r#"{"minValiditySeconds":1e400}"#.into(),
                "invalid-parameter minValiditySeconds: parameter `minValiditySeconds`: expected a whole number, 0 or more".into(),
            ),
            (
                format!(r#"{{"connection":{{{connection}}}}}"#),
                "missing-parameter connection.key: parameter `connection.key` is missing".into(),
            ),
            (
                format!(r#"{{"connection":{{{connection},"key":{{"pem":5}}}}}}"#),
                format!("invalid-parameter connection.key: parameter `connection.key`: expected {key}"),
            ),
            (
                format!(r#"{{"connection":{{{connection},"key":null}}}}"#),
                format!("invalid-parameter connection.key: parameter `connection.key`: expected {key}"),
            ),
            (
                r#"{"connection":["c","u"]}"#.into(),
                "invalid-parameter connection: parameter `connection`: expected an object".into(),
            ),
            (
                r#"{"progressToken":{}}"#.into(),
                "invalid-parameter progressToken: parameter `progressToken`: expected a string or a number".into(),
            ),
            ("[1,2,3,4,5,6,7]".into(), "invalid-parameter params: parameter `params`: expected at most 6 by position".into()),
        ];
        for (json, expected) in cases {
            assert_eq!(complaint::<TokenParams>(&json), expected, "{json}");
        }
        for json in ["{}", "[]", "[null]", r#"{"code":null}"#] {
            assert_eq!(complaint::<ExplainParams>(json), "missing-parameter code: parameter `code` is missing");
        }
        let long = complaint::<NoParams>(&format!(r#"{{"{}":1}}"#, "x".repeat(1 << 20)));
        assert!(long.len() < 120, "{long}");
        assert_eq!(
            complaint::<NoParams>(r#"{"x":1}"#),
            "unknown-parameter x: there is no parameter `x` (no parameters are accepted here)"
        );
    }

    #[test]
    fn no_complaint_quotes_a_value() {
        let secret = "SENTINEL";
        for json in [
            r#"{"org":{"SENTINEL":"SENTINEL"}}"#,
            r#"{"SENTINEL SENTINEL":1}"#,
            r#"{"fresh":"SENTINEL"}"#,
            r#"{"rejectedToken":{"SENTINEL":1}}"#,
            r#"{"rejectedToken":["SENTINEL"]}"#,
            r#"{"connection":"SENTINEL"}"#,
            r#"{"connection":{"key":{"pem":"x","-----BEGIN PRIVATE KEY-----SENTINEL":1}}}"#,
            r#"{"connection":{"passphrase":{"value":["SENTINEL"]}}}"#,
            r#"{"progressToken":["SENTINEL"]}"#,
            r#"["a","SENTINEL"]"#,
        ] {
            let told = complaint::<TokenParams>(json);
            assert!(!told.contains(secret), "{json}: {told}");
            assert!(read::<RevokeParams>(Some(json)).is_err());
        }
    }
}
