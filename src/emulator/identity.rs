//! Who a token belongs to: the userinfo endpoint and the identity URL. Both refuse with 403 and one word of plain text
//! (reference 6).

use super::address::{Addresses, Site};
use super::call::{Call, Reply};
use super::id;
use super::session::Session;
use super::world::{Org, User, UserStatus, World};
use crate::time::Timestamp;
use serde_json::{Map, Value, json};

/// Scopes that open these documents; `api` does in practice.
const SCOPES: [&str; 6] = ["openid", "id", "profile", "email", "api", "web"];

/// `GET /services/oauth2/userinfo`.
pub(super) fn userinfo(world: &World, addresses: &Addresses, call: &Call, now: Timestamp) -> Reply {
    match bearer(world, call, now) {
        Ok((org, user, _)) => Reply::json(200, &userinfo_document(org, user, addresses, call)).row("6"),
        Err(reply) => reply,
    }
}

/// `GET /id/ORG/USER`, the `id` of a token response.
pub(super) fn identity(
    world: &World,
    addresses: &Addresses,
    call: &Call,
    (org_id, user_id): (&str, &str),
    now: Timestamp,
) -> Reply {
    let (org, user) = match bearer(world, call, now) {
        Ok((org, user, _)) => (org, user),
        Err(reply) => return reply,
    };
    if !id::same(&org.id, org_id) {
        return Reply::text(403, "Wrong_Org").row("6");
    }
    if !id::same(&user.id, user_id) {
        return Reply::text(404, "Bad_Id").row("6");
    }
    Reply::json(200, &identity_document(org, user, addresses, call)).row("6")
}

fn bearer<'w>(world: &'w World, call: &Call, now: Timestamp) -> Result<(&'w Org, &'w User, &'w Session), Reply> {
    let no = |word| Err(Reply::text(403, word).row("6"));
    let Some(token) = call.token() else { return no("Missing_OAuth_Token") };
    let session = world.session(token, now).filter(|session| session.has_scope(&SCOPES));
    let found = session.and_then(|session| {
        let org = world.orgs.get(&session.org)?;
        Some((org, org.users.get(&session.username)?, session))
    });
    match found {
        Some((org, user, session)) if here(&call.place.site, &org.name) => Ok((org, user, session)),
        _ => no("Bad_OAuth_Token"),
    }
}

fn here(site: &Site, org: &str) -> bool {
    match site {
        Site::Login => true,
        Site::Org(name) => name == org,
    }
}

fn userinfo_document(org: &Org, user: &User, addresses: &Addresses, call: &Call) -> Value {
    let (first, last) = user.name.rsplit_once(' ').unwrap_or(("", &user.name));
    let instance = addresses.instance_url(&call.place, &org.name);
    json!({
        "sub": identity_url(org, user, addresses),
        "user_id": user.id, "organization_id": org.id, "preferred_username": user.username,
        "nickname": user.username, "name": user.name, "given_name": first, "family_name": last,
        "email": user.username, "email_verified": true, "zoneinfo": "GMT", "locale": "en_US", "language": "en_US",
        "utcOffset": 0, "user_type": "STANDARD", "active": user.status == UserStatus::Active,
        "profile": format!("{instance}/{}", user.id), "urls": urls(&instance, org, user),
    })
}

fn identity_document(org: &Org, user: &User, addresses: &Addresses, call: &Call) -> Value {
    let (first, last) = user.name.rsplit_once(' ').unwrap_or(("", &user.name));
    let instance = addresses.instance_url(&call.place, &org.name);
    json!({
        "id": identity_url(org, user, addresses), "asserted_user": true,
        "user_id": user.id, "organization_id": org.id, "username": user.username, "nick_name": user.username,
        "display_name": user.name, "first_name": first, "last_name": last, "email": user.username,
        "email_verified": true, "timezone": "GMT", "locale": "en_US", "language": "en_US", "utcOffset": 0,
        "user_type": "STANDARD", "active": user.status == UserStatus::Active, "is_app_installed": true,
        "urls": urls(&instance, org, user),
    })
}

/// The identity URL: on the host that stands for `login.salesforce.com`, whichever host the login used.
pub(super) fn identity_url(org: &Org, user: &User, addresses: &Addresses) -> String {
    format!("{}/id/{}/{}", addresses.login_url(), org.id, user.id)
}

fn urls(instance: &str, org: &Org, user: &User) -> Value {
    let mut urls: Map<String, Value> = [
        ("rest", ""),
        ("sobjects", "sobjects/"),
        ("search", "search/"),
        ("query", "query/"),
        ("recent", "recent/"),
        ("tooling_rest", "tooling/"),
    ]
    .into_iter()
    .map(|(name, path)| (name.to_owned(), format!("{instance}/services/data/v{{version}}/{path}").into()))
    .collect();
    for (name, kind) in [("enterprise", "c"), ("partner", "u"), ("metadata", "m"), ("tooling_soap", "T")] {
        let url =
            format!("{instance}/services/Soap/{kind}/{{version}}/{}", &org.id.chars().take(15).collect::<String>());
        urls.insert(name.to_owned(), url.into());
    }
    urls.insert("profile".to_owned(), format!("{instance}/{}", user.id).into());
    urls.insert("custom_domain".to_owned(), instance.into());
    urls.into()
}
