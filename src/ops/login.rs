//! One login: an assertion signed and exchanged, and again only where the contract says that it helps. Every
//! attempt is counted, because Salesforce counts them too.

use super::Service;
use super::credentials::{self, Wanted};
use crate::app::install_url::{Installable, PackageVersion};
use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::error::{Error, Link, Reason, Result, Warning};
use crate::host::Host;
use crate::host::files;
use crate::host::http::{Answer, Network};
use crate::key::signer::Signer;
use crate::oauth::assertion::{self, AssertionId, SigningInput, Subject};
use crate::oauth::exchange::{self, Asked, GREATEST_SKEW, LEAST_SKEW, RetryAfter};
use crate::oauth::grant::Grant;
use crate::oauth::login_host::Audience;
use crate::oauth::refusal::{self, Clue};
use crate::org::clues::clues;
use crate::org::field::Field;
use crate::org::profile::Profile;
use crate::secret::SecretString;
use crate::time::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Retries after a failed connection, 408, 429 or 5xx.
const RETRIES: u32 = 2;
/// The pause before the first retry; the second is longer, and both are jittered.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Everything one login needs; it owns what it needs, so that a login can outlive the caller who started it.
#[derive(Clone)]
pub struct LoginTask {
    host: Host,
    profile: Arc<Profile>,
    fetching: credentials::Terms,
    deadline: Instant,
    clues: Vec<Clue>,
    allowance: Option<Arc<Allowance>>,
}

/// How many logins a run may still make, over all its orgs.
#[derive(Debug)]
pub struct Allowance {
    most: u32,
    left: AtomicU32,
}

impl Allowance {
    /// At most this many.
    pub const fn of(most: u32) -> Allowance {
        Allowance { most, left: AtomicU32::new(most) }
    }

    /// Takes one.
    ///
    /// Errors: `login-budget` when none is left.
    fn take(&self) -> Result<()> {
        let one_less = |left: u32| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => Ok(()),
            Err(_) => {
                let message = format!("no login was made: the {} of --max-logins are used up", self.most);
                Err(Error::new(Reason::LoginBudget, message).hint("raise --max-logins, or verify fewer orgs at a time"))
            }
        }
    }
}

/// How a login went, whether it succeeded or not.
#[derive(Debug)]
pub struct Outcome {
    /// The token, or why there is none.
    pub result: Result<Grant>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
    /// How many assertions were sent.
    pub logins: u32,
    /// The server's clock against ours at the last answer, in seconds ahead.
    pub clock_skew: Option<i64>,
}

impl LoginTask {
    /// A login for an org, to be finished before `deadline`. Nothing is read yet.
    pub fn new(service: &Service, profile: Arc<Profile>, deadline: Instant) -> LoginTask {
        LoginTask {
            host: service.host.clone(),
            clues: clues(&profile),
            profile,
            fetching: service.fetching,
            deadline,
            allowance: None,
        }
    }

    /// The same, knowing whether this very connection has given a token before.
    #[must_use]
    pub fn knowing(mut self, worked_before: bool) -> LoginTask {
        self.clues.extend(worked_before.then_some(Clue::WorkedBefore));
        self
    }

    /// The same, as long as the run's allowance lasts.
    #[must_use]
    pub fn within(self, allowance: Option<Arc<Allowance>>) -> LoginTask {
        LoginTask { allowance, ..self }
    }

    /// Fetches the key, signs, and exchanges.
    pub async fn run(self) -> Result<(Grant, Vec<Warning>)> {
        let wanted = Wanted::of(&self.profile);
        let resolved = credentials::resolve(&self.host, wanted, self.fetching).await?;
        let outcome = self.exchange(&resolved.signer).await;
        let mut warnings = resolved.warnings;
        warnings.extend(outcome.warnings);
        match outcome.result {
            Ok(grant) => Ok((grant, warnings)),
            Err(error) => Err(error.with(|details| details.warnings = warnings)),
        }
    }

    /// Signs and exchanges. Fails without a login when the CA file cannot be read.
    pub async fn exchange(&self, signer: &Signer) -> Outcome {
        let profile = &self.profile;
        let mut outcome = Outcome {
            result: Err(Error::new(Reason::Internal, "no attempt was made")),
            warnings: Vec::new(),
            logins: 0,
            clock_skew: None,
        };
        outcome.result = match network(profile) {
            Ok(network) => self.attempts(signer, &network, &mut outcome).await.map_err(|e| not_auto_again(e, profile)),
            Err(error) => Err(error),
        };
        outcome
    }

    async fn attempts(&self, signer: &Signer, network: &Network, outcome: &mut Outcome) -> Result<Grant> {
        let profile = &self.profile;
        let mut audience = profile.audience.first(&profile.login_host);
        let mut audiences = profile.audience.further(&profile.login_host).into_iter();
        let (mut ahead, mut retries) = (0, 0);
        let mut second_chance = self.clues.contains(&Clue::WorkedBefore);
        let mut before = None;
        loop {
            let error = match self.attempt(signer, network, audience, ahead, outcome).await {
                Ok(grant) => return Ok(grant),
                // Why the login failed says more than why it is not tried again.
                Err(error) if error.reason() == Reason::LoginBudget => return Err(before.unwrap_or(error)),
                Err(error) => error,
            };
            let skew = outcome.clock_skew.filter(|skew| *skew >= LEAST_SKEW);
            match (error.reason(), skew) {
                (Reason::AssertionExpired, Some(skew)) if skew > GREATEST_SKEW => {
                    return Err(refusal::clock_skew(skew).because(error));
                }
                (Reason::AssertionExpired, Some(skew)) if ahead == 0 => {
                    ahead = skew;
                    outcome.warnings.push(Warning::new(
                        "clock-corrected",
                        format!("this machine's clock is {skew} s behind the server's; the assertion was made again with corrected times"),
                    ));
                }
                (Reason::AppNotInOrg, _) if second_chance => {
                    second_chance = false;
                    outcome.warnings.push(Warning::new(
                        "retried",
                        "the app was reported missing, though it has worked before; the login was tried once more",
                    ));
                }
                (Reason::AudienceInvalid | Reason::WrongHost, _) if let Some(next) = audiences.next() => {
                    let message = format!("the audience {audience} was refused; trying {next}");
                    outcome.warnings.push(Warning::new("audience-tried", message));
                    audience = next;
                }
                _ if retries < RETRIES && is_transient(&error) => {
                    let pause = self.pause(retries, &error);
                    if Instant::now().checked_add(pause).is_none_or(|then| then >= self.deadline) {
                        return Err(error);
                    }
                    tracing::info!("{error}; trying again in {} ms", pause.as_millis());
                    tokio::time::sleep(pause).await;
                    retries += 1;
                }
                _ => return Err(error),
            }
            before = Some(error);
        }
    }

    async fn attempt(
        &self,
        signer: &Signer,
        network: &Network,
        audience: &str,
        ahead: i64,
        outcome: &mut Outcome,
    ) -> Result<Grant> {
        let profile = &self.profile;
        let now = Timestamp(self.host.clock.now().0.saturating_add(ahead));
        let subject =
            Subject { client_id: &profile.client_id, username: &profile.username, audience, claims: &profile.claims };
        let input = SigningInput::new(&assertion::claims(subject, now, AssertionId(self.host.random()?)));
        let signature = signer.sign(input.as_bytes()).await?;
        let assertion = input.with_signature(&signature);
        let endpoint = profile.login_host.endpoint();
        tracing::info!("posting an assertion for {} to {endpoint} with audience {audience}", profile.username);
        let request = exchange::request(&endpoint, &assertion)?;
        if let Some(allowance) = &self.allowance {
            allowance.take()?;
        }
        outcome.logins += 1;
        let answer = self.host.http.send(request, network, self.deadline).await;
        let Answer { response, sent, received } = answer?;
        outcome.clock_skew = exchange::clock_skew(&response, sent, received);
        let asked = Asked {
            login_host: &profile.login_host,
            audience,
            trusted_hosts: &profile.trusted_hosts,
            assertion: &assertion,
            clues: &self.clues,
            now: received,
        };
        let grant = exchange::read(&response, &asked).map_err(|e| with_install_link(e, profile))?;
        of_the_pinned_org(profile, &grant)?;
        Ok(grant)
    }

    /// The pause before a retry: a growing one with jitter, so that many clients do not come back at once, and no
    /// shorter than what the server asks for.
    fn pause(&self, retries: u32, error: &Error) -> Duration {
        let asked = std::error::Error::source(error).and_then(|s| s.downcast_ref::<RetryAfter>());
        let jitter = self.host.random::<1>().map_or(128, |[byte]| u32::from(byte));
        let usual = FIRST_PAUSE * 3_u32.pow(retries) * (256 + jitter) / 384;
        asked.map_or(usual, |asked| asked.0.max(usual))
    }
}

/// The largest CA bundle that is read: the system's own are about 250 KiB.
const MAX_ROOTS: u64 = 4 * 1024 * 1024;

/// What an org's settings say about its network.
pub(super) fn network(profile: &Profile) -> Result<Network> {
    network_by(profile.proxy.as_ref(), profile.ca_file.as_deref())
}

/// The same, from the settings themselves.
pub(super) fn network_by(proxy: Option<&SecretString>, ca_file: Option<&Path>) -> Result<Network> {
    let roots = ca_file.map(|path| files::read(path, MAX_ROOTS)).transpose();
    let roots = roots.map_err(|e| {
        let hint = format!("`ca-file` has to be {}", Field::CaFile.accepted());
        Error::new(Reason::KeyUnreadable, e.to_string()).field("ca-file").hint(hint).because(e)
    })?;
    Ok(Network { proxy: proxy.cloned(), roots: roots.map(|contents| contents.bytes) })
}

/// A refusal because the app is not there carries the page that installs it, where the app's or its package's id is
/// known.
fn with_install_link(error: Error, profile: &Profile) -> Error {
    let app = || profile.app_id.map(|app| Installable::ConnectedApp { app, owner: profile.app_org_id, made_in: None });
    let package = || {
        let version = PackageVersion::read(&profile.package_id?.long());
        version.ok().map(|(id, _)| Installable::Package(id))
    };
    let what = match error.reason() {
        Reason::AppNotInstalled => app().or_else(package),
        Reason::AppNotInOrg => package(),
        _ => None,
    };
    match what.filter(|_| profile.login_host.serves_setup()) {
        None => error,
        Some(what) => {
            let path = what.url("");
            let url = Some(what.url(profile.login_host.as_str()));
            let link = Link { title: "Install the app in this org".to_owned(), path, url };
            error.with(|details| details.links.insert(0, link))
        }
    }
}

/// Where `audience = "auto"` is set already, it is no advice.
fn not_auto_again(error: Error, profile: &Profile) -> Error {
    match (error.reason(), &profile.audience) {
        (Reason::AudienceInvalid, Audience::Auto) => {
            error.hint("every audience for this host was refused: use the org's exact My Domain as login URL")
        }
        _ => error,
    }
}

/// A failed connection, 408, 429 or 5xx: nothing else is worth another login.
fn is_transient(error: &Error) -> bool {
    let details = error.details();
    let status = details.http_status.is_some_and(|s| matches!(s, 408 | 429 | 500..))
        && error.reason() != Reason::LoginRateExceeded; // takes an hour, and every login counts
    status || (error.reason() == Reason::Connect && details.phase.as_deref() == Some("connect"))
}

/// A token for another org than the pinned one is dropped.
fn of_the_pinned_org(profile: &Profile, grant: &Grant) -> Result<()> {
    let Some(pinned) = &profile.org_id else { return Ok(()) };
    let got = grant.org_id().and_then(|id| SalesforceId::of_kind(IdKind::Org, id).ok());
    match got {
        Some((got, _)) if got == *pinned => Ok(()),
        Some((got, _)) => Err(Error::new(
            Reason::OrgMismatch,
            format!("the token is for the org {}, not for the pinned {}; it was dropped", got.long(), pinned.long()),
        )
        .field("org-id")
        .hint("check login-url and username, or correct org-id")),
        None => {
            Err(Error::new(Reason::OrgMismatch, "the answer does not say which org the token is for; it was dropped")
                .field("org-id"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::completion::Surroundings;
    use crate::org::config::Config;
    use std::path::Path;

    fn profile(lines: &str) -> Profile {
        let text = format!(
            "[orgs.acme]\nclient-id = '3MVG9x'\nusername = 'int@acme.example'\nkey = 'acme.key'\n\
             login-url = 'https://acme.my.salesforce.com'\n{lines}"
        );
        let config = Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), true).unwrap();
        config.org("acme").unwrap().complete(Surroundings { home: None }).unwrap()
    }

    #[test]
    fn an_app_that_is_missing_is_linked_by_the_best_id_there_is() {
        let (app, package) = ("app-id = '0Ci5e000000bn6b'\n", "package-id = '04t5e000000bn6b'\n");
        for (reason, lines, page) in [
            (Reason::AppNotInstalled, [app, package].concat(), Some("AppInstallApprovalPage")),
            (Reason::AppNotInstalled, package.to_owned(), Some("installPackage")),
            (Reason::AppNotInOrg, [app, package].concat(), Some("installPackage")),
            (Reason::AppNotInOrg, app.to_owned(), None),
            (Reason::UserNotApproved, app.to_owned(), None),
        ] {
            let error = with_install_link(Error::new(reason, "x"), &profile(&lines));
            let link = error.details().links.first().and_then(|link| link.url.clone());
            assert_eq!(link.is_some(), page.is_some(), "{reason:?} {lines}");
            assert!(page.is_none_or(|page| link.unwrap().contains(page)), "{reason:?} {lines}");
        }
    }

    #[test]
    fn auto_is_no_advice_to_one_who_has_it() {
        let hint = |lines: &str| {
            let error = Error::new(Reason::AudienceInvalid, "x").hint("or audience = \"auto\"");
            not_auto_again(error, &profile(lines)).details().hint.clone().unwrap()
        };
        assert!(hint("").contains("auto"));
        assert!(!hint("audience = 'auto'").contains("auto"));
    }

    #[test]
    fn only_passing_faults_are_retried() {
        let with = |reason, status: Option<u16>, phase: Option<&str>| {
            Error::new(reason, "x").with(|d| {
                d.http_status = status;
                d.phase = phase.map(str::to_owned);
            })
        };
        for (error, transient) in [
            (with(Reason::Connect, None, Some("connect")), true),
            (with(Reason::Connect, None, Some("answer")), false),
            (with(Reason::HtmlPage, Some(503), None), true),
            (with(Reason::NotOauthJson, Some(429), None), true),
            (with(Reason::ServerError, Some(500), None), true),
            (with(Reason::UserNotApproved, Some(400), None), false),
            (with(Reason::LoginRateExceeded, Some(400), None), false),
            (with(Reason::LoginRateExceeded, Some(429), None), false),
            (with(Reason::Timeout, None, Some("answer")), false),
            (with(Reason::Dns, None, Some("dns")), false),
            (with(Reason::HtmlPage, Some(200), None), false),
        ] {
            assert_eq!(is_transient(&error), transient, "{error:?}");
        }
    }
}
