//! What Salesforce grants: an access token, and where and for whom it works.

use crate::secret::SecretString;
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A successful answer of the token endpoint (RFC 6749 section 5.1 with Salesforce's additions). There is never a
/// `refresh_token` or an `expires_in` in this flow.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The access token.
    pub access_token: SecretString,
    /// Where API requests go; judged trustworthy before it gets here.
    pub instance_url: String,
    /// A second API base, for JWT-format tokens.
    pub api_instance_url: Option<String>,
    /// The identity URL (`id`), `https://login.salesforce.com/id/00D…/005…`.
    pub identity_url: Option<String>,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// The audience of the assertion that it was granted for.
    pub audience: String,
    /// When we received it, by our own clock: Salesforce's `issued_at` is optional and by its clock.
    pub issued_at: Timestamp,
}

impl Grant {
    /// The org's id, from the identity URL.
    pub fn org_id(&self) -> Option<&str> {
        self.identity_part(1)
    }

    /// The user's id, from the identity URL.
    pub fn user_id(&self) -> Option<&str> {
        self.identity_part(0)
    }

    fn identity_part(&self, from_the_end: usize) -> Option<&str> {
        let part = self.identity_url.as_deref()?.trim_end_matches('/').rsplit('/').nth(from_the_end)?;
        (matches!(part.len(), 15 | 18) && part.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(part)
    }

    /// Whether the token is a JWT, which works for REST only; else it is opaque, and only Salesforce knows its life.
    pub fn is_jwt(&self) -> bool {
        own_claims(self.access_token.expose()).is_some()
    }

    /// The token's own expiry, if it is a JWT with an `exp`.
    pub fn own_expiry(&self) -> Option<Timestamp> {
        let exp = own_claims(self.access_token.expose())?.get("exp")?.as_f64()?;
        // A NumericDate may have a fraction (RFC 7519 section 2); the cast saturates.
        Some(Timestamp(exp as i64))
    }
}

/// The claims of a JWT-format access token, read for its expiry only: whether to believe it is the org's business.
fn own_claims(token: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let read = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let _: serde_json::Map<String, serde_json::Value> = read(header)?;
    read(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(token: &str, id: Option<&str>) -> Grant {
        Grant {
            access_token: token.to_owned().into(),
            instance_url: "https://acme.my.salesforce.com".into(),
            api_instance_url: None,
            identity_url: id.map(str::to_owned),
            scopes: vec![],
            audience: "https://acme.my.salesforce.com".into(),
            issued_at: Timestamp(0),
        }
    }

    #[test]
    fn ids_come_from_the_identity_url() {
        let one = grant("t", Some("https://login.salesforce.com/id/00D5e000005AHE7EAO/0055e000001abcDAAQ"));
        assert_eq!((one.org_id(), one.user_id()), (Some("00D5e000005AHE7EAO"), Some("0055e000001abcDAAQ")));
        let odd = grant("t", Some("https://login.salesforce.com/id/../x"));
        assert_eq!((odd.org_id(), odd.user_id()), (None, None));
    }

    #[test]
    fn only_a_jwt_knows_its_expiry() {
        let jwt = |claims: &str| format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(grant(&jwt(r#"{"exp":1795343111}"#), None).own_expiry(), Some(Timestamp(1_795_343_111)));
        assert_eq!(grant(&jwt(r#"{"exp":1e300}"#), None).own_expiry(), Some(Timestamp(i64::MAX)));
        assert_eq!(grant(&jwt("{}"), None).own_expiry(), None);
        let opaque = grant("00D5e000005AHE7!AQ4A.Q.x", None);
        assert_eq!((opaque.own_expiry(), opaque.is_jwt()), (None, false));
    }
}
