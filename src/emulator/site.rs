//! The site map: which path is answered by what. Everything here is a function of the world, a call and the time.

use super::address::{Addresses, Site};
use super::call::{Call, Reply};
use super::rules::{self, Decision, Refusal, TokenRequest};
use super::world::{Login, World};
use super::{identity, pages, rest};
use crate::error::Reason;
use crate::time::Timestamp;
use serde_json::{Value, json};

/// Answers a call.
pub(super) fn answer(world: &mut World, addresses: &Addresses, call: &Call, now: Timestamp) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        (_, ["services", "oauth2", "token"]) => token(world, addresses, call, now),
        ("GET" | "POST", ["services", "oauth2", "userinfo"]) => identity::userinfo(world, addresses, call, now),
        ("POST", ["services", "oauth2", "revoke"]) => revoke(world, call, now),
        (_, ["services", "oauth2", "revoke"]) => Reply::method_not_allowed("POST"),
        ("GET", ["id", "keys"]) => {
            Reply::json(200, &world.token_key.as_ref().map_or(json!({"keys": []}), |key| key.jwks()))
        }
        ("GET" | "POST", ["id", org, user]) => identity::identity(world, addresses, call, (org, user), now),
        ("GET", [".well-known", "openid-configuration"]) => Reply::json(200, &well_known(&call.place.origin)),
        (_, ["services", "data", rest @ ..]) => rest::answer(world, call, rest, now),
        ("GET" | "HEAD" | "POST", _) => pages::answer(world, addresses, call),
        _ => Reply::method_not_allowed("GET, POST"),
    }
}

/// The token endpoint (reference 1.1, 1.5 and 2.1).
fn token(world: &mut World, addresses: &Addresses, call: &Call, now: Timestamp) -> Reply {
    let form = call.form();
    let request = TokenRequest {
        place: &call.place,
        addresses,
        is_post: call.method == "POST",
        form: form.as_deref(),
        from: call.from,
    };
    let Decision { verdict, login, spent } = rules::decide(world, &request, now);
    world.spent.extend(spent);
    if let Some((org, username, app)) = login {
        let status = match &verdict {
            Ok(_) => "Success",
            Err(refusal) => login_status(refusal.reason),
        };
        world.logins.push(Login { at: now, org, username, app, status });
    }
    match verdict {
        Ok(grant) => match world.issue(&grant, addresses, now) {
            Some(body) => Reply::json(200, &body).row("1.5"),
            None => refused(&Refusal::new(Reason::ServerError, None, "no random numbers")),
        },
        Err(refusal) => refused(&refusal),
    }
    .header("Cache-Control", "no-cache, no-store")
    .header("Pragma", "no-cache")
}

/// A refusal as the token endpoint words it: 400, except for `server_error`.
pub(super) fn refused(refusal: &Refusal) -> Reply {
    let wording = refusal.wording;
    let status = if refusal.reason == Reason::ServerError { 500 } else { 400 };
    let body = json!({"error": wording.error, "error_description": wording.description});
    Reply { why: Some(refusal.why.clone()), ..Reply::json(status, &body).row(wording.row) }
}

/// Login History's words (reference 2.5).
fn login_status(reason: Reason) -> &'static str {
    match reason {
        Reason::UserNotApproved | Reason::UserNotAdminApproved => "Failed: Not approved for access",
        Reason::IpRestricted => "Restricted IP",
        Reason::LoginHours => "Restricted Login Hours",
        Reason::UserInactive => "User is Inactive",
        Reason::UserLocked => "Password Lockout",
        Reason::LoginRateExceeded => "Login Rate Exceeded",
        Reason::OrgInactive => "Organization is Locked",
        _ => "Failed: Not approved for access",
    }
}

/// Revocation: 200 and nothing for a live token, else 400 with the error as a query string (reference 6).
fn revoke(world: &mut World, call: &Call, now: Timestamp) -> Reply {
    let form = call.form().unwrap_or_default();
    let token = form.iter().find(|(name, _)| name == "token").map(|(_, value)| value.as_str());
    let here = |org: &str| call.place.site == Site::Login || call.place.site == Site::Org(org.to_owned());
    match token.filter(|token| world.session(token, now).is_some_and(|session| here(&session.org))) {
        Some(token) => {
            world.end_session(token);
            Reply::text(200, "").row("6")
        }
        None => Reply::form(400, &[("error", "invalid_token"), ("error_description", "invalid token")]).row("6"),
    }
}

/// The discovery document (OpenID Connect Discovery 1.0 section 3).
fn well_known(origin: &str) -> Value {
    let endpoint = |path: &str| format!("{origin}{path}");
    json!({
        "issuer": origin,
        "authorization_endpoint": endpoint("/services/oauth2/authorize"),
        "token_endpoint": endpoint("/services/oauth2/token"),
        "revocation_endpoint": endpoint("/services/oauth2/revoke"),
        "userinfo_endpoint": endpoint("/services/oauth2/userinfo"),
        "jwks_uri": endpoint("/id/keys"),
        "scopes_supported": ["api", "full", "id", "offline_access", "openid", "profile", "refresh_token", "web"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, addresses, answer, get, log_in, post, world};
    use super::*;

    const ACME: &str = "acme.localhost:4000";

    #[test]
    fn a_token_response_has_what_salesforce_s_has() {
        let mut world = world();
        let body = log_in(&mut world, "service-a", "acme").unwrap();
        let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["access_token", "scope", "instance_url", "id", "token_type"]);
        let org = &world.orgs["acme"];
        assert!(body["access_token"].as_str().unwrap().starts_with(&format!("{}!", &org.id[..15])));
        let user = &org.users["integration@acme.example"];
        assert_eq!(body["id"], format!("http://127.0.0.1:4000/id/{}/{}", org.id, user.id));
        assert_eq!((body["scope"].as_str(), body["token_type"].as_str()), (Some("api web openid"), Some("Bearer")));
    }

    #[test]
    fn a_jwt_token_says_who_when_and_by_which_key() {
        let mut world = world();
        world.token_key = super::super::session::TokenKey::generate();
        world.apps.get_mut("service-a").unwrap().jwt_timeout = Some(std::time::Duration::from_secs(600));
        let body = log_in(&mut world, "service-a", "acme").unwrap();
        assert_eq!(body["token_format"], "jwt");
        let token = body["access_token"].as_str().unwrap().to_owned();
        let jwks = answer(&mut world, &get(ACME, "/id/keys", None)).body;
        let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&jwks).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.set_audience(&["http://acme.localhost:4000"]);
        validation.validate_exp = false; // the emulator's clock stands still here
        let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
        assert_eq!(claims["exp"], NOW.0 + 600);
        assert_eq!(answer(&mut world, &get(ACME, "/services/oauth2/userinfo", Some(&token))).status, 200);
    }

    #[test]
    fn refusals_come_as_the_reference_has_them() {
        let mut world = world();
        let error = log_in(&mut world, "service-a", "globex").unwrap_err();
        assert_eq!(error, json!({"error": "invalid_client", "error_description": "app must be installed into org"}));
        let reply = answer(&mut world, &get(ACME, "/services/oauth2/token", None));
        assert_eq!((reply.status, reply.row), (400, Some("2.1 #22")));
        assert_eq!(world.logins.last().map(|login| login.status), Some("Failed: Not approved for access"));
    }

    #[test]
    fn userinfo_and_identity_refuse_in_plain_text() {
        let mut world = world();
        let token = log_in(&mut world, "service-a", "acme").unwrap();
        let (path, token) = (token["id"].as_str().unwrap(), token["access_token"].as_str().unwrap());
        let path = path.strip_prefix("http://127.0.0.1:4000").unwrap().to_owned();
        let elsewhere = path.replace(&world.orgs["acme"].id, &world.orgs["globex"].id);
        let nobody = format!("{}x", &path[..path.len() - 8]);
        for (host, path, token, status, body) in [
            (ACME, "/services/oauth2/userinfo", None, 403, "Missing_OAuth_Token"),
            (ACME, "/services/oauth2/userinfo", Some("00D!x"), 403, "Bad_OAuth_Token"),
            ("globex.localhost:4000", "/services/oauth2/userinfo", Some(token), 403, "Bad_OAuth_Token"),
            (ACME, "/services/oauth2/userinfo", Some(token), 200, "preferred_username"),
            ("127.0.0.1:4000", "/services/oauth2/userinfo", Some(token), 200, "organization_id"),
            ("127.0.0.1:4000", path.as_str(), Some(token), 200, "display_name"),
            (ACME, path.as_str(), Some(token), 200, "display_name"),
            (ACME, path.as_str(), None, 403, "Missing_OAuth_Token"),
            (ACME, elsewhere.as_str(), Some(token), 403, "Wrong_Org"),
            (ACME, nobody.as_str(), Some(token), 404, "Bad_Id"),
        ] {
            let reply = answer(&mut world, &get(host, path, token));
            assert_eq!(reply.status, status, "{path} {}", reply.body);
            assert!(reply.body.contains(body), "{path} {}", reply.body);
        }
    }

    #[test]
    fn a_revoked_or_expired_token_is_dead() {
        let mut world = world();
        let token = log_in(&mut world, "service-a", "acme").unwrap()["access_token"].as_str().unwrap().to_owned();
        let userinfo = get(ACME, "/services/oauth2/userinfo", Some(&token));
        assert_eq!(answer(&mut world, &userinfo).status, 200);
        let later = Timestamp(NOW.0 + 7200);
        assert_eq!(super::answer(&mut world, &addresses(), &userinfo, later).status, 403);
        let foreign = post("globex.localhost:4000", "/services/oauth2/revoke", &[("token", &token)]);
        assert_eq!(answer(&mut world, &foreign).status, 400);
        let revoke = post(ACME, "/services/oauth2/revoke", &[("token", &token)]);
        assert_eq!(answer(&mut world, &revoke).status, 200);
        assert_eq!(answer(&mut world, &userinfo).status, 403);
        assert_eq!(answer(&mut world, &revoke).body, "error=invalid_token&error_description=invalid+token");
        assert_eq!(answer(&mut world, &get(ACME, "/services/oauth2/revoke", None)).status, 405);
    }

    #[test]
    fn sessions_are_shared_where_the_world_says_so() {
        let mut world = world();
        let mut token = || log_in(&mut world, "service-a", "acme").unwrap()["access_token"].clone();
        assert_ne!(token(), token());
        world.behaviour.shared_sessions = true;
        let mut token = || log_in(&mut world, "service-a", "acme").unwrap()["access_token"].clone();
        assert_eq!(token(), token());
    }

    #[test]
    fn the_well_known_document_names_this_origin() {
        let document = answer(&mut world(), &get(ACME, "/.well-known/openid-configuration", None)).body;
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["issuer"], "http://acme.localhost:4000");
        assert_eq!(document["token_endpoint"], "http://acme.localhost:4000/services/oauth2/token");
    }
}
