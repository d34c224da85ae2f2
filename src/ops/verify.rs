//! The verb `verify-connection`: gathers facts stage by stage, lets the checks judge them, and stops gathering
//! where a failure makes more of it meaningless.

use super::credentials::{self, Wanted};
use super::flight::Terms;
use super::login::{Allowance, LoginTask};
use super::orgs::Found;
use super::{Service, rest};
use crate::cache::{Ask, CacheKey};
use crate::error::{Error, Reason, Result};
use crate::host::http;
use crate::key::signer::Signer;
use crate::key::source::KeySource;
use crate::oauth::exchange;
use crate::oauth::grant::Grant;
use crate::oauth::refusal::{self, Retry};
use crate::org::completion::Surroundings;
use crate::org::field::Field;
use crate::org::parts::Parts;
use crate::org::profile::Profile;
use crate::protocol::types::{CheckResult, CheckStatus, Identity, VerifyResult, Warning};
use crate::secret::{SecretBytes, holds_secret};
use crate::verify::checks::Stage;
use crate::verify::facts::{AppFacts, CertificateFacts, Facts, KeyFacts, ProbeFacts};
use crate::verify::{Judged, Judgement, Report};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The longest wait for a request without credentials: what it tells is worth no more.
const PROBE_PATIENCE: Duration = Duration::from_secs(10);
/// The longest pause between tries while a refusal is waited out: propagation takes minutes, and every try is a login.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Hears of every check when it has been judged.
pub type Progress<'a> = &'a (dyn Fn(&CheckResult) + Sync);

/// What is wanted of a verification.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Only the checks that need no network.
    pub offline: bool,
    /// How long to keep trying while the refusal is one that heals by propagation; the time for one try starts anew.
    pub wait: Duration,
    /// How many logins the run may still make.
    pub allowance: Option<Arc<Allowance>>,
}

/// What happens while a connection is verified.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// A check has been judged.
    Checked(&'a CheckResult),
    /// A refusal is waited out; told every second.
    Waiting {
        /// The refusal's reason.
        reason: &'static str,
        /// How long it will be waited for at most.
        left: Duration,
        /// Whether this pause has just begun.
        fresh: bool,
    },
}

/// Hears what happens while a connection is verified.
pub type Hear<'a> = &'a (dyn Fn(Happening<'_>) + Sync);

/// Verifies the connection to one org. Everything about a known org is a check, never an error.
pub async fn verify(service: &Service, found: &Found, offline: bool, progress: Progress<'_>) -> VerifyResult {
    let hear = |happening: Happening<'_>| {
        if let Happening::Checked(check) = happening {
            progress(check);
        }
    };
    verify_as(service, found, &Wishes { offline, ..Wishes::default() }, &hear).await
}

/// The same, with everything that can be wanted.
pub async fn verify_as(service: &Service, found: &Found, wishes: &Wishes, hear: Hear<'_>) -> VerifyResult {
    let offline = wishes.offline;
    let deadline = Instant::now() + service.timeout;
    let mut run = Run {
        service,
        wishes,
        hear,
        deadline,
        facts: Facts::new(service.parts(&found.draft), service.complete(&found.draft).map(Arc::new)),
        report: Report::default(),
        warnings: found.warnings.iter().cloned().map(Warning::from).collect(),
        logins: 0,
        signer: None,
    };
    run.facts.offline = offline;
    run.facts.now = service.host.clock.now();
    for stage in Stage::ALL {
        match stage {
            Stage::Offline => run.gather_offline().await,
            Stage::Network if !offline => run.gather_network().await,
            Stage::Grant if !offline => run.gather_grant().await,
            Stage::After if !offline => run.gather_after().await,
            Stage::Network | Stage::Grant | Stage::After => {}
        }
        for judged in run.report.judge(stage, &run.facts) {
            hear(Happening::Checked(&check_result(judged)));
        }
    }
    run.finish(found)
}

struct Run<'a> {
    service: &'a Service,
    wishes: &'a Wishes,
    hear: Hear<'a>,
    deadline: Instant,
    facts: Facts,
    report: Report,
    warnings: Vec<Warning>,
    logins: u32,
    signer: Option<Signer>,
}

impl Run<'_> {
    async fn gather_offline(&mut self) {
        let begun = Instant::now();
        let (host, terms) = (&self.service.host, self.service.fetching);
        let parts = &self.facts.parts;
        let certificate = parts.certificate.as_ref().and_then(Option::as_deref);
        let configured = match certificate {
            Some(path) => Some(credentials::read_certificate(host, path, terms).await),
            None => None,
        };
        let mut beside = None;
        let mut public_key = None;
        if let (Some(source), Some(passphrase)) = (&parts.key, &parts.passphrase) {
            // Whether key and certificate belong together is a check of its own, not a property of the key; only
            // an external signer needs the certificate, to verify what it signs.
            let external = matches!(source, KeySource::Signer(_)) && matches!(configured, Some(Ok(_)));
            let certificate = certificate.filter(|_| external);
            let wanted = Wanted { key: source, passphrase: passphrase.as_ref(), certificate };
            let key = credentials::resolve(host, wanted, terms).await;
            self.facts.key_readers = credentials::readers(source);
            self.facts.key = Some(key.map(|key| {
                public_key = key.signer.public_key().map(<[u8]>::to_vec);
                beside = key.certificate;
                self.signer = Some(key.signer);
                let repaired = key.warnings.into_iter().find(|warning| warning.code == "key-repaired");
                KeyFacts { description: key.description, repaired }
            }));
        }
        let label = match (certificate, &parts.key) {
            (Some(path), _) => path.display().to_string(),
            (None, key) => key.as_ref().map(KeySource::label).unwrap_or_default(),
        };
        self.facts.certificate = configured.or(beside.map(Ok)).map(|certificate| {
            certificate.map(|certificate| {
                let matches_key = public_key.as_deref().map(|key| certificate.matches(key));
                CertificateFacts { certificate, label, matches_key }
            })
        });
        self.took("key.readable", begun);
    }

    async fn gather_network(&mut self) {
        if self.report.is_blocked("network.dns") {
            return;
        }
        let Parts { login_host: Some(login_host), proxy: Some(proxy), ca_file: Some(ca_file), .. } = &self.facts.parts
        else {
            return;
        };
        let network = match super::login::network_by(proxy.as_ref(), ca_file.as_deref()) {
            Ok(network) => network,
            Err(error) => {
                self.facts.probe = Some(Err(error));
                return;
            }
        };
        let url = format!("{}/services/data/", login_host.origin());
        let Ok(target) = url::Url::parse(&url) else { return };
        let proxy = self.service.host.http.proxy_for(&url, &network);
        let (host, port) = match &proxy {
            Some(hop) => (hop.host.clone(), hop.port),
            None => (target.host_str().unwrap_or_default().to_owned(), target.port_or_known_default().unwrap_or(443)),
        };
        self.facts.proxy = proxy.map(|hop| format!("{}:{}", hop.host, hop.port));
        let patience = self.deadline.min(Instant::now() + PROBE_PATIENCE);

        let begun = Instant::now();
        let addresses = http::lookup(&host, port, patience).await;
        self.took("network.dns", begun);
        let connected = match &addresses {
            Ok(addresses) => {
                let begun = Instant::now();
                let connected = http::connect(&host, addresses, patience).await;
                self.took("network.connect", begun);
                connected.map(|address| address.to_string())
            }
            Err(error) => Err(error.duplicate()),
        };
        let reached = connected.is_ok();
        self.facts.addresses = Some(addresses.map(|all| all.iter().map(|a| a.ip().to_string()).collect()));
        self.facts.connected = Some(match &self.facts.proxy {
            Some(proxy) => connected.map(|address| format!("the proxy {proxy} ({address})")).map_err(behind_proxy),
            None => connected,
        });
        if reached {
            let begun = Instant::now();
            let probe = self.probe(&url, &network).await;
            self.took("network.tls", begun);
            self.facts.probe = Some(probe);
        }
    }

    /// A request without credentials: Salesforce lists its API versions to anybody.
    async fn probe(&self, url: &str, network: &http::Network) -> Result<ProbeFacts> {
        let request = ::http::Request::get(url)
            .header("accept", "application/json")
            .body(SecretBytes::from(Vec::new()))
            .map_err(|e| Error::new(Reason::Internal, "the request could not be built").because(e))?;
        let patience = self.deadline.min(Instant::now() + PROBE_PATIENCE);
        let encrypted = url.starts_with("https:");
        match self.service.host.http.send(request, network, patience).await {
            Ok(answer) => {
                let clock_skew = exchange::clock_skew(&answer.response, answer.sent, answer.received);
                Ok(ProbeFacts { encrypted, clock_skew })
            }
            // Something answered, if strangely: the way there is open, and the exchange will tell.
            Err(error) if matches!(error.reason(), Reason::Truncated | Reason::TooLarge) => {
                Ok(ProbeFacts { encrypted, clock_skew: None })
            }
            Err(error) if !encrypted && error.reason() == Reason::Connect => {
                Ok(ProbeFacts { encrypted, clock_skew: None })
            }
            Err(error) => Err(error),
        }
    }

    async fn gather_grant(&mut self) {
        let Some(profile) = self.profile().filter(|_| !self.report.is_blocked("grant.accepted")) else { return };
        let Some(signer) = self.signer.clone() else { return };
        let begun = Instant::now();
        let mut tries = 0_u32;
        let grant = loop {
            let grant = self.exchange(Arc::clone(&profile), signer.clone()).await;
            tries += 1;
            let heals = |error: &Error| refusal::entry(error.reason()).is_some_and(|e| e.retry == Retry::Propagation);
            let left = self.wishes.wait.saturating_sub(begun.elapsed());
            match &grant {
                Err(error) if heals(error) && !left.is_zero() => {
                    let reason = error.reason().code();
                    let so_far = begun.elapsed().as_secs();
                    let message = format!(
                        "login {tries} was refused after {so_far} s ({reason}) and tried again, as --wait asks"
                    );
                    self.warnings.push(Warning { reason: "propagation-awaited".to_owned(), message });
                    self.pause(reason, left).await;
                    self.deadline = Instant::now() + self.service.timeout;
                }
                _ => break grant,
            }
        };
        self.took("grant.accepted", begun);
        self.facts.grant = Some(grant);
    }

    /// Waits a while, counting down. The pause fits the whole wait, so that a short one sees several tries.
    async fn pause(&self, reason: &'static str, left: Duration) {
        let pause = (self.wishes.wait / 10).clamp(Duration::from_millis(500), LONGEST_PAUSE).min(left);
        let begun = Instant::now();
        let mut fresh = true;
        while begun.elapsed() < pause {
            (self.hear)(Happening::Waiting { reason, left: left.saturating_sub(begun.elapsed()), fresh });
            fresh = false;
            tokio::time::sleep(pause.saturating_sub(begun.elapsed()).min(Duration::from_secs(1))).await;
        }
    }

    /// An exchange of its own, in the place where every other caller waits for it and finds its token.
    async fn exchange(&mut self, profile: Arc<Profile>, signer: Signer) -> Result<Grant> {
        let tokens = self.service.tokens()?;
        let key = CacheKey::of(&profile);
        let ask = Ask { lifetime: profile.token_lifetime, min_validity: Duration::ZERO, fresh: true, rejected: None };
        let patience = self.deadline.saturating_duration_since(Instant::now());
        let terms = Terms { ask, patience, logins_per_hour: profile.max_logins_per_hour };
        let task = LoginTask::new(self.service, profile, self.deadline).within(self.wishes.allowance.clone());
        let told = Arc::new(Mutex::new((0, Vec::new())));
        let telling = Arc::clone(&told);
        let exchange = |worked_before| async move {
            let outcome = task.knowing(worked_before).exchange(&signer).await;
            *telling.lock().unwrap_or_else(PoisonError::into_inner) = (outcome.logins, outcome.warnings);
            outcome.result.map(|grant| (grant, Vec::new()))
        };
        let answer = tokens.token(&key, &terms, exchange).await;
        let (logins, warnings) = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
        self.logins += logins;
        self.warnings.extend(warnings.into_iter().map(Warning::from));
        answer.map(|answer| {
            self.warnings
                .extend(answer.warnings.into_iter().filter(|w| w.code != "rest-only-token").map(Warning::from));
            answer.grant
        })
    }

    async fn gather_after(&mut self) {
        let (Some(profile), Some(Ok(grant))) = (self.profile(), &self.facts.grant) else { return };
        let Ok(network) = super::login::network(&profile) else { return };
        let org = rest::Org { http: &self.service.host.http, grant, network: &network, deadline: self.deadline };
        let begun = Instant::now();
        let identity = org.identity().await;
        let identity_took = begun.elapsed();
        let begun = Instant::now();
        let api = match &identity {
            Ok(_) => Some(org.limits().await),
            Err(_) => None,
        };
        let api_took = begun.elapsed();
        let app = match (&identity, &api) {
            (Ok(identity), Some(Ok(api))) => org.app(&api.version, identity).await,
            (Err(_), _) | (_, None) => AppFacts::unseen("it is not known who the token belongs to"),
            (_, Some(Err(_))) => AppFacts::unseen("the API gave no answer"),
        };
        // A token that does not work, or is somebody else's, answers nobody from the cache. At the API, 403 can also
        // be about the user's rights; 401 is about the session.
        let useless = match (&identity, &api) {
            (Err(error), _) => error.reason() == Reason::TokenRejected,
            (Ok(identity), _) if identity.is_meant_by(&profile).is_err() => true,
            (_, Some(Err(error))) => {
                error.reason() == Reason::TokenRejected && error.details().http_status == Some(401)
            }
            (Ok(_), _) => false,
        };
        if useless && let Ok(tokens) = self.service.tokens() {
            tokens.store().forget_token(&CacheKey::of(&profile), &grant.access_token);
        }
        self.facts.durations.insert("identity.match", milliseconds(identity_took));
        self.facts.durations.insert("api.enabled", milliseconds(api_took));
        self.facts.identity = Some(identity);
        self.facts.api = api;
        self.facts.app = app;
    }

    fn profile(&self) -> Option<Arc<Profile>> {
        self.facts.profile.as_ref().ok().cloned()
    }

    fn took(&mut self, check: &'static str, begun: Instant) {
        self.facts.durations.insert(check, milliseconds(begun.elapsed()));
    }

    fn finish(self, found: &Found) -> VerifyResult {
        let failed = self.report.failed().map(|judged| judged.check.id.to_owned());
        let identity = match (&self.facts.identity, &self.facts.grant) {
            (Some(Ok(identity)), Some(Ok(grant))) => Some(Identity {
                org_id: identity.org_id.long(),
                user_id: identity.user_id.long(),
                username: identity.username.clone(),
                instance_url: grant.instance_url.clone(),
            }),
            _ => None,
        };
        let as_given = |field| {
            let value = found.draft.shown_value(field, Surroundings::default());
            let shown = value.as_str()?;
            // nobody has judged it: it could draw on a terminal, or be a URL with a password, or hold a token
            let plain = shown.len() <= 300 && !shown.contains(char::is_control) && !holds_secret(shown);
            let password = shown.contains("://") && shown.contains('@');
            (plain && !password).then(|| shown.to_owned())
        };
        let Parts { username, login_host, .. } = &self.facts.parts;
        VerifyResult {
            ok: failed.is_none(),
            org: found.draft.name.clone(),
            username: username.clone().or_else(|| as_given(Field::Username)),
            login_url: login_host.as_ref().map(|host| host.as_str().to_owned()).or_else(|| as_given(Field::LoginUrl)),
            failed,
            logins: self.logins,
            checks: self.report.judged.iter().map(check_result).collect(),
            identity,
            warnings: self.warnings,
        }
    }
}

fn behind_proxy(error: Error) -> Error {
    Error::new(Reason::Proxy, format!("the proxy cannot be reached: {error}"))
        .hint("check HTTPS_PROXY and NO_PROXY, or the org's proxy setting")
        .with(|d| d.phase = Some("proxy".to_owned()))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn check_result(judged: &Judged) -> CheckResult {
    let mut result = CheckResult {
        id: judged.check.id.to_owned(),
        title: judged.check.title.to_owned(),
        status: CheckStatus::Pass,
        detail: String::new(),
        duration_ms: judged.duration_ms,
        reason: None,
        causes: Vec::new(),
        remedy: None,
        links: Vec::new(),
    };
    match &judged.judgement {
        Judgement::Pass(detail) => result.detail.clone_from(detail),
        Judgement::Skip(why) => {
            result.status = CheckStatus::Skip;
            result.detail.clone_from(why);
        }
        Judgement::Needs(id) => {
            result.status = CheckStatus::Skip;
            result.detail = format!("needs {id}");
        }
        Judgement::Warn(finding) => {
            result.status = CheckStatus::Warn;
            result.detail.clone_from(&finding.detail);
            result.reason = Some(finding.reason.to_owned());
            result.remedy = Some(finding.remedy.clone());
            result.links = finding.links.iter().cloned().map(Into::into).collect();
        }
        Judgement::Fail(error) => {
            result.status = CheckStatus::Fail;
            result.detail = error.message().to_owned();
            result.reason = Some(error.reason().code().to_owned());
            result.causes.clone_from(&error.details().causes);
            result.remedy.clone_from(&error.details().hint);
            result.links = error.details().links.iter().cloned().map(Into::into).collect();
        }
    }
    result
}
