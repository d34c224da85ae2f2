//! Access tokens: opaque ones, JWTs, and the sessions behind both.

use super::address::Addresses;
use super::identity::identity_url;
use super::rules::Grant;
use super::world::World;
use crate::time::Timestamp;
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::Arc;

/// Who may do what with a token, and until when.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The org's name.
    pub(super) org: String,
    /// The username.
    pub(super) username: String,
    /// The app's name.
    pub(super) app: String,
    /// Its scopes.
    pub(super) scopes: Vec<String>,
    /// When it ends.
    pub(super) expires: Timestamp,
}

impl Session {
    /// Whether one of these scopes was granted. `full` includes all but those for refreshing.
    pub(super) fn has_scope(&self, any_of: &[&str]) -> bool {
        self.scopes.iter().any(|scope| scope == "full" || any_of.contains(&scope.as_str()))
    }
}

/// The key that signs JWT-format access tokens; published at `/id/keys`.
#[derive(Clone)]
pub(super) struct TokenKey(Arc<KeyPair>);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The id of that key.
const KEY_ID: &str = "emulator-1";

impl TokenKey {
    /// A new key; `None` when the system has no random numbers.
    pub(super) fn generate() -> Option<Self> {
        Some(TokenKey(Arc::new(KeyPair::generate(KeySize::Rsa2048).ok()?)))
    }

    /// The public key as a JWK set (RFC 7517 section 5).
    pub(super) fn jwks(&self) -> Value {
        let public = self.0.public_key();
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        }]})
    }

    fn sign(&self, header: &Value, claims: &Value) -> Option<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl World {
    /// Issues the token of a grant and answers with the body of the token response (reference 1.5): never a refresh
    /// token, never `expires_in`. `None` when the system has no random numbers.
    pub(super) fn issue(&mut self, grant: &Grant, addresses: &Addresses, now: Timestamp) -> Option<Value> {
        let org = self.orgs.get(&grant.org)?;
        let user = org.users.get(&grant.username)?;
        let id = identity_url(org, user, addresses);
        let token = match self.live_token(grant, now) {
            Some(token) => token,
            None if grant.jwt => self.jwt(grant, &org.id, &user.id, now)?,
            None => opaque(&org.id)?,
        };
        let session = Session {
            org: grant.org.clone(),
            username: grant.username.clone(),
            app: grant.app.clone(),
            scopes: grant.scopes.clone(),
            expires: now.plus(grant.lifetime),
        };
        self.sessions.insert(token.clone(), session);
        let mut body = json!({
            "access_token": token,
            "scope": grant.scopes.join(" "),
            "instance_url": grant.instance_url,
            "id": id,
            "token_type": "Bearer",
        });
        if grant.jwt {
            body["token_format"] = "jwt".into();
            body["api_instance_url"] = grant.instance_url.as_str().into();
        }
        Some(body)
    }

    /// Where sessions are shared: the token that the same user has through the same app.
    fn live_token(&self, grant: &Grant, now: Timestamp) -> Option<String> {
        let same = |session: &Session| {
            (&session.org, &session.username, &session.app) == (&grant.org, &grant.username, &grant.app)
                && session.expires > now
        };
        let shared = self.behaviour.shared_sessions && !grant.jwt;
        shared.then(|| self.sessions.iter().find(|(_, session)| same(session)).map(|(token, _)| token.clone()))?
    }

    /// A JWT-format access token (reference 1.6).
    fn jwt(&self, grant: &Grant, org_id: &str, user_id: &str, now: Timestamp) -> Option<String> {
        let header = json!({
            "alg": "RS256", "typ": "JWT", "kid": KEY_ID, "tty": "sfdc-core-token",
            "tnk": format!("core/prod/{org_id}"), "ver": "1.0",
        });
        let claims = json!({
            "iss": grant.instance_url, "aud": [grant.instance_url], "sub": format!("uid:{user_id}"),
            "client_id": grant.client_id, "scp": grant.scopes.join(" "),
            "iat": now.0, "nbf": now.0, "exp": now.plus(grant.lifetime).0, "jti": random_text(22)?,
        });
        self.token_key.as_ref()?.sign(&header, &claims)
    }

    /// The session of a token, when it is live.
    pub(super) fn session(&self, token: &str, now: Timestamp) -> Option<&Session> {
        self.sessions.get(token).filter(|session| session.expires > now)
    }

    /// Ends a session.
    pub(super) fn end_session(&mut self, token: &str) -> bool {
        self.sessions.remove(token).is_some()
    }
}

/// `00D…!…`: the 15-character org id, an exclamation mark, random characters.
fn opaque(org_id: &str) -> Option<String> {
    Some(format!("{}!AQ{}", org_id.get(..15)?, random_text(94)?))
}

/// Random characters of the set that opaque tokens use.
fn random_text(length: usize) -> Option<String> {
    const CHARACTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| char::from(CHARACTERS[usize::from(byte % 64)])).collect())
}
