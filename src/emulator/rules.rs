//! What Salesforce would answer to a token request: a pure function of the world, the request and the time.
//!
//! The order follows what is known of it (reference 2.1): the request's form, the assertion's form, the consumer, the
//! signature, audience and expiry (a wrong audience is only reported for a good signature), then the user, the org and
//! whether this app lets this user in. Each refusal carries the words of a row of that table.

use super::address::{Addresses, Place, Site};
use super::assertion::Assertion;
use super::world::{App, Behaviour, Installation, Org, PermittedUsers, User, UserStatus, World};
use crate::app::app_kind::AppKind;
use crate::error::Reason;
use crate::oauth::login_host::{LOGIN, TEST};
use crate::oauth::refusal::{Wording, wording};
use crate::time::Timestamp;
use std::net::IpAddr;
use std::time::Duration;

/// The grant type of the flow (RFC 7523 section 2.1).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A request to the token endpoint.
pub(super) struct TokenRequest<'a> {
    /// Where it arrived.
    pub(super) place: &'a Place,
    /// How the emulator's hosts are called.
    pub(super) addresses: &'a Addresses,
    /// Whether its method is POST.
    pub(super) is_post: bool,
    /// The form of its body; `None` when the body is not a form.
    pub(super) form: Option<&'a [(String, String)]>,
    /// The client's address.
    pub(super) from: IpAddr,
}

/// The answer, and what the request changed.
#[derive(Debug)]
pub(super) struct Decision {
    /// Yes or no.
    pub(super) verdict: Result<Grant, Refusal>,
    /// The org, user and app, once they are known: this counts as a login.
    pub(super) login: Option<(String, String, String)>,
    /// The assertion's (`iss`, `jti`), once its signature was good: it is spent now.
    pub(super) spent: Option<(String, String)>,
}

/// A token is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// The org's name.
    pub(super) org: String,
    /// The username.
    pub(super) username: String,
    /// The app's name.
    pub(super) app: String,
    /// The consumer key that was used.
    pub(super) client_id: String,
    /// The scopes of the token.
    pub(super) scopes: Vec<String>,
    /// Where the API is.
    pub(super) instance_url: String,
    /// How long the token lives.
    pub(super) lifetime: Duration,
    /// Whether the token is a JWT.
    pub(super) jwt: bool,
}

/// A token is refused.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// The reason by our catalogue.
    pub(super) reason: Reason,
    /// Salesforce's words, and the row of the reference they come from.
    pub(super) wording: Wording,
    /// What was wrong in this world, for the emulator's own log: Salesforce does not tell.
    pub(super) why: String,
}

fn refuse<T>(reason: Reason, why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, None, why))
}

impl Refusal {
    /// A refusal in the words of our catalogue; where it has several for a reason, those with this `error`.
    pub(super) fn new(reason: Reason, error: Option<&str>, why: impl Into<String>) -> Self {
        Refusal { reason, wording: wording(reason, error), why: why.into() }
    }
}

/// Decides on a token request.
pub(super) fn decide(world: &World, request: &TokenRequest<'_>, now: Timestamp) -> Decision {
    let mut decision = Decision { verdict: refuse(Reason::ServerError, ""), login: None, spent: None };
    decision.verdict = judge(world, request, now, &mut decision.login, &mut decision.spent);
    decision
}

fn judge(
    world: &World,
    request: &TokenRequest<'_>,
    now: Timestamp,
    login: &mut Option<(String, String, String)>,
    spent: &mut Option<(String, String)>,
) -> Result<Grant, Refusal> {
    let assertion = match Assertion::read(assertion_of(request)?) {
        Ok(assertion) => assertion,
        Err(why) => return refuse(Reason::AssertionInvalid, format!("the assertion is not usable: {why}")),
    };
    let place = &request.place.site;
    let Some((app, consumer_org, consumer)) = world.consumer(&assertion.iss) else {
        return refuse(Reason::ClientIdUnknown, "no app has this consumer key");
    };
    let user = world.user(&assertion.sub);
    if app.kind.is_external_client_app() {
        let org = match place {
            Site::Org(name) => world.orgs.get(name),
            Site::Login => user.map(|(org, _)| org),
        };
        eca_is_here(&world.behaviour, app, consumer_org, org, request.place, assertion.aud.as_deref())?;
    }
    match &consumer.certificate {
        None => return refuse(Reason::AssertionInvalid, "the app has no certificate: digital signatures are off"),
        Some(certificate) if !certificate.verifies(assertion.signed.as_bytes(), &assertion.signature) => {
            return refuse(Reason::AssertionInvalid, "the signature is not by the app's certificate");
        }
        Some(_) => {}
    }
    let replayed = assertion.jti.as_ref().map(|jti| (assertion.iss.clone(), jti.clone()));
    spent.clone_from(&replayed);

    let org = match (place, user) {
        (Site::Org(name), _) => world.orgs.get(name),
        (Site::Login, user) => user.map(|(org, _)| org),
    };
    let user = user.filter(|(of, _)| org.is_some_and(|org| org.name == of.name)).map(|(_, user)| user);
    if !audience_accepted(request.addresses, place, org, assertion.aud.as_deref()) {
        return refuse(Reason::AudienceInvalid, "aud is not one string that names this org or its login host");
    }
    not_expired(&world.behaviour, assertion.exp, now)?;
    if world.behaviour.refuse_replay && replayed.is_some_and(|jti| world.spent.contains(&jti)) {
        return refuse(Reason::AssertionInvalid, "an assertion with this jti was sent before (reference 10)");
    }
    let (Some(org), Some(user)) = (org, user) else {
        return refuse(world.behaviour.unknown_user, "sub is not a user here");
    };
    *login = Some((org.name.clone(), user.username.clone(), app.name.clone()));
    may_log_in(world, org, user, place, now)?;
    let here = installed(app, org, user)?;
    let enforce_ip = here.is_none_or(|here| here.enforce_ip);
    from_here_and_now(org, user, request.from, enforce_ip, now)?;
    permitted(&world.behaviour, app, org, user, here)?;
    let scopes = scopes(app, assertion.scope.as_deref())?;
    Ok(Grant {
        org: org.name.clone(),
        username: user.username.clone(),
        app: app.name.clone(),
        client_id: assertion.iss,
        scopes,
        instance_url: request.addresses.instance_url(request.place, &org.name),
        lifetime: app.jwt_timeout.or(here.and_then(|here| here.session_timeout)).unwrap_or(org.session_timeout),
        jwt: app.jwt_timeout.is_some(),
    })
}

/// The request's form: rows 21 and 22.
fn assertion_of<'a>(request: &TokenRequest<'a>) -> Result<&'a str, Refusal> {
    if !request.is_post {
        return refuse(Reason::BadRequest, "the method is not POST");
    }
    let Some(form) = request.form else {
        return refuse(Reason::WrongHost, "the body is not application/x-www-form-urlencoded");
    };
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    if field("grant_type") != Some(JWT_BEARER) {
        return refuse(Reason::WrongHost, "grant_type is missing or another one");
    }
    match field("assertion") {
        Some(assertion) => Ok(assertion),
        None => refuse(Reason::AssertionInvalid, "there is no assertion"),
    }
}

/// Row 10: an External Client App is looked up in the org, so neither the login host nor a foreign org finds it. A
/// sandbox wants its own My Domain as audience, too (reference 1.4).
fn eca_is_here(
    behaviour: &Behaviour,
    app: &App,
    consumer_org: Option<&Org>,
    org: Option<&Org>,
    place: &Place,
    aud: Option<&str>,
) -> Result<(), Refusal> {
    let not_found = |why: String| refuse(Reason::AppNotInOrg, why);
    if behaviour.eca_needs_my_domain {
        if place.site == Site::Login {
            return not_found("an External Client App needs the org's My Domain, not the login host".into());
        }
        if aud == Some(TEST) && org.is_some_and(|org| org.sandbox) {
            return not_found("in a sandbox, an External Client App needs the org's My Domain as aud".into());
        }
    }
    let Some(org) = org else {
        return not_found("no org is known by this host or sub".into());
    };
    match (consumer_org, org.installed.contains_key(&app.name)) {
        (Some(owner), _) if owner.name != org.name => {
            not_found(format!("this consumer of {} belongs to {}", app.name, owner.name))
        }
        (None, _) if app.kind == AppKind::EcaPackagedOwn && app.owner != org.name => {
            not_found(format!("{} has a consumer of its own in {}", app.name, org.name))
        }
        (_, false) => not_found(format!("{} is not installed in {}", app.name, org.name)),
        _ => Ok(()),
    }
}

/// Row 3: `aud` is the org itself in any of its forms, the login host, or the generic audience of such orgs, exactly as
/// an origin.
fn audience_accepted(addresses: &Addresses, place: &Site, org: Option<&Org>, aud: Option<&str>) -> bool {
    let Some(aud) = aud else { return false };
    let mut accepted = addresses.origins(&Site::Login);
    match org {
        Some(org) => {
            accepted.push(org.generic_audience().to_owned());
            if org.own_audience {
                accepted.extend(addresses.origins(&Site::Org(org.name.clone())));
            }
        }
        None if *place == Site::Login => {
            accepted.extend([LOGIN.into(), TEST.into()]);
        }
        None => {}
    }
    accepted.iter().any(|origin| origin == aud)
}

/// Row 8, with the tolerances of reference 1.3.
fn not_expired(behaviour: &Behaviour, exp: Option<i64>, now: Timestamp) -> Result<(), Refusal> {
    let Some(exp) = exp else {
        return refuse(Reason::AssertionInvalid, "exp is missing or not a number of seconds");
    };
    if now > Timestamp(exp).plus(behaviour.expiry_tolerance) {
        let late = now.seconds_since(Timestamp(exp));
        return refuse(Reason::AssertionExpired, format!("exp was {late} s ago"));
    }
    match behaviour.expiry_limit {
        Some(limit) if Timestamp(exp) > now.plus(limit) => {
            refuse(Reason::AssertionInvalid, "exp is further ahead than the world's expiry-limit")
        }
        _ => Ok(()),
    }
}

/// Rows 16 to 20 and 23: the org and the user may log in at all.
fn may_log_in(world: &World, org: &Org, user: &User, place: &Site, now: Timestamp) -> Result<(), Refusal> {
    if org.locked {
        return refuse(Reason::OrgInactive, format!("{} is locked", org.name));
    }
    if *place == Site::Login && !org.login_host {
        let why = format!("{} allows logins on its My Domain only", org.name);
        return Err(Refusal::new(Reason::WrongHost, Some("invalid_grant"), why));
    }
    match user.status {
        UserStatus::Active => {}
        UserStatus::Inactive => return refuse(Reason::UserInactive, "the user is deactivated"),
        UserStatus::Frozen => return refuse(Reason::UserInactive, "the user is frozen"),
        UserStatus::Locked => return refuse(Reason::UserLocked, "the user is locked out"),
    }
    if let Some(reason) = user.refusal {
        return refuse(reason, "the world says so: the user's `refusal`");
    }
    if world.recent_logins(&user.username, now) >= world.behaviour.logins_per_hour {
        return refuse(Reason::LoginRateExceeded, "too many logins of this user in an hour");
    }
    Ok(())
}

/// Row 11: since September 2025 a connected app has to be installed, except for users with one of two permissions.
fn installed<'w>(app: &App, org: &'w Org, user: &User) -> Result<Option<&'w Installation>, Refusal> {
    let here = org.installed.get(&app.name);
    if here.is_none() && !user.approve_uninstalled_apps && !user.use_any_api_client {
        return refuse(Reason::AppNotInstalled, format!("{} is not installed in {}", app.name, org.name));
    }
    Ok(here)
}

/// Rows 14 and 15: the profile's addresses, unless the app's policy relaxes them, and its hours.
fn from_here_and_now(org: &Org, user: &User, from: IpAddr, enforce_ip: bool, now: Timestamp) -> Result<(), Refusal> {
    let Some(profile) = org.profiles.get(&user.profile) else { return Ok(()) };
    let ranges = &profile.login_ip_ranges;
    if enforce_ip && !ranges.is_empty() && !ranges.iter().any(|range| range.contains(from)) {
        return refuse(Reason::IpRestricted, format!("{from} is not in the profile's login ip ranges"));
    }
    if profile.login_hours.is_some_and(|hours| !hours.contain(now)) {
        return refuse(Reason::LoginHours, format!("{now} is outside the profile's login hours"));
    }
    Ok(())
}

/// Rows 1 and 2: the app's policy "Permitted Users".
fn permitted(
    behaviour: &Behaviour,
    app: &App,
    org: &Org,
    user: &User,
    here: Option<&Installation>,
) -> Result<(), Refusal> {
    if !app.scopes.iter().any(|scope| is_refresh_scope(scope)) {
        return refuse(Reason::UserNotApproved, "the app lacks the scope refresh_token (row 1, cause f)");
    }
    match here.map(|here| (here.permitted_users, here)) {
        Some((PermittedUsers::AdminApproved, here)) => {
            if user.use_any_api_client || org.assigned(here, user) {
                return Ok(());
            }
            let why = "no permission set or profile of the user is assigned to the app";
            refuse(behaviour.unassigned_user, why)
        }
        Some((PermittedUsers::SelfAuthorized, here)) if here.approved_by.contains(&user.username) => Ok(()),
        _ => refuse(
            Reason::UserNotApproved,
            "all users may self-authorize, and this one never did (row 1, cause a): the policy is not yet \
             \"Admin approved users are pre-authorized\"",
        ),
    }
}

fn is_refresh_scope(scope: &str) -> bool {
    matches!(scope, "refresh_token" | "offline_access")
}

/// Rows 13 and 25: the app's scopes, narrowed to those asked for. Scopes for refreshing are not part of a token, for
/// the flow never gives a refresh token.
fn scopes(app: &App, asked: Option<&str>) -> Result<Vec<String>, Refusal> {
    let granted: Vec<_> = app.scopes.iter().filter(|scope| !is_refresh_scope(scope)).cloned().collect();
    if granted.is_empty() {
        return refuse(Reason::ScopesMissing, "the app has no scope besides refresh_token");
    }
    let Some(asked) = asked else { return Ok(granted) };
    let asked: Vec<_> = asked.split_ascii_whitespace().map(str::to_owned).collect();
    match asked.iter().find(|scope| !app.scopes.contains(scope)) {
        Some(_) => refuse(Reason::ScopeInvalid, "a scope was asked for that the app does not have"),
        None => Ok(asked),
    }
}

#[cfg(test)]
mod tests {
    use super::super::certificate::tests::{key, sign};
    use super::super::testing::{NOW, addresses, assertion, claims, place, world};
    use super::super::world::{IpRange, LoginHours};
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    type Case<'a> = (&'a str, &'a str, fn(&mut World), fn(&mut Value), Result<(), Reason>);

    const SAME_WORLD: fn(&mut World) = |_| {};
    const SAME_CLAIMS: fn(&mut Value) = |_| {};

    fn ask(world: &World, host: &str, assertion: &str) -> Decision {
        let form = [("grant_type".to_owned(), JWT_BEARER.to_owned()), ("assertion".to_owned(), assertion.to_owned())];
        let (place, addresses) = (place(host), addresses());
        let from = IpAddr::from([127, 0, 0, 1]);
        let request = TokenRequest { place: &place, addresses: &addresses, is_post: true, form: Some(&form), from };
        decide(world, &request, NOW)
    }

    fn check(cases: &[Case<'_>]) {
        for (row, host, world_change, claims_change, expected) in cases {
            let mut world = world();
            world_change(&mut world);
            let mut claims = claims(&world, "service-a", "acme");
            claims_change(&mut claims);
            let verdict = ask(&world, host, &assertion(&claims)).verdict;
            let said = verdict.map(|_| ()).map_err(|refusal| (refusal.reason, refusal.why));
            assert_eq!(said.clone().map_err(|(reason, _)| reason), *expected, "{row} at {host}: {said:?}");
        }
    }

    fn acme(world: &mut World) -> &mut Org {
        world.orgs.get_mut("acme").unwrap()
    }

    fn user(world: &mut World) -> &mut User {
        acme(world).users.get_mut("integration@acme.example").unwrap()
    }

    fn here(world: &mut World) -> &mut Installation {
        acme(world).installed.get_mut("service-a").unwrap()
    }

    const ACME: &str = "acme.localhost:4000";
    const LOGIN: &str = "127.0.0.1:4000";

    #[test]
    fn hosts_and_audiences() {
        let aud = Err(Reason::AudienceInvalid);
        check(&[
            ("1.4 own My Domain", ACME, SAME_WORLD, SAME_CLAIMS, Ok(())),
            ("1.4 own address", "127.0.0.1:4001", SAME_WORLD, |c| c["aud"] = "http://127.0.0.1:4001".into(), Ok(())),
            ("1.4 either form of itself", ACME, SAME_WORLD, |c| c["aud"] = "http://127.0.0.1:4001".into(), Ok(())),
            ("1.4 login host", LOGIN, SAME_WORLD, |c| c["aud"] = "http://127.0.0.1:4000".into(), Ok(())),
            ("1.4 own host, login aud", ACME, SAME_WORLD, |c| c["aud"] = "http://127.0.0.1:4000".into(), Ok(())),
            ("1.4 production", ACME, SAME_WORLD, |c| c["aud"] = "https://login.salesforce.com".into(), Ok(())),
            ("#3 environment", ACME, SAME_WORLD, |c| c["aud"] = "https://test.salesforce.com".into(), aud),
            (
                "1.4 sandbox",
                ACME,
                |w| acme(w).sandbox = true,
                |c| c["aud"] = "https://test.salesforce.com".into(),
                Ok(()),
            ),
            ("#3 another org", ACME, SAME_WORLD, |c| c["aud"] = "http://globex.localhost:4000".into(), aud),
            ("#3 array", ACME, SAME_WORLD, |c| c["aud"] = json!(["http://acme.localhost:4000"]), aud),
            ("#3 no scheme", ACME, SAME_WORLD, |c| c["aud"] = "acme.localhost:4000".into(), aud),
            (
                "#3 path",
                ACME,
                SAME_WORLD,
                |c| c["aud"] = "http://acme.localhost:4000/services/oauth2/token".into(),
                aud,
            ),
            ("#3 slash", ACME, SAME_WORLD, |c| c["aud"] = "http://acme.localhost:4000/".into(), aud),
            ("#3 https", ACME, SAME_WORLD, |c| c["aud"] = "https://acme.localhost:4000".into(), aud),
            ("#3 missing", ACME, SAME_WORLD, |c| c["aud"] = Value::Null, aud),
            ("1.4 older orgs", ACME, |w| acme(w).own_audience = false, SAME_CLAIMS, aud),
            (
                "#23",
                LOGIN,
                |w| acme(w).login_host = false,
                |c| c["aud"] = "http://127.0.0.1:4000".into(),
                Err(Reason::WrongHost),
            ),
            ("5 login policy, My Domain", ACME, |w| acme(w).login_host = false, SAME_CLAIMS, Ok(())),
        ]);
    }

    #[test]
    fn times_are_as_tolerant_as_salesforce() {
        let expired = Err(Reason::AssertionExpired);
        check(&[
            ("1.3 now", ACME, SAME_WORLD, |c| c["exp"] = NOW.0.into(), Ok(())),
            ("1.3 just past", ACME, SAME_WORLD, |c| c["exp"] = (NOW.0 - 180).into(), Ok(())),
            ("#8", ACME, SAME_WORLD, |c| c["exp"] = (NOW.0 - 181).into(), expired),
            ("1.3 string", ACME, SAME_WORLD, |c| c["exp"] = (NOW.0 + 180).to_string().into(), Ok(())),
            ("1.3 milliseconds", ACME, SAME_WORLD, |c| c["exp"] = (NOW.0 * 1000 + 300).into(), Ok(())),
            ("#5 no exp", ACME, SAME_WORLD, |c| c["exp"] = Value::Null, Err(Reason::AssertionInvalid)),
            (
                "1.3 a limit, when the world says so",
                ACME,
                |w| w.behaviour.expiry_limit = Some(Duration::from_secs(300)),
                |c| c["exp"] = (NOW.0 + 301).into(),
                Err(Reason::AssertionInvalid),
            ),
            (
                "1.3 no tolerance",
                ACME,
                |w| w.behaviour.expiry_tolerance = Duration::ZERO,
                |c| c["exp"] = (NOW.0 - 1).into(),
                expired,
            ),
        ]);
    }

    #[test]
    fn users_orgs_and_policies() {
        let login_host = |c: &mut Value| c["aud"] = "http://127.0.0.1:4000".into();
        check(&[
            (
                "#1 (a)",
                ACME,
                |w| here(w).permitted_users = PermittedUsers::SelfAuthorized,
                SAME_CLAIMS,
                Err(Reason::UserNotApproved),
            ),
            (
                "1.7 (b)",
                ACME,
                |w| {
                    here(w).permitted_users = PermittedUsers::SelfAuthorized;
                    here(w).approved_by.insert("integration@acme.example".into());
                },
                SAME_CLAIMS,
                Ok(()),
            ),
            (
                "#1 (e)",
                ACME,
                SAME_WORLD,
                |c| c["sub"] = "integration@globex.example".into(),
                Err(Reason::UserNotApproved),
            ),
            (
                "#1 unknown user",
                LOGIN,
                SAME_WORLD,
                |c| {
                    c["sub"] = "nobody@acme.example".into();
                    c["aud"] = "http://127.0.0.1:4000".into();
                },
                Err(Reason::UserNotApproved),
            ),
            (
                "#18",
                ACME,
                |w| w.behaviour.unknown_user = Reason::UserUnknown,
                |c| c["sub"] = "nobody@acme.example".into(),
                Err(Reason::UserUnknown),
            ),
            (
                "#1 (f)",
                ACME,
                |w| w.apps.get_mut("service-a").unwrap().scopes = vec!["api".into()],
                SAME_CLAIMS,
                Err(Reason::UserNotApproved),
            ),
            (
                "#2",
                ACME,
                SAME_WORLD,
                |c| c["sub"] = "unassigned@acme.example".into(),
                Err(Reason::UserNotAdminApproved),
            ),
            (
                "#1 (b)",
                ACME,
                |w| w.behaviour.unassigned_user = Reason::UserNotApproved,
                |c| c["sub"] = "unassigned@acme.example".into(),
                Err(Reason::UserNotApproved),
            ),
            (
                "4.4 any API client",
                ACME,
                |w| {
                    user(w).permission_sets.clear();
                    user(w).use_any_api_client = true;
                },
                SAME_CLAIMS,
                Ok(()),
            ),
            (
                "1.7 by profile",
                ACME,
                |w| {
                    let profile = user(w).profile.clone();
                    user(w).permission_sets.clear();
                    here(w).profiles.insert(profile);
                },
                SAME_CLAIMS,
                Ok(()),
            ),
            (
                "#11",
                ACME,
                |w| {
                    acme(w).installed.remove("service-a");
                },
                SAME_CLAIMS,
                Err(Reason::AppNotInstalled),
            ),
            (
                "#11 at the login host",
                LOGIN,
                |w| {
                    acme(w).installed.remove("service-a");
                },
                login_host,
                Err(Reason::AppNotInstalled),
            ),
            (
                "5 approve uninstalled",
                ACME,
                |w| {
                    acme(w).installed.remove("service-a");
                    user(w).approve_uninstalled_apps = true;
                },
                SAME_CLAIMS,
                Err(Reason::UserNotApproved),
            ),
            (
                "#13",
                ACME,
                |w| w.apps.get_mut("service-a").unwrap().scopes = vec!["refresh_token".into()],
                SAME_CLAIMS,
                Err(Reason::ScopesMissing),
            ),
            ("#14", ACME, |w| restrict(w, Some("10.0.0.1"), None), SAME_CLAIMS, Err(Reason::IpRestricted)),
            ("#14 in range", ACME, |w| restrict(w, Some("127.0.0.1"), None), SAME_CLAIMS, Ok(())),
            (
                "#14 relaxed",
                ACME,
                |w| {
                    restrict(w, Some("10.0.0.1"), None);
                    here(w).enforce_ip = false;
                },
                SAME_CLAIMS,
                Ok(()),
            ),
            ("#15", ACME, |w| restrict(w, None, Some(LoginHours(0, 60))), SAME_CLAIMS, Err(Reason::LoginHours)),
            ("#15 inside", ACME, |w| restrict(w, None, Some(LoginHours(0, 1440))), SAME_CLAIMS, Ok(())),
            ("#16", ACME, |w| user(w).status = UserStatus::Inactive, SAME_CLAIMS, Err(Reason::UserInactive)),
            ("#16 frozen", ACME, |w| user(w).status = UserStatus::Frozen, SAME_CLAIMS, Err(Reason::UserInactive)),
            ("#17", ACME, |w| user(w).status = UserStatus::Locked, SAME_CLAIMS, Err(Reason::UserLocked)),
            ("#19", ACME, |w| acme(w).locked = true, SAME_CLAIMS, Err(Reason::OrgInactive)),
            ("#20", ACME, |w| w.behaviour.logins_per_hour = 0, SAME_CLAIMS, Err(Reason::LoginRateExceeded)),
            (
                "#24",
                ACME,
                |w| user(w).refusal = Some(Reason::AuthenticationFailure),
                SAME_CLAIMS,
                Err(Reason::AuthenticationFailure),
            ),
            ("#25", ACME, SAME_WORLD, |c| c["scope"] = "api cdp_api".into(), Err(Reason::ScopeInvalid)),
            ("1.3 scope", ACME, SAME_WORLD, |c| c["scope"] = "api".into(), Ok(())),
            (
                "1.3 prn wins",
                ACME,
                SAME_WORLD,
                |c| {
                    c["sub"] = "nobody@acme.example".into();
                    c["prn"] = "integration@acme.example".into();
                },
                Ok(()),
            ),
        ]);
    }

    fn restrict(world: &mut World, address: Option<&str>, hours: Option<LoginHours>) {
        let profile = user(world).profile.clone();
        let profile = acme(world).profiles.get_mut(&profile).unwrap();
        profile.login_ip_ranges =
            address.map(|a| IpRange(a.parse().unwrap(), a.parse().unwrap())).into_iter().collect();
        profile.login_hours = hours;
    }

    #[test]
    fn consumers_and_signatures() {
        check(&[
            ("#9", ACME, SAME_WORLD, |c| c["iss"] = "3MVG9typo".into(), Err(Reason::ClientIdUnknown)),
            (
                "#9 white space",
                ACME,
                SAME_WORLD,
                |c| c["iss"] = format!("{}\n", c["iss"].as_str().unwrap()).into(),
                Err(Reason::ClientIdUnknown),
            ),
            (
                "#5 no digital signatures",
                ACME,
                |w| w.apps.get_mut("service-a").unwrap().consumer.certificate = None,
                SAME_CLAIMS,
                Err(Reason::AssertionInvalid),
            ),
        ]);
        let world = world();
        let good = assertion(&claims(&world, "service-a", "acme"));
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(sign(&key().0, "something else"));
        let cases = [
            ("#5 not a JWT", "-----BEGIN PRIVATE KEY-----".to_owned()),
            ("#5 another key or text", format!("{signed}.{other}")),
            ("#5 plain base64", format!("{signed}.{signature}==")),
            ("#5 no signature", format!("{signed}.")),
        ];
        for (row, text) in cases {
            assert_eq!(ask(&world, ACME, &text).verdict.unwrap_err().reason, Reason::AssertionInvalid, "{row}");
        }
        // a wrong audience is only told to the holder of the key
        let mut wrong = claims(&world, "service-a", "acme");
        wrong["aud"] = "https://evil.example".into();
        let text = assertion(&wrong).rsplit_once('.').map(|(signed, _)| format!("{signed}.{signature}")).unwrap();
        assert_eq!(ask(&world, ACME, &text).verdict.unwrap_err().reason, Reason::AssertionInvalid);
    }

    #[test]
    fn external_client_apps_live_in_their_orgs() {
        let world = world();
        let ask = |app: &str, org: &str, host: &str, aud: &str| {
            let mut claims = claims(&world, app, org);
            claims["aud"] = aud.into();
            super::tests::ask(&world, host, &assertion(&claims)).verdict.map(|_| ()).map_err(|refusal| refusal.reason)
        };
        let (acme, globex) = ("http://acme.localhost:4000", "http://globex.localhost:4000");
        for app in ["packaged", "own-key", "local"] {
            assert_eq!(ask(app, "acme", ACME, acme), Ok(()), "{app} at home");
            assert_eq!(ask(app, "acme", ACME, "http://127.0.0.1:4000"), Ok(()), "{app}, login host as aud");
            assert_eq!(ask(app, "acme", LOGIN, "http://127.0.0.1:4000"), Err(Reason::AppNotInOrg), "{app}, login host");
        }
        for app in ["packaged", "local"] {
            assert_eq!(
                ask(app, "globex", "globex.localhost:4000", globex),
                Err(Reason::AppNotInOrg),
                "{app} elsewhere"
            );
        }
        // the publisher's consumer is of no use where the org has its own, nor is acme's own one elsewhere
        let mut foreign = claims(&world, "own-key", "acme");
        foreign["iss"] = world.apps["own-key"].consumer.client_id.as_str().into();
        assert_eq!(
            super::tests::ask(&world, ACME, &assertion(&foreign)).verdict.unwrap_err().reason,
            Reason::AppNotInOrg
        );
        let mut foreign = claims(&world, "own-key", "acme");
        foreign["sub"] = "integration@globex.example".into();
        let verdict = super::tests::ask(&world, "globex.localhost:4000", &assertion(&foreign)).verdict;
        assert_eq!(verdict.unwrap_err().reason, Reason::AppNotInOrg);
    }

    #[test]
    fn the_form_has_to_be_right() {
        let world = world();
        let good = assertion(&claims(&world, "service-a", "acme"));
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let grant = || field("grant_type", JWT_BEARER);
        let cases = [
            ("#22", false, Some(vec![grant(), field("assertion", &good)]), Err(Reason::BadRequest)),
            ("#21 no form", true, None, Err(Reason::WrongHost)),
            ("#21 no grant type", true, Some(vec![field("assertion", &good)]), Err(Reason::WrongHost)),
            (
                "#21 another",
                true,
                Some(vec![field("grant_type", "password"), field("assertion", &good)]),
                Err(Reason::WrongHost),
            ),
            ("#5 nothing asserted", true, Some(vec![grant()]), Err(Reason::AssertionInvalid)),
            (
                "1.1 a client_id does no harm",
                true,
                Some(vec![grant(), field("client_id", "x"), field("assertion", &good)]),
                Ok(()),
            ),
        ];
        for (row, is_post, form, expected) in cases {
            let (place, addresses) = (place(ACME), addresses());
            let from = IpAddr::from([127, 0, 0, 1]);
            let request = TokenRequest { place: &place, addresses: &addresses, is_post, form: form.as_deref(), from };
            assert_eq!(decide(&world, &request, NOW).verdict.map(|_| ()).map_err(|r| r.reason), expected, "{row}");
        }
    }

    #[test]
    fn an_assertion_is_spent_once_its_signature_was_good() {
        let mut world = world();
        let claims = claims(&world, "service-a", "acme");
        let (good, jti) = (assertion(&claims), claims["jti"].as_str().unwrap().to_owned());
        let decision = ask(&world, ACME, &good);
        assert_eq!(decision.spent, Some((claims["iss"].as_str().unwrap().to_owned(), jti)));
        assert!(decision.login.is_some());
        world.spent.extend(decision.spent);
        assert_eq!(ask(&world, ACME, &good).verdict.unwrap_err().reason, Reason::AssertionInvalid);
        world.behaviour.refuse_replay = false;
        assert!(ask(&world, ACME, &good).verdict.is_ok());
        assert_eq!(ask(&world, ACME, &(good + "AA")).spent, None, "somebody else's signature spends nothing");
    }

    #[test]
    fn the_grant_says_what_the_token_is_worth() {
        let mut world = world();
        let claims = claims(&world, "service-a", "acme");
        let grant = ask(&world, ACME, &assertion(&claims)).verdict.unwrap();
        assert_eq!((grant.org.as_str(), grant.username.as_str()), ("acme", "integration@acme.example"));
        assert_eq!(grant.scopes, ["api", "web", "openid"], "never refresh_token");
        assert_eq!(grant.instance_url, "http://acme.localhost:4000");
        assert_eq!((grant.lifetime, grant.jwt), (Duration::from_secs(7200), false));
        here(&mut world).session_timeout = Some(Duration::from_secs(900));
        assert_eq!(ask(&world, ACME, &assertion(&claims)).verdict.unwrap().lifetime, Duration::from_secs(900));
        world.apps.get_mut("service-a").unwrap().jwt_timeout = Some(Duration::from_secs(60));
        let grant = ask(&world, ACME, &assertion(&claims)).verdict.unwrap();
        assert_eq!((grant.lifetime, grant.jwt), (Duration::from_secs(60), true));
    }
}
