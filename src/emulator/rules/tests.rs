//! Each case names the row of the reference that it replicates.

use super::*;
use crate::emulator::certificate::tests::{key, sign};
use crate::emulator::testing::{NOW, addresses, assertion, claims, place, world};
use crate::emulator::world::{IpRange, LoginHours};
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
        ("1.4 sandbox", ACME, |w| acme(w).sandbox = true, |c| c["aud"] = "https://test.salesforce.com".into(), Ok(())),
        ("#3 another org", ACME, SAME_WORLD, |c| c["aud"] = "http://globex.localhost:4000".into(), aud),
        ("#3 array", ACME, SAME_WORLD, |c| c["aud"] = json!(["http://acme.localhost:4000"]), aud),
        ("#3 no scheme", ACME, SAME_WORLD, |c| c["aud"] = "acme.localhost:4000".into(), aud),
        ("#3 path", ACME, SAME_WORLD, |c| c["aud"] = "http://acme.localhost:4000/services/oauth2/token".into(), aud),
        ("1.4 slash", ACME, SAME_WORLD, |c| c["aud"] = "http://acme.localhost:4000/".into(), Ok(())),
        ("#3 two slashes", ACME, SAME_WORLD, |c| c["aud"] = "http://acme.localhost:4000//".into(), aud),
        (
            "#3 slash, where the world says so",
            ACME,
            |w| w.behaviour.audience_slash = false,
            |c| c["aud"] = "http://acme.localhost:4000/".into(),
            aud,
        ),
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
        ("#1 (e)", ACME, SAME_WORLD, |c| c["sub"] = "integration@globex.example".into(), Err(Reason::UserNotApproved)),
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
        ("#2", ACME, SAME_WORLD, |c| c["sub"] = "unassigned@acme.example".into(), Err(Reason::UserNotAdminApproved)),
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
    profile.login_ip_ranges = address.map(|a| IpRange(a.parse().unwrap(), a.parse().unwrap())).into_iter().collect();
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
    let outcome = |app: &str, org: &str, host: &str, aud: &str| {
        let mut claims = claims(&world, app, org);
        claims["aud"] = aud.into();
        ask(&world, host, &assertion(&claims)).verdict.map(|_| ()).map_err(|refusal| refusal.reason)
    };
    let (acme, globex) = ("http://acme.localhost:4000", "http://globex.localhost:4000");
    for app in ["packaged", "own-key", "local"] {
        assert_eq!(outcome(app, "acme", ACME, acme), Ok(()), "{app} at home");
        assert_eq!(outcome(app, "acme", ACME, "http://127.0.0.1:4000"), Ok(()), "{app}, login host as aud");
        assert_eq!(outcome(app, "acme", LOGIN, "http://127.0.0.1:4000"), Err(Reason::AppNotInOrg), "{app}, login host");
    }
    for app in ["packaged", "local"] {
        assert_eq!(
            outcome(app, "globex", "globex.localhost:4000", globex),
            Err(Reason::AppNotInOrg),
            "{app} elsewhere"
        );
    }
    // the publisher's consumer is of no use where the org has its own, nor is acme's own one elsewhere
    let mut foreign = claims(&world, "own-key", "acme");
    foreign["iss"] = world.apps["own-key"].consumer.client_id.as_str().into();
    assert_eq!(ask(&world, ACME, &assertion(&foreign)).verdict.unwrap_err().reason, Reason::AppNotInOrg);
    let mut foreign = claims(&world, "own-key", "acme");
    foreign["sub"] = "integration@globex.example".into();
    let verdict = ask(&world, "globex.localhost:4000", &assertion(&foreign)).verdict;
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
