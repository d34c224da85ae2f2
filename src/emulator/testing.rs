//! The built-in world and good assertions for it, for the emulator's own tests.

use super::address::{Addresses, Place};
use super::call::{Call, Reply};
use super::certificate::Certificate;
use super::certificate::tests::{key, sign};
use super::site;
use super::world::World;
use super::world_file::{self, Sources};
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// 2026-11-22T10:22:11Z.
pub(super) const NOW: Timestamp = Timestamp(1_795_342_931);

pub(super) struct TestSources;

impl Sources for TestSources {
    fn certificate(&self, _: &str) -> Result<String, String> {
        Err("no such file".into())
    }
    fn default_certificate(&self) -> crate::error::Result<Certificate> {
        Ok(key().1.clone())
    }
}

pub(super) fn world() -> World {
    world_file::read(world_file::BUILT_IN, &TestSources).unwrap()
}

/// The login host at 4000, the orgs from 4001 on, in the order of their names.
pub(super) fn addresses() -> Addresses {
    Addresses { login_port: 4000, orgs: world().orgs.into_keys().zip(4001..).collect() }
}

pub(super) fn place(host: &str) -> Place {
    let port = host.rsplit_once(':').unwrap().1.parse().unwrap();
    addresses().locate(port, host).unwrap()
}

/// Claims that are good for an app and the integration user of an org.
pub(super) fn claims(world: &World, app: &str, org: &str) -> Value {
    static JTI: AtomicU32 = AtomicU32::new(0);
    let (app, org) = (&world.apps[app], &world.orgs[org]);
    let user = org.users.keys().find(|name| name.starts_with("integration")).unwrap();
    let iss = world.consumer_in(app, org).map_or("", |consumer| &consumer.client_id);
    json!({
        "iss": iss, "sub": user, "aud": format!("http://{}.localhost:4000", org.name), "iat": NOW.0,
        "exp": NOW.0 + 180, "jti": JTI.fetch_add(1, Ordering::Relaxed).to_string(),
    })
}

pub(super) fn assertion(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(&key().0, &signed));
    format!("{signed}.{signature}")
}

/// A call without a body. The path may have a query.
pub(super) fn get(host: &str, path: &str, token: Option<&str>) -> Call {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Call {
        place: place(host),
        method: "GET".into(),
        segments: path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        content_type: String::new(),
        authorization: token.map(|token| format!("Bearer {token}")),
        body: Vec::new(),
        from: [127, 0, 0, 1].into(),
    }
}

/// A form that is sent.
pub(super) fn post(host: &str, path: &str, fields: &[(&str, &str)]) -> Call {
    Call {
        method: "POST".into(),
        content_type: "application/x-www-form-urlencoded".into(),
        body: url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into(),
        ..get(host, path, None)
    }
}

/// Answers a call now.
pub(super) fn answer(world: &mut World, call: &Call) -> Reply {
    site::answer(world, &addresses(), call, NOW)
}

/// Logs in and answers with the token response.
pub(super) fn log_in(world: &mut World, app: &str, org: &str) -> Result<Value, Value> {
    let assertion = assertion(&claims(world, app, org));
    let fields = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
    let reply = answer(world, &post(&format!("{org}.localhost:4000"), "/services/oauth2/token", &fields));
    let body = serde_json::from_str(&reply.body).unwrap();
    if reply.status == 200 { Ok(body) } else { Err(body) }
}
