//! The verb `explain`: what a code means that an error, a check or a warning carried. Refusals come from the
//! catalogue, checks from the list of checks, everything else from the tables here.

use crate::error::{Error, Kind, Reason, Result, nearest};
use crate::oauth::exchange::WEB_PAGE_CAUSES;
use crate::oauth::refusal::{self, Entry};
use crate::protocol::types::Explanation;
use crate::verify::checks::{self, Check};

/// Explains a reason, a check id or a warning's code; case and white space around it mean nothing.
///
/// Errors: `invalid-parameter`, with the nearest code when there is one.
pub fn explain(code: &str) -> Result<Explanation> {
    let wanted = code.trim().trim_matches(['[', ']', '`']).to_lowercase();
    if let Some(reason) = Reason::from_code(&wanted) {
        return Ok(match refusal::entry(reason) {
            Some(entry) => of_refusal(entry),
            None => of_reason(reason),
        });
    }
    if let Some(check) = checks::CHECKS.iter().find(|check| check.id == wanted) {
        return Ok(of_check(check));
    }
    if let Some(row) = WARNINGS.iter().find(|(code, ..)| *code == wanted) {
        return Ok(of_warning(row));
    }
    Err(unknown(&wanted))
}

/// Every code that can be explained: reasons, checks, warnings.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let reasons = Reason::ALL.iter().map(|reason| reason.code());
    reasons.chain(checks::CHECKS.iter().map(|check| check.id)).chain(WARNINGS.iter().map(|(code, ..)| *code))
}

fn unknown(wanted: &str) -> Error {
    let error = Error::usage(Reason::InvalidParameter, "code", "no such code");
    // Part of a code is enough to mean it: `approved`.
    let containing: Vec<_> = codes().filter(|code| wanted.len() >= 3 && code.contains(wanted)).collect();
    match (nearest(wanted, codes()), containing.as_slice()) {
        (_, &[code]) | (Some(code), []) => error.hint(format!("did you mean `{code}`?")),
        (_, [_, ..]) => error.hint(format!("did you mean one of these: {}?", containing.join(", "))),
        (None, []) => error.hint(
            "give a reason such as user-not-approved, or a check such as grant.accepted; `sf-jwt explain` lists all",
        ),
    }
}

fn blank(code: &str, kind: &str, meaning: String) -> Explanation {
    Explanation {
        code: code.to_owned(),
        kind: kind.to_owned(),
        meaning,
        wordings: Vec::new(),
        causes: Vec::new(),
        remedy: None,
        links: Vec::new(),
        retry: None,
        source: None,
    }
}

fn with_codes(reason: Reason) -> String {
    let kind = reason.kind();
    let exit = kind.exit_code();
    format!("{} (kind {}, exit code {exit}, JSON-RPC code {})", reason.meaning(), kind.name(), reason.rpc_code())
}

fn of_refusal(entry: &Entry) -> Explanation {
    Explanation {
        wordings: entry.wordings.iter().map(|said| format!("{}: {}", said.error, said.description)).collect(),
        causes: entry.causes.iter().map(|cause| cause.text.to_owned()).collect(),
        remedy: Some(entry.remedy.to_owned()),
        links: entry.pages.iter().map(|page| page.link(None).into()).collect(),
        retry: Some(entry.retry.text().to_owned()),
        source: Some(entry.source.to_owned()),
        ..blank(entry.reason.code(), "refusal", with_codes(entry.reason))
    }
}

fn of_reason(reason: Reason) -> Explanation {
    let retry = match reason.retryable() {
        true => "after a pause",
        false if reason.retryable_for_5xx() => "after a pause, when the HTTP status is 5xx",
        false => "not without a change",
    };
    let causes: &[&str] = match reason {
        Reason::HtmlPage => &WEB_PAGE_CAUSES,
        _ => &[],
    };
    Explanation {
        causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
        remedy: Some(remedy(reason).to_owned()),
        retry: Some(retry.to_owned()),
        ..blank(reason.code(), "reason", with_codes(reason))
    }
}

fn of_check(check: &Check) -> Explanation {
    let mut explanation = blank(check.id, "check", format!("{}: {}", check.title, check.about));
    if !check.needs.is_empty() {
        explanation.remedy =
            Some(format!("when it is skipped, look first at what it needs: {}", check.needs.join(", ")));
    }
    explanation
}

fn of_warning((code, meaning, remedy): &(&str, &str, &str)) -> Explanation {
    Explanation { remedy: Some((*remedy).to_owned()), ..blank(code, "warning", (*meaning).to_owned()) }
}

/// What to do about a reason that is no refusal. A concrete error says it for its own case; this is for reading up.
const fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::Internal => "please report it, with the output of the same command under -v",
        Reason::MissingParameter | Reason::InvalidParameter | Reason::UnknownParameter => {
            "correct the flag or parameter that the error names as `field`; --help and rpc.discover list them"
        }
        Reason::ConflictingParameters => "leave one of them out",
        Reason::InvalidId => "copy the id again; ids have 15 characters, or 18 with their checksum",
        Reason::ForeignId => "use the id that the message asks for; its first three characters tell the kind of record",
        Reason::InvalidTarget => "use the org's My Domain, as Setup → My Domain shows it",
        Reason::AlreadyExists => "choose another name, or move the old file away: nothing is overwritten",
        Reason::UnknownOrg => "`sf-jwt orgs list` shows every name that is known",
        Reason::NoOrg => "name an org by --org or SF_JWT_ORG, or give the connection by flags or variables",
        Reason::MissingField | Reason::InvalidField => "`sf-jwt orgs show NAME` shows every value and who says it",
        Reason::HostNotTrusted => {
            "use the org's My Domain as login-url; a host of your own goes under trusted-hosts in orgs.toml"
        }
        Reason::SecretInConfig => "move the secret into a file or keychain, and name its place by a URI",
        Reason::InsecureConfig => "take the others' write access away: chmod go-w",
        Reason::UnreadableConfig => "make the file readable for the user that runs sf-jwt",
        Reason::InvalidConfig => "correct the line that the message names",
        Reason::NotAllowed => "do it in the configuration or by flags; a server allows it only when started so",
        Reason::LoginBudget => {
            "find what logs in so often; raise max-logins-per-hour or --max-logins if it is meant, up to Salesforce's 3600 per user and hour"
        }
        Reason::OrgMismatch => "check login-url, username and org-id: the token belongs to another org",
        Reason::UserMismatch => "check username: the token belongs to another user",
        Reason::ApiDisabled => "give the user API Enabled by profile or permission set; some editions have no API",
        Reason::ApiLimit => "wait until the 24-hour window has moved on, and find what asks so often",
        Reason::KeyNotFound => "correct the path or name in the key URI; relative paths count from orgs.toml",
        Reason::KeyUnreadable => "make the file readable for the user that runs sf-jwt",
        Reason::KeyEmpty => "put the key where the URI says; in CI, check that the secret reaches this job",
        Reason::KeyEncrypted => "say where the passphrase is: --passphrase, `passphrase` in orgs.toml",
        Reason::WrongPassphrase => "check the passphrase, and that it belongs to this key",
        Reason::NotAPrivateKey => "use the private key: the file with BEGIN PRIVATE KEY, not the certificate",
        Reason::NotACertificate => "use the certificate that was uploaded to the app: BEGIN CERTIFICATE",
        Reason::WrongAlgorithm => "make an RSA key with `sf-jwt certificate new`: Salesforce takes RS256 only",
        Reason::TooSmall => "make a key of 2048 bits or more with `sf-jwt certificate new`",
        Reason::UnsupportedFormat => "convert the key to PKCS#8; the message names the command",
        Reason::Damaged => "copy the file again, whole, as it was made",
        Reason::CertificateMismatch => {
            "use the key that the certificate was made for, or upload this key's certificate to the app"
        }
        Reason::SignerFailed => "run the signer by hand: signing input on stdin, RS256 signature on stdout",
        Reason::CommandFailed => "run the command by hand as the same user; its stdout has to be the key",
        Reason::KeychainFailed => "unlock the keychain, or name the key's place in another way",
        Reason::Dns => "check the My Domain for typing errors; a new one takes minutes to appear in DNS",
        Reason::Connect => "check the network, a firewall, or whether a proxy is needed (HTTPS_PROXY)",
        Reason::Tls => "behind a proxy that opens TLS, give its CA with --ca-file; else check clock and host",
        Reason::Proxy => "check HTTPS_PROXY and NO_PROXY, or the org's proxy setting",
        Reason::Timeout => "allow more with --timeout, or check the network",
        Reason::NotOauthJson => "check the login URL, and whether a proxy answers instead of Salesforce",
        Reason::HtmlPage => "the org may be in maintenance (https://status.salesforce.com), or a proxy answered",
        Reason::Redirect => "redirects are never followed; use the My Domain that Setup shows today",
        Reason::Truncated => "try again; when it stays, look for a proxy that cuts answers",
        Reason::TooLarge => "something else than Salesforce answers: check the login URL and proxies",
        Reason::ForeignInstanceUrl => "list the host under trusted-hosts in orgs.toml if it is yours",
        Reason::TokenRejected => "look at the session policies and IP restrictions of the app and the user's profile",
        Reason::Cancelled => "nothing is wrong: run it again",
        Reason::ParseError => "send one JSON text per line, or LSP frames with Content-Length",
        Reason::InvalidRequest => "send JSON-RPC 2.0: jsonrpc, method, and id for a call",
        Reason::MethodNotFound => "rpc.discover lists the methods; a server may have been started with fewer",
        _ => refused(reason),
    }
}

/// A refusal's remedy is in the catalogue.
const fn refused(reason: Reason) -> &'static str {
    match reason.kind() {
        Kind::Refused => "see the causes",
        _ => "see the message",
    }
}

/// Warnings: code, meaning, what to do.
const WARNINGS: &[(&str, &str, &str)] = &[
    (
        "app-kind-differs",
        "the app's kind and the way it is installed do not fit",
        "correct app-kind, or use the app's own id",
    ),
    (
        "audience-tried",
        "an audience was refused, and audience = \"auto\" tried the next one",
        "set audience to the one that worked: each try is a login",
    ),
    ("browser-not-opened", "no browser could be opened here", "open the page by hand"),
    (
        "certificate-expired",
        "the certificate has expired; Salesforce is reported to take it all the same",
        "make a new one with `sf-jwt certificate new` and upload it to the app",
    ),
    (
        "certificate-expires-soon",
        "the certificate expires within weeks",
        "make a new one with `sf-jwt certificate new` and upload it to the app",
    ),
    (
        "certificate-not-yet-valid",
        "the certificate is valid only from a later day",
        "check the clock of the machine that made it",
    ),
    (
        "certificate-too-large",
        "the certificate file is larger than Salesforce takes (4 KB)",
        "use fewer names, a smaller key, or upload it as DER",
    ),
    (
        "client-id-unusual",
        "the consumer key does not begin with 3MVG, as those that Salesforce makes do",
        "compare it with Manage Consumer Details of the app",
    ),
    (
        "clock-ahead",
        "this machine's clock is ahead of the server's; logins work all the same",
        "set this machine's clock (NTP)",
    ),
    (
        "clock-behind",
        "this machine's clock is behind the server's; times are corrected up to 10 minutes",
        "set this machine's clock (NTP)",
    ),
    (
        "clock-corrected",
        "an assertion had expired on arrival and was made again with the server's time",
        "set this machine's clock (NTP): each correction is a login",
    ),
    (
        "id-repaired",
        "the case of an 18-character id was lost, and restored from its checksum",
        "copy the id again, with its case",
    ),
    (
        "ignored-variable",
        "an environment variable says something about a configured org, and is ignored",
        "unset it, or override by a flag",
    ),
    ("key-permissions", "other users can read the private key", "chmod 600"),
    (
        "key-repaired",
        "the key had been changed in passing it on (line breaks, quotes), and was repaired",
        "store the key as it came",
    ),
    (
        "key-unusable",
        "the org was added, but where its key should be there is none, or something else",
        "put the key there, or name another place in orgs.toml",
    ),
    (
        "legacy-host",
        "the host is from before enhanced domains, whose redirects end",
        "use the My Domain that Setup shows today",
    ),
    (
        "long-token-lifetime",
        "an opaque token is reused longer than the shortest session timeout of an org",
        "keep token-lifetime at 15m or below, unless you know the org's session timeout",
    ),
    (
        "no-token-lock",
        "tokens cannot be locked here, so that processes may log in at the same time",
        "use a state folder on a file system with locks",
    ),
    (
        "no-token-store",
        "tokens cannot be kept here, so that every process logs in anew",
        "give a private folder with --state-dir",
    ),
    (
        "project-org",
        "the org was chosen by the Salesforce DX project around this folder",
        "name it by --org if it is meant",
    ),
    (
        "propagation-awaited",
        "a refusal that heals by itself was waited for, as --wait asked",
        "nothing; each try was a login",
    ),
    (
        "rest-only-token",
        "the app issues JWT-format access tokens, which work for REST only",
        "switch them off in the app if SOAP or Metadata API is needed",
    ),
    (
        "retried",
        "a login was tried again, since the same connection had worked before",
        "nothing; if it stays, check that the app is still in the org",
    ),
    (
        "sandbox-app",
        "an app that was made in a sandbox cannot be installed in production",
        "make the app in a production or developer org",
    ),
    (
        "scopes-narrow",
        "the token has no api scope, so that most APIs refuse it",
        "add \"Manage user data via APIs (api)\" to the app's scopes",
    ),
    (
        "self-authorize",
        "all users may authorize the app themselves; a login depends on this user's own approval",
        "set Permitted Users to \"Admin approved users are pre-authorized\", after assigning everybody who needs the app",
    ),
    (
        "not-audited",
        "a file or folder could not be looked into",
        "see the message; what is not readable here may still be packaged",
    ),
    (
        "not-audited-whole",
        "a file is too large, too deep or too strange to be looked into whole",
        "see the message; look at the rest by hand",
    ),
    (
        "not-ignored-by-git",
        "a secret is left out of the package by .forceignore, but git would commit it",
        "list it in .gitignore, too",
    ),
    ("site-host", "the host is an Experience Cloud site", "use the org's My Domain unless the user is a site user"),
    (
        "token-folder-refused",
        "the folder where tokens would be kept is not private, and was passed over for another",
        "see the message; remove it, or make it yours alone (chmod 700)",
    ),
    ("token-not-kept", "a token could not be kept", "check the state folder's permissions and space"),
    ("unread-org", "a file of the Salesforce CLI's store was left out", "see the message"),
    (
        "username-of-sandbox",
        "the host is a production org's, and the username looks like a sandbox user's",
        "use the sandbox's My Domain, or the username without the sandbox's name",
    ),
    (
        "username-without-sandbox",
        "the host is a sandbox's, and the username does not end with its name",
        "in a sandbox usernames end with .SANDBOXNAME, unless they were changed",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_explained_and_means_one_thing() {
        let mut seen = HashSet::new();
        for code in codes() {
            let found = explain(&format!(" {} ", code.to_uppercase())).unwrap();
            assert!(seen.insert(code), "{code} means two things");
            assert!(found.code == code && !found.meaning.is_empty(), "{found:?}");
            assert_ne!(found.remedy.as_deref(), Some("see the causes"), "{code}");
        }
        let refusal = explain("user-not-approved").unwrap();
        assert!(refusal.causes.len() > 5 && refusal.links.len() == 3 && refusal.wordings.len() == 1);
        assert!(refusal.meaning.contains("exit code 20") && refusal.source.is_some(), "{refusal:?}");
    }

    #[test]
    fn a_code_that_is_not_there_names_the_nearest() {
        for (wanted, hint) in [
            ("user-not-aproved", "did you mean `user-not-approved`?"),
            ("grant-accepted", "did you mean `grant.accepted`?"),
            ("readable", "did you mean one of these: unreadable-config, unreadable, key.readable?"),
            ("admin-approved", "did you mean one of these: user-not-admin-approved, app.admin-approved?"),
            ("qqq", "give a reason"),
        ] {
            let error = explain(wanted).unwrap_err();
            assert_eq!((error.reason(), error.kind().exit_code()), (Reason::InvalidParameter, 2));
            assert!(error.details().hint.as_ref().unwrap().starts_with(hint), "{wanted}: {error:?}");
        }
    }

    #[test]
    fn every_warning_in_the_source_has_a_row() {
        fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() { files(&path, found) } else { found.push(path) }
            }
        }
        let mut sources = Vec::new();
        files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
        let known: HashSet<_> = WARNINGS.iter().map(|(code, ..)| *code).collect();
        let (mut count, mut missing) = (0, Vec::new());
        for path in sources {
            let text = std::fs::read_to_string(&path).unwrap();
            for opening in ["Warning::new(", "Judgement::warn("] {
                for piece in text.split(opening).skip(1) {
                    let Some(literal) = piece.trim_start().strip_prefix('"') else { continue };
                    let code = literal.split('"').next().unwrap();
                    if code.len() < 2 || !code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
                        continue;
                    }
                    count += 1;
                    if !known.contains(code) {
                        missing.push(format!("{code} of {}", path.display()));
                    }
                }
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
        assert!(count > 10, "the search finds nothing any more");
    }
}
