//! Secret-bearing parameters. serde's error texts quote the value they dislike, so these types read themselves
//! and complain without quoting.

use crate::secret::SecretString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A private key in a call: a key URI, `{"pem":…}` or `{"base64":…}`.
#[derive(Clone, Debug)]
pub enum KeyInput {
    /// A key URI. It may turn out to be a pasted key, hence secret.
    Uri(SecretString),
    /// The key itself as PEM.
    Pem(SecretString),
    /// The key itself as base64 of PEM or DER.
    Base64(SecretString),
}

/// A passphrase in a call: a URI or `{"value":…}`.
#[derive(Clone, Debug)]
pub enum PassphraseInput {
    /// A URI. It may turn out to be a pasted passphrase, hence secret.
    Uri(SecretString),
    /// The passphrase itself.
    Value(SecretString),
}

/// An access token in a call.
#[derive(Clone, Debug)]
pub struct TokenInput(pub SecretString);

/// Reads a text, or an object with one text member: `(member name or "", text)`.
struct TextOrTagged {
    members: &'static [&'static str],
    expected: &'static str,
}

impl TextOrTagged {
    fn wrong<E: serde::de::Error>(&self) -> E {
        E::custom(format_args!("expected {}", self.expected))
    }
}

impl<'de> Visitor<'de> for TextOrTagged {
    type Value = (&'static str, SecretString);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(("", text.to_owned().into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<SecretText>().map_err(|_| self.wrong::<A::Error>())? {
            let member = self.members.iter().copied().find(|m| m == name.0.expose());
            match (member, &found) {
                (Some(member), None) => {
                    let text = map.next_value::<SecretText>().map_err(|_| self.wrong::<A::Error>())?;
                    found = Some((member, text.0));
                }
                _ => {
                    let _ = map.next_value::<IgnoredAny>();
                    return Err(self.wrong());
                }
            }
        }
        found.ok_or_else(|| self.wrong())
    }

    // serde's default methods would quote the value.
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Err(self.wrong())
    }
    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(self.wrong())
    }
    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(self.wrong())
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(self.wrong())
    }
}

/// A text that is not quoted in an error.
struct SecretText(SecretString);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = TextOrTagged { members: &[], expected: "a string" };
        deserializer.deserialize_any(visitor).map(|(_, text)| SecretText(text))
    }
}

impl<'de> Deserialize<'de> for KeyInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a key URI as a string, {\"pem\": string} or {\"base64\": string}";
        let (member, text) = deserializer.deserialize_any(TextOrTagged { members: &["pem", "base64"], expected })?;
        Ok(match member {
            "pem" => KeyInput::Pem(text),
            "base64" => KeyInput::Base64(text),
            _ => KeyInput::Uri(text),
        })
    }
}

impl<'de> Deserialize<'de> for PassphraseInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a URI as a string, or {\"value\": string}";
        let (member, text) = deserializer.deserialize_any(TextOrTagged { members: &["value"], expected })?;
        Ok(if member.is_empty() { PassphraseInput::Uri(text) } else { PassphraseInput::Value(text) })
    }
}

impl<'de> Deserialize<'de> for TokenInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretText::deserialize(deserializer).map(|text| TokenInput(text.0))
    }
}

macro_rules! schema {
    ($type:ty, $schema:tt) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

schema!(KeyInput, {"oneOf": [
    {"type": "string", "description": "a key URI: file:PATH, env:NAME, keychain:SERVICE/ACCOUNT; cmd: and signer: only when the server allows commands"},
    {"type": "object", "properties": {"pem": {"type": "string"}}, "required": ["pem"], "additionalProperties": false},
    {"type": "object", "properties": {"base64": {"type": "string"}}, "required": ["base64"], "additionalProperties": false}
]});
schema!(PassphraseInput, {"oneOf": [
    {"type": "string", "description": "a URI: file:PATH, env:NAME, keychain:SERVICE/ACCOUNT"},
    {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"], "additionalProperties": false}
]});
schema!(TokenInput, {"type": "string"});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_a_key() {
        let read = |json: &str| serde_json::from_str::<KeyInput>(json).unwrap();
        assert!(matches!(read(r#""file:/k""#), KeyInput::Uri(t) if t.expose() == "file:/k"));
        assert!(matches!(read(r#"{"pem":"p"}"#), KeyInput::Pem(t) if t.expose() == "p"));
        assert!(matches!(read(r#"{"base64":"b"}"#), KeyInput::Base64(t) if t.expose() == "b"));
    }

    #[test]
    fn no_complaint_quotes_the_value() {
        for json in [
            "424242",
            "-424242",
            "4242.42",
            "true",
            "null",
            "[\"SENTINEL424242\"]",
            "{}",
            "{\"SENTINEL424242\":1}",
            "{\"pem\":424242}",
            "{\"pem\":\"SENTINEL424242\",\"pem\":\"SENTINEL424242\"}",
            "{\"pem\":{\"x\":\"SENTINEL424242\"}}",
            "{\"value\":[\"SENTINEL424242\"]}",
        ] {
            let key = serde_json::from_str::<KeyInput>(json).unwrap_err().to_string();
            let passphrase = serde_json::from_str::<PassphraseInput>(json).unwrap_err().to_string();
            let token = serde_json::from_str::<TokenInput>(json).unwrap_err().to_string();
            for message in [key, passphrase, token] {
                assert!(!message.contains("4242") && !message.contains("SENTINEL"), "{json}: {message}");
            }
        }
    }
}
