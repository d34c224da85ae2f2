//! An assertion as it arrives: three base64url parts, of which Salesforce reads these claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// A JWT taken apart. Nothing of it is verified yet.
pub(super) struct Assertion {
    /// What was signed: header and claims as sent.
    pub(super) signed: String,
    pub(super) signature: Vec<u8>,
    /// The consumer key.
    pub(super) iss: String,
    /// The username: `prn`, the older name, wins where both are present.
    pub(super) sub: String,
    /// One string; anything else is kept as `None`.
    pub(super) aud: Option<String>,
    /// Seconds since the epoch.
    pub(super) exp: Option<i64>,
    pub(super) jti: Option<String>,
    /// Scopes asked for, when the client narrows them.
    pub(super) scope: Option<String>,
}

impl Assertion {
    /// Takes an assertion apart.
    ///
    /// # Errors
    /// Why it is not an RS256 JWT with `iss` and `sub`, as the end of a sentence.
    pub(super) fn read(text: &str) -> Result<Assertion, &'static str> {
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("it does not have three parts");
        };
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let fields = object(header).ok_or("its header is not base64url of a JSON object")?;
        if fields.get("alg").and_then(Value::as_str) != Some("RS256") {
            return Err("its algorithm is not RS256");
        }
        let fields = object(claims).ok_or("its claims are not base64url of a JSON object")?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Assertion {
            signed: format!("{header}.{claims}"),
            signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| "its signature is not base64url")?,
            iss: text("iss").ok_or("it has no iss")?,
            sub: text("prn").or_else(|| text("sub")).ok_or("it has no sub")?,
            aud: text("aud"),
            exp: fields.get("exp").and_then(seconds),
            jti: text("jti"),
            scope: text("scope"),
        })
    }
}

/// A NumericDate, also as a string: some clients send one, and Salesforce takes it (reference 1.3).
fn seconds(value: &Value) -> Option<i64> {
    let number: f64 = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and whole seconds are what is compared")]
    number.is_finite().then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numeric_dates_as_clients_write_them() {
        for (value, expected) in [
            (json!(1_795_342_931), Some(1_795_342_931)),
            (json!("1795342931"), Some(1_795_342_931)),
            (json!(1_795_342_931.9), Some(1_795_342_931)),
            (json!(1_795_342_931_573_i64), Some(1_795_342_931_573)),
            (json!("soon"), None),
            (json!("NaN"), None),
            (json!([1]), None),
            (json!(null), None),
        ] {
            assert_eq!(seconds(&value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_assertion_is_told_apart() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let rs256 = part(json!({"alg": "RS256"}));
        let claims = part(json!({"iss": "a", "sub": "b", "prn": "c", "aud": ["x"]}));
        let good = Assertion::read(&format!("{rs256}.{claims}.AA")).ok().unwrap();
        assert_eq!((good.iss.as_str(), good.sub.as_str(), good.aud), ("a", "c", None));
        for (text, why) in [
            (String::new(), "three parts"),
            ("-----BEGIN PRIVATE KEY-----".to_owned(), "three parts"),
            (format!("{rs256}.{claims}"), "three parts"),
            (format!("{rs256}.{claims}.AA.AA"), "three parts"),
            (format!("{}.{claims}.AA", part(json!({"alg": "none"}))), "not RS256"),
            (format!("{}.{claims}.AA", part(json!({"alg": "HS256"}))), "not RS256"),
            (format!("{rs256}=.{claims}.AA"), "header"),
            (format!("{rs256}.{}.AA", part(json!("claims"))), "claims"),
            (format!("{rs256}.{claims}.+/=="), "signature"),
            (format!("{rs256}.{}.AA", part(json!({"sub": "b"}))), "no iss"),
            (format!("{rs256}.{}.AA", part(json!({"iss": "a"}))), "no sub"),
        ] {
            let message = Assertion::read(&text).err().unwrap();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
