//! The assertion: a JWT (RFC 7519) in JWS compact form (RFC 7515 section 3.1), signed with RS256.
//!
//! Everything here is a function of its arguments; the signature comes from a `key::signer::Signer`,
//! which may live outside this process, between [`SigningInput::new`] and [`SigningInput::with_signature`].

use crate::secret::SecretString;
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long an assertion is valid. Salesforce Help asks for at most 3 minutes (older copies say 5), and
/// tools in production use 180 s.
pub const LIFETIME: Duration = Duration::from_secs(180);

/// Claims that the flow sets itself. `prn` is a legacy alias of `sub` that wins over it, and `nbf` could only
/// shorten the life.
pub const RESERVED_CLAIMS: [&str; 8] = ["iss", "sub", "prn", "aud", "exp", "nbf", "iat", "jti"];

/// What an assertion says, apart from time and id.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The consumer key (`iss`).
    pub client_id: &'a str,
    /// The Salesforce username (`sub`).
    pub username: &'a str,
    /// The audience (`aud`): one string, since Salesforce refuses arrays.
    pub audience: &'a str,
    /// Further claims from the configuration, none of them [`RESERVED_CLAIMS`].
    pub claims: &'a Map<String, Value>,
}

/// 128 random bits that make an assertion unique: Salesforce refuses a `jti` that it has seen (RFC 7519 section
/// 4.1.7; Salesforce states it for the sibling flows).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssertionId(pub [u8; 16]);

/// The JOSE header (RFC 7515 section 4; RS256 is RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 section 3.3).
pub fn header() -> Map<String, Value> {
    Map::from_iter([("alg".to_owned(), json!("RS256")), ("typ".to_owned(), json!("JWT"))])
}

/// The claims (RFC 7519 section 4.1; RFC 7523 section 3). `iat` and `exp` are integers, in seconds.
pub fn claims(subject: Subject<'_>, now: Timestamp, id: AssertionId) -> Map<String, Value> {
    let mut claims = Map::from_iter([
        ("iss".to_owned(), json!(subject.client_id)),
        ("sub".to_owned(), json!(subject.username)),
        ("aud".to_owned(), json!(subject.audience)),
        ("iat".to_owned(), json!(now.0)),
        ("exp".to_owned(), json!(now.plus(LIFETIME).0)),
        ("jti".to_owned(), json!(URL_SAFE_NO_PAD.encode(id.0))),
    ]);
    for (name, value) in subject.claims.iter().filter(|(name, _)| !RESERVED_CLAIMS.contains(&name.as_str())) {
        claims.insert(name.clone(), value.clone());
    }
    claims
}

/// The JWS signing input: base64url of the header, a dot, base64url of the claims (RFC 7515 section 5.1).
pub struct SigningInput(String);

impl SigningInput {
    /// The signing input of these claims.
    pub fn new(claims: &Map<String, Value>) -> Self {
        let part = |object: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(object.clone()).to_string());
        SigningInput(format!("{}.{}", part(&header()), part(claims)))
    }

    /// What is signed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The assertion: the signing input, a dot, base64url of the signature. From here on it is a secret.
    pub fn with_signature(self, signature: &[u8]) -> SecretString {
        format!("{}.{}", self.0, URL_SAFE_NO_PAD.encode(signature)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Map<String, Value> {
        let extra = Map::from_iter([("scope".to_owned(), json!("api")), ("sub".to_owned(), json!("evil"))]);
        let subject = Subject {
            client_id: "3MVG9abc",
            username: "integration@acme.example",
            audience: "https://acme.my.salesforce.com",
            claims: &extra,
        };
        claims(subject, Timestamp(1_795_342_931), AssertionId([0xff; 16]))
    }

    #[test]
    fn the_bytes_of_an_assertion() {
        let input = SigningInput::new(&example());
        let text = std::str::from_utf8(input.as_bytes()).unwrap().to_owned();
        let parts: Vec<String> =
            text.split('.').map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()).collect();
        assert_eq!(parts[0], r#"{"alg":"RS256","typ":"JWT"}"#);
        assert_eq!(
            parts[1],
            concat!(
                r#"{"iss":"3MVG9abc","sub":"integration@acme.example","aud":"https://acme.my.salesforce.com","#,
                r#""iat":1795342931,"exp":1795343111,"jti":"_____________________w","scope":"api"}"#
            )
        );
        assert_eq!(input.with_signature(&[0, 255]).expose(), &format!("{text}.AP8"));
    }

    #[test]
    fn exp_is_an_integer_180_seconds_ahead() {
        let claims = example();
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 180);
        assert!(claims["exp"].is_i64() || claims["exp"].is_u64());
    }
}
