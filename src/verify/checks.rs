//! The table of checks. Ids and order are published: clients show and compare them.

use super::facts::Facts;
use super::{Finding, Judgement};
use crate::error::{Error, Reason};
use crate::oauth::exchange::GREATEST_SKEW;
use crate::oauth::refusal::{self, Clue};
use crate::org::clues::clues;
use crate::org::field::Field;

/// One check.
pub struct Check {
    /// A stable id.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// When it can be judged.
    pub stage: Stage,
    /// The checks without which it means nothing.
    pub needs: &'static [&'static str],
    /// The judgement.
    pub judge: fn(&Facts) -> Judgement,
    /// What it is about and what to do when it fails, for `explain`.
    pub about: &'static str,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// When facts are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Without the network.
    Offline,
    /// The way to the host.
    Network,
    /// The exchange.
    Grant,
    /// With the token.
    After,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 4] = [Stage::Offline, Stage::Network, Stage::Grant, Stage::After];
}

/// A difference of clocks that is worth a word; a `Date` has a resolution of one second.
const NOTABLE_SKEW: i64 = 60;

/// Every check, in order.
pub const CHECKS: &[Check] = &[
    Check {
        id: "config.complete",
        title: "description complete",
        stage: Stage::Offline,
        needs: &[],
        judge: config_complete,
        about: "client-id, username, login-url and key are needed; see `sf-jwt orgs show` for what is set and where",
    },
    Check {
        id: "key.readable",
        title: "key readable",
        stage: Stage::Offline,
        needs: &[],
        judge: |facts| key(facts, KEY_ACCESS),
        about: "the private key is where the key URI says, can be read, and opens with the passphrase",
    },
    Check {
        id: "key.kind",
        title: "RSA private key",
        stage: Stage::Offline,
        needs: &["key.readable"],
        judge: |facts| key(facts, KEY_KIND),
        about: "Salesforce takes RS256 only, so an RSA private key is needed; certificates, public keys, EC and \
                Ed25519 keys are told apart",
    },
    Check {
        id: "key.size",
        title: "key size",
        stage: Stage::Offline,
        needs: &["key.kind"],
        judge: key_size,
        about: "RSA keys below 2048 bits are not accepted",
    },
    Check {
        id: "key.permissions",
        title: "key private",
        stage: Stage::Offline,
        needs: &["key.readable"],
        judge: key_permissions,
        about: "a key that other users can read is as good as theirs: chmod 600",
    },
    Check {
        id: "certificate.match",
        title: "certificate belongs to key",
        stage: Stage::Offline,
        needs: &[],
        judge: certificate_match,
        about: "the certificate that was uploaded to the app has to hold this key's public half",
    },
    Check {
        id: "certificate.expiry",
        title: "certificate valid",
        stage: Stage::Offline,
        needs: &[],
        judge: certificate_expiry,
        about: "Salesforce is reported not to enforce the certificate's end for this flow, so this is a warning only",
    },
    Check {
        id: "client-id.shape",
        title: "consumer key plausible",
        stage: Stage::Offline,
        needs: &[],
        judge: client_id_shape,
        about: "a consumer key has no white space; Salesforce's own begin with 3MVG9",
    },
    Check {
        id: "username.shape",
        title: "username plausible",
        stage: Stage::Offline,
        needs: &[],
        judge: username_shape,
        about: "a Salesforce username has the form name@domain; a sandbox's ends with the sandbox's name",
    },
    Check {
        id: "host.trusted",
        title: "host trusted",
        stage: Stage::Offline,
        needs: &[],
        judge: |facts| {
            described(facts, Field::LoginUrl, &facts.parts.login_host, |host| {
                Judgement::Pass(format!("assertions go to {}", host.endpoint()))
            })
        },
        about: "assertions go only to Salesforce's hosts, to trusted-hosts and to this machine",
    },
    Check {
        id: "audience.consistent",
        title: "audience fits host",
        stage: Stage::Offline,
        needs: &["host.trusted"],
        judge: audience_consistent,
        about: "an assertion may only name the host it is sent to, or the generic audiences on Salesforce's hosts",
    },
    Check {
        id: "network.dns",
        title: "name resolves",
        stage: Stage::Network,
        needs: &["host.trusted"],
        judge: network_dns,
        about: "the login host has to be in DNS; behind a proxy the proxy looks it up",
    },
    Check {
        id: "network.connect",
        title: "host reachable",
        stage: Stage::Network,
        needs: &["network.dns"],
        judge: |facts| network(facts, &facts.connected, |address| format!("connected to {address}")),
        about: "a TCP connection to the login host, or to the proxy",
    },
    Check {
        id: "network.tls",
        title: "TLS trusted",
        stage: Stage::Network,
        needs: &["network.connect"],
        judge: network_tls,
        about: "the certificate chain has to be trusted by the system's roots or by --ca-file",
    },
    Check {
        id: "clock.skew",
        title: "clocks agree",
        stage: Stage::Network,
        needs: &["network.tls"],
        judge: clock_skew,
        about: "an assertion lives 180 s, so a clock that is behind makes it expired; a clock ahead is harmless",
    },
    Check {
        id: "grant.accepted",
        title: "login accepted",
        stage: Stage::Grant,
        needs: &[
            "config.complete",
            "key.size",
            "certificate.match",
            "client-id.shape",
            "username.shape",
            "audience.consistent",
            "network.tls",
            "clock.skew",
        ],
        judge: grant_accepted,
        about: "one POST of a signed assertion; a refusal is explained by its own code",
    },
    Check {
        id: "identity.match",
        title: "right user and org",
        stage: Stage::After,
        needs: &["grant.accepted"],
        judge: identity_match,
        about: "the token belongs to the configured username and, when pinned, the configured org",
    },
    Check {
        id: "scopes.sufficient",
        title: "scopes sufficient",
        stage: Stage::After,
        needs: &["grant.accepted"],
        judge: scopes_sufficient,
        about: "the api scope (or full) is what API requests need",
    },
    Check {
        id: "api.enabled",
        title: "API enabled",
        stage: Stage::After,
        needs: &["identity.match"],
        judge: api_enabled,
        about: "the org's edition has the API, and the user's profile or a permission set has API Enabled",
    },
    Check {
        id: "token.format",
        title: "token format",
        stage: Stage::After,
        needs: &["grant.accepted"],
        judge: token_format,
        about: "JWT-format access tokens work for REST only",
    },
    Check {
        id: "app.installed",
        title: "app installed",
        stage: Stage::After,
        needs: &["grant.accepted"],
        judge: |facts| app(facts, &facts.app.installed, |found| Judgement::Pass(found.clone())),
        about: "the app is installed in, or local to, this org, as far as the user may look",
    },
    Check {
        id: "app.admin-approved",
        title: "app pre-authorized",
        stage: Stage::After,
        needs: &["grant.accepted"],
        judge: |facts| app(facts, &facts.app.admin_approved, admin_approved),
        about: "Permitted Users is \"Admin approved users are pre-authorized\", as far as the user may look",
    },
    Check {
        id: "app.user-assigned",
        title: "user assigned to app",
        stage: Stage::After,
        needs: &["grant.accepted"],
        judge: |facts| app(facts, &facts.app.user_assigned, user_assigned),
        about: "a permission set or profile connects the user to the app, as far as the user may look",
    },
];

const KEY_ACCESS: &[Reason] = &[
    Reason::KeyNotFound,
    Reason::KeyUnreadable,
    Reason::KeyEmpty,
    Reason::KeyEncrypted,
    Reason::WrongPassphrase,
    Reason::SignerFailed,
    Reason::CommandFailed,
    Reason::KeychainFailed,
    Reason::NotAllowed,
    Reason::Timeout,
];
const KEY_KIND: &[Reason] =
    &[Reason::NotAPrivateKey, Reason::WrongAlgorithm, Reason::UnsupportedFormat, Reason::Damaged];

impl Judgement {
    fn skip(why: &str) -> Judgement {
        Judgement::Skip(why.to_owned())
    }

    fn warn(reason: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Judgement {
        Judgement::Warn(Finding { reason, detail: detail.into(), remedy: remedy.into(), links: Vec::new() })
    }
}

fn fail(error: &Error) -> Judgement {
    Judgement::Fail(error.duplicate())
}

/// The fields that have a check of their own, which tells what is wrong with them but not that they are missing.
const FIELDS_WITH_CHECKS: [Field; 4] = [Field::ClientId, Field::Username, Field::LoginUrl, Field::Audience];

fn config_complete(facts: &Facts) -> Judgement {
    let ours = |(field, error): &&(Field, Error)| {
        error.reason() == Reason::MissingField || !FIELDS_WITH_CHECKS.contains(field)
    };
    let faults: Vec<&Error> = facts.parts.faults.iter().filter(ours).map(|(_, error)| error).collect();
    match (faults.as_slice(), facts.parts.warnings.first()) {
        ([], None) => Judgement::Pass("every needed field is there".to_owned()),
        ([], Some(warning)) => Judgement::warn(warning.code, &warning.message, "see `sf-jwt orgs show`"),
        ([first, ..], _) => {
            let messages: Vec<_> = faults.iter().map(|error| error.message()).collect();
            let all = Error::new(first.reason(), messages.join("; "));
            Judgement::Fail(all.with(|details| details.clone_from(first.details())))
        }
    }
}

/// Judges one field of the description; that it is missing is a matter of `config.complete`.
fn described<T>(facts: &Facts, field: Field, read: &Option<T>, judge: impl FnOnce(&T) -> Judgement) -> Judgement {
    match (facts.parts.fault(field), read) {
        (Some(error), _) if error.reason() != Reason::MissingField => fail(error),
        (None, Some(read)) => judge(read),
        _ => Judgement::Needs("config.complete"),
    }
}

/// A key is read step by step, and the first step that fails is the error: a later one has not been looked at.
fn key(facts: &Facts, concerns: &[Reason]) -> Judgement {
    match (&facts.key, &facts.parts.key) {
        (Some(Err(error)), _) if concerns.contains(&error.reason()) => fail(error),
        (None, _) | (_, None) => Judgement::Needs("config.complete"),
        (Some(_), Some(source)) if concerns == KEY_ACCESS => Judgement::Pass(source.label()),
        (Some(Ok(key)), _) => Judgement::Pass(key.description.split(", ").next().unwrap_or_default().to_owned()),
        (Some(Err(_)), _) => Judgement::Pass("an RSA private key".to_owned()),
    }
}

fn key_size(facts: &Facts) -> Judgement {
    match &facts.key {
        None => Judgement::Needs("config.complete"),
        Some(Ok(key)) => Judgement::Pass(key.description.rsplit(", ").next().unwrap_or_default().to_owned()),
        Some(Err(error)) => fail(error),
    }
}

fn key_permissions(facts: &Facts) -> Judgement {
    let repaired = facts.key.as_ref().and_then(|key| key.as_ref().ok()?.repaired.as_ref());
    match (&facts.key_readers, repaired) {
        (Some(others), _) => Judgement::warn(others.code, &others.message, "take the others' access away: chmod 600"),
        (None, Some(repaired)) => Judgement::warn(repaired.code, &repaired.message, "store the key as it came"),
        (None, None) => Judgement::Pass("no other user has access, or it is not a file".to_owned()),
    }
}

fn certificate_match(facts: &Facts) -> Judgement {
    match (&facts.certificate, &facts.key) {
        _ if facts.parts.certificate.is_none() => Judgement::Needs("config.complete"),
        (Some(Err(error)), _) => fail(error),
        (None, _) => Judgement::skip("no certificate is configured"),
        (_, None | Some(Err(_))) => Judgement::Needs("key.size"),
        (Some(Ok(certificate)), _) => match certificate.matches_key {
            Some(true) => Judgement::Pass("it holds this key's public half".to_owned()),
            None => Judgement::skip("the key is outside this process, and was not asked to sign"),
            Some(false) => Judgement::Fail(
                Error::new(Reason::CertificateMismatch, "the configured certificate belongs to another key")
                    .field("certificate")
                    .hint("configure the key that the certificate was made for, or the certificate of this key; both have to be those of the app"),
            ),
        },
    }
}

fn certificate_expiry(facts: &Facts) -> Judgement {
    let certificate = match &facts.certificate {
        _ if facts.parts.certificate.is_none() => return Judgement::Needs("config.complete"),
        Some(Err(_)) => return Judgement::Needs("certificate.match"),
        None => return Judgement::skip("no certificate is configured"),
        Some(Ok(certificate)) => certificate,
    };
    match certificate.certificate.validity_warning(&certificate.label, facts.now) {
        Some(warning) => Judgement::warn(
            warning.code,
            warning.message,
            "make a new one with `sf-jwt certificate new` and upload it to the app",
        ),
        None => Judgement::Pass(format!("valid until {}", certificate.certificate.not_after)),
    }
}

fn client_id_shape(facts: &Facts) -> Judgement {
    described(facts, Field::ClientId, &facts.parts.client_id, |_| match &facts.profile {
        Ok(profile) if profile.has_unusual_client_id() => Judgement::warn(
            "client-id-unusual",
            "it does not begin with 3MVG, as the keys that Salesforce makes do",
            "compare it with Manage Consumer Details of the app, unless you chose it yourself by metadata",
        ),
        _ => Judgement::Pass("no white space, no strange characters".to_owned()),
    })
}

fn username_shape(facts: &Facts) -> Judgement {
    described(facts, Field::Username, &facts.parts.username, |username| {
        let clues = facts.profile.as_ref().map(|profile| clues(profile)).unwrap_or_default();
        if clues.contains(&Clue::SandboxUserOnProduction) {
            return Judgement::warn(
                "username-of-sandbox",
                format!("{username} looks like a sandbox user's name, and the host is a production org's"),
                "use the sandbox's My Domain, or the production username",
            );
        }
        if clues.contains(&Clue::UsernameWithoutSandboxSuffix) {
            return Judgement::warn(
                "username-without-sandbox",
                format!("the host is a sandbox's, and {username} does not end with the sandbox's name"),
                "in a sandbox usernames end with .SANDBOXNAME, unless they were changed",
            );
        }
        Judgement::Pass(username.clone())
    })
}

fn audience_consistent(facts: &Facts) -> Judgement {
    let read = facts.parts.login_host.as_ref().zip(facts.parts.audience.as_ref());
    described(facts, Field::Audience, &read, |(host, audience)| {
        Judgement::Pass(format!("audience {}", audience.first(host)))
    })
}

/// Judges a fact of the network, which is not gathered offline.
fn network<T>(facts: &Facts, fact: &Option<crate::error::Result<T>>, detail: fn(&T) -> String) -> Judgement {
    match fact {
        _ if facts.offline => Judgement::skip("offline"),
        None => Judgement::skip("not looked at"),
        Some(Ok(found)) => Judgement::Pass(detail(found)),
        Some(Err(error)) => fail(error),
    }
}

fn network_dns(facts: &Facts) -> Judgement {
    match &facts.proxy {
        Some(proxy) if !facts.offline => Judgement::Skip(format!("the proxy {proxy} looks the name up")),
        _ => network(facts, &facts.addresses, |addresses| addresses.join(", ")),
    }
}

fn network_tls(facts: &Facts) -> Judgement {
    match &facts.probe {
        Some(Ok(probe)) if !probe.encrypted => Judgement::skip("plain http on this machine"),
        _ => network(facts, &facts.probe, |_| "the certificate is trusted".to_owned()),
    }
}

fn clock_skew(facts: &Facts) -> Judgement {
    let skew = match &facts.probe {
        Some(Ok(probe)) => match probe.clock_skew {
            Some(skew) => skew,
            None => return Judgement::skip("the answer has no Date"),
        },
        _ => return network(facts, &facts.probe, |_| String::new()),
    };
    let remedy = "set this machine's clock (NTP)";
    match skew {
        ..=-60 => {
            Judgement::warn("clock-ahead", format!("this machine's clock is {} s ahead of the server's", -skew), remedy)
        }
        skew if skew > GREATEST_SKEW => Judgement::Fail(refusal::clock_skew(skew)),
        NOTABLE_SKEW.. => {
            Judgement::warn("clock-behind", format!("this machine's clock is {skew} s behind the server's"), remedy)
        }
        _ => Judgement::Pass(format!("within {} s of the server's", skew.abs().max(1))),
    }
}

/// Why there is no token to judge though the login was accepted.
fn no_token(facts: &Facts) -> Judgement {
    Judgement::skip(if facts.offline { "offline" } else { "the token was dropped" })
}

fn grant_accepted(facts: &Facts) -> Judgement {
    match &facts.grant {
        // whose it is has a check of its own
        Some(Err(error)) if error.reason() == Reason::OrgMismatch => Judgement::Pass("a token".to_owned()),
        grant => network(facts, grant, |grant| format!("a token for {}", grant.instance_url)),
    }
}

fn identity_match(facts: &Facts) -> Judgement {
    match (&facts.profile, &facts.grant, &facts.identity) {
        (_, Some(Err(another_org)), _) => fail(another_org),
        (Ok(profile), _, Some(Ok(identity))) => match identity.is_meant_by(profile) {
            Ok(()) => Judgement::Pass(format!("{} in the org {}", identity.username, identity.org_id.long())),
            Err(error) => Judgement::Fail(error),
        },
        (_, _, identity) => network(facts, identity, |_| String::new()),
    }
}

fn scopes_sufficient(facts: &Facts) -> Judgement {
    let Some(Ok(grant)) = &facts.grant else { return no_token(facts) };
    let scopes = grant.scopes.join(" ");
    match grant.scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "full")) {
        _ if scopes.is_empty() => Judgement::skip("the answer names no scopes"),
        true => Judgement::Pass(scopes),
        false => Judgement::warn(
            "scopes-narrow",
            format!("the scopes are {scopes}: without api, most APIs refuse the token"),
            "add \"Manage user data via APIs (api)\" to the app's scopes",
        ),
    }
}

fn api_enabled(facts: &Facts) -> Judgement {
    network(facts, &facts.api, |api| match api.daily_requests {
        Some((remaining, max)) => format!("REST {}; {remaining} of {max} daily requests left", api.version),
        None => format!("REST {}", api.version),
    })
}

fn token_format(facts: &Facts) -> Judgement {
    let Some(Ok(grant)) = &facts.grant else { return no_token(facts) };
    match grant.is_jwt() {
        false => Judgement::Pass("opaque".to_owned()),
        true => Judgement::warn(
            "rest-only-token",
            "the app issues JWT-format access tokens, which work for REST only",
            "switch JWT-based access tokens off in the app if SOAP or Metadata API is needed",
        ),
    }
}

fn app<T>(facts: &Facts, fact: &Option<Result<T, String>>, judge: fn(&T) -> Judgement) -> Judgement {
    match fact {
        _ if facts.offline => Judgement::skip("offline"),
        None => no_token(facts),
        Some(Err(why)) => Judgement::Skip(why.clone()),
        Some(Ok(found)) => judge(found),
    }
}

fn admin_approved(only: &bool) -> Judgement {
    match only {
        true => Judgement::Pass("admin-approved users only".to_owned()),
        false => Judgement::warn(
            "self-authorize",
            "all users may self-authorize: the login works only because this user approved the app before",
            "set Permitted Users to \"Admin approved users are pre-authorized\"; first assign everybody who needs the app",
        ),
    }
}

fn user_assigned(by: &Option<String>) -> Judgement {
    match by {
        Some(by) => Judgement::Pass(by.clone()),
        None => Judgement::skip("no assignment of this user can be seen"),
    }
}
