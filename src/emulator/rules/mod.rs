//! What Salesforce would answer to a token request: a pure function of the world, the request and the time.
//!
//! The order follows what is known of it (reference 2.1): the request's form, the assertion's form, the consumer, the
//! signature, audience and expiry (a wrong audience is only reported for a good signature), then the user, the org and
//! whether this app lets this user in. Each refusal carries the words of a row of that table.

use crate::app::app_kind::AppKind;
use crate::emulator::address::{Addresses, Place, Site};
use crate::emulator::assertion::Assertion;
use crate::emulator::world::{App, Behaviour, Installation, Org, PermittedUsers, User, UserStatus, World};
use crate::error::Reason;
use crate::oauth::login_host::{LOGIN, TEST};
use crate::oauth::refusal::{Wording, wording};
use crate::time::Timestamp;
use std::net::IpAddr;
use std::time::Duration;

/// The grant type of the flow (RFC 7523 section 2.1).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A request to the token endpoint.
pub(in crate::emulator) struct TokenRequest<'a> {
    /// Where it arrived.
    pub(in crate::emulator) place: &'a Place,
    /// How the emulator's hosts are called.
    pub(in crate::emulator) addresses: &'a Addresses,
    /// Whether its method is POST.
    pub(in crate::emulator) is_post: bool,
    /// The form of its body; `None` when the body is not a form.
    pub(in crate::emulator) form: Option<&'a [(String, String)]>,
    /// The client's address.
    pub(in crate::emulator) from: IpAddr,
}

/// The answer, and what the request changed.
#[derive(Debug)]
pub(in crate::emulator) struct Decision {
    /// Yes or no.
    pub(in crate::emulator) verdict: Result<Grant, Refusal>,
    /// The org, user and app, once they are known: this counts as a login.
    pub(in crate::emulator) login: Option<(String, String, String)>,
    /// The assertion's (`iss`, `jti`), once its signature was good: it is spent now.
    pub(in crate::emulator) spent: Option<(String, String)>,
}

/// A token is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::emulator) struct Grant {
    /// The org's name.
    pub(in crate::emulator) org: String,
    /// The username.
    pub(in crate::emulator) username: String,
    /// The app's name.
    pub(in crate::emulator) app: String,
    /// The consumer key that was used.
    pub(in crate::emulator) client_id: String,
    /// The scopes of the token.
    pub(in crate::emulator) scopes: Vec<String>,
    /// Where the API is.
    pub(in crate::emulator) instance_url: String,
    /// How long the token lives.
    pub(in crate::emulator) lifetime: Duration,
    /// Whether the token is a JWT.
    pub(in crate::emulator) jwt: bool,
}

/// A token is refused.
#[derive(Clone, Debug)]
pub(in crate::emulator) struct Refusal {
    /// The reason by our catalogue.
    pub(in crate::emulator) reason: Reason,
    /// Salesforce's words, and the row of the reference they come from.
    pub(in crate::emulator) wording: Wording,
    /// What was wrong in this world, for the emulator's own log: Salesforce does not tell.
    pub(in crate::emulator) why: String,
}

fn refuse<T>(reason: Reason, why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, None, why))
}

impl Refusal {
    /// A refusal in the words of our catalogue; where it has several for a reason, those with this `error`.
    pub(in crate::emulator) fn new(reason: Reason, error: Option<&str>, why: impl Into<String>) -> Self {
        Refusal { reason, wording: wording(reason, error), why: why.into() }
    }
}

/// Decides on a token request.
pub(in crate::emulator) fn decide(world: &World, request: &TokenRequest<'_>, now: Timestamp) -> Decision {
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
    let aud = assertion.aud.as_deref().map(|aud| match aud.strip_suffix('/') {
        Some(origin) if world.behaviour.audience_slash => origin,
        _ => aud,
    });
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
        eca_is_here(&world.behaviour, app, consumer_org, org, request.place, aud)?;
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
    if !audience_accepted(request.addresses, place, org, aud) {
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
mod tests;
