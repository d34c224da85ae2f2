//! What an org's description tells about the likely cause of a refusal.

use super::profile::Profile;
use crate::app::app_kind::AppKind;
use crate::app::host_form::{HostForm, host_form};
use crate::app::my_domain::Environment;
use crate::oauth::refusal::Clue;

/// Last labels of usernames that people give to sandboxes. A username ends with the sandbox's name; of a production
/// user's it is part of a domain.
const SANDBOX_LABELS: [&str; 16] = [
    "sandbox", "sbx", "sb", "dev", "devel", "develop", "qa", "uat", "sit", "test", "testing", "stage", "staging",
    "full", "partial", "preprod",
];

/// The clues that an org's description holds.
pub fn clues(profile: &Profile) -> Vec<Clue> {
    let mut clues = Vec::new();
    let label = profile.username.rsplit('.').next().unwrap_or_default().to_lowercase();
    if let HostForm::MyDomain(domain) | HostForm::Legacy(domain) = host_form(profile.login_host.host()) {
        let sandbox = domain.name().rsplit_once("--").map(|(_, name)| name.to_lowercase());
        match (domain.environment(), sandbox) {
            (Environment::Sandbox, Some(name)) if label != name => clues.push(Clue::UsernameWithoutSandboxSuffix),
            (Environment::Production, _) if looks_like_sandbox(&label) => clues.push(Clue::SandboxUserOnProduction),
            _ => {}
        }
    }
    if profile.login_host.is_generic() {
        clues.push(Clue::GenericHost);
        if profile.login_host.as_str() == crate::oauth::login_host::LOGIN && looks_like_sandbox(&label) {
            clues.push(Clue::SandboxUserOnProduction);
        }
    }
    if profile.audience.first(&profile.login_host) != profile.login_host.as_str() {
        clues.push(Clue::AudienceElsewhere);
    }
    match profile.app_kind {
        Some(AppKind::EcaLocal) => clues.extend([Clue::ExternalClientApp, Clue::LocalApp]),
        Some(AppKind::EcaPackaged | AppKind::EcaPackagedOwn) => {
            clues.extend([Clue::ExternalClientApp, Clue::PackagedApp]);
        }
        Some(AppKind::ConnectedApp) | None => {}
    }
    clues
}

fn looks_like_sandbox(label: &str) -> bool {
    // No top-level domain has a digit in it.
    SANDBOX_LABELS.contains(&label.trim_end_matches(|c: char| c.is_ascii_digit()))
        || label.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::draft::{Draft, Reference};
    use crate::org::field::{Given, Origin};

    fn of(login_url: &str, username: &str, kind: &str) -> Vec<Clue> {
        let by = |text: &str| Some(Given::new(text.to_owned(), Origin::Flag));
        let draft = Draft {
            client_id: by("3MVG9abc"),
            username: by(username),
            login_url: by(login_url),
            app_kind: by(kind),
            key: Some(Given::new(Reference::Uri("env:K".to_owned().into()), Origin::Flag)),
            ..Draft::default()
        };
        clues(&draft.complete(Default::default()).unwrap())
    }

    #[test]
    fn clues_of_hosts_and_usernames() {
        use Clue::{ExternalClientApp, GenericHost, LocalApp, SandboxUserOnProduction, UsernameWithoutSandboxSuffix};
        for (login_url, username, kind, expected) in [
            ("https://acme.my.salesforce.com", "a@acme.example", "connected-app", &[][..]),
            ("https://acme.my.salesforce.com", "a@acme.example.uat", "connected-app", &[SandboxUserOnProduction]),
            ("https://acme.my.salesforce.com", "a@acme.example.dev2", "connected-app", &[SandboxUserOnProduction]),
            (
                "https://acme--qa.sandbox.my.salesforce.com",
                "a@acme.example",
                "connected-app",
                &[UsernameWithoutSandboxSuffix],
            ),
            ("https://acme--qa.sandbox.my.salesforce.com", "a@acme.example.QA", "connected-app", &[]),
            (
                "https://login.salesforce.com",
                "a@acme.example",
                "eca-local",
                &[GenericHost, ExternalClientApp, LocalApp],
            ),
        ] {
            assert_eq!(of(login_url, username, kind), expected, "{login_url} {username}");
        }
    }
}
