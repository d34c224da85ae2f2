//! The forms in which a token leaves for other tools. In none of them does it pass through an argument list, where
//! every user of the machine could read it.

use super::render::Console;
use crate::error::{Error, Reason, Result};
use crate::host::{Env, files};
use crate::protocol::types::TokenResult;
use crate::secret::SecretBytes;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// In which form the token is printed.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct OutputForm {
    /// The form of the answer
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,

    /// For which shell `--format env` is
    #[arg(long, value_enum, value_name = "SHELL")]
    shell: Option<Shell>,
}

/// The forms of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The bare token
    #[default]
    Token,
    /// Everything known about it
    Json,
    /// Variables: eval "$(sf-jwt token --format env)"
    Env,
    /// A header line: curl -H @<(sf-jwt token --format header) URL
    Header,
    /// A curl config: sf-jwt token --format curl | curl -K - URL
    Curl,
    /// What AWS tools expect of a credential_process
    CredentialProcess,
    /// What kubectl and others expect of an exec credential plugin
    ExecCredential,
}

/// The shells that variables can be set for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// POSIX shells: export NAME='…'
    #[default]
    Sh,
    /// set -gx NAME '…'
    Fish,
    /// $env:NAME = '…'
    Powershell,
    /// NAME=…, for env files
    Dotenv,
    /// GitHub Actions: masks the token, then appends to $GITHUB_ENV
    Github,
}

impl OutputForm {
    /// Prints the token.
    ///
    /// # Errors
    /// `conflicting-parameters`; `missing-parameter` without `GITHUB_ENV`; `not-oauth-json` when Salesforce's answer
    /// holds control characters, which no shell could be told safely.
    pub(crate) fn print(self, result: &TokenResult, env: &Env, console: &Console) -> Result<()> {
        let format = self.checked(console.json())?;
        if format == Format::Json {
            return console.value(result);
        }
        plain(result)?;
        let shell = self.shell.unwrap_or_default();
        if (format, shell) != (Format::Env, Shell::Github) {
            return console.bytes(render(format, shell, result).expose());
        }
        let file = github_file(env)?;
        // The runner must know what to hide before it can see it.
        console.bytes(mask(result).expose())?;
        files::append(&file, render(format, shell, result).expose()).map_err(|error| {
            Error::new(Reason::UnreadableConfig, format!("the variables could not be handed over: {error}"))
                .because(error)
        })
    }

    /// Whether the wishes fit together and can be fulfilled here; asked before a token is.
    pub(crate) fn check(self, json: bool, env: &Env) -> Result<()> {
        match (self.checked(json)?, self.shell) {
            (Format::Env, Some(Shell::Github)) => github_file(env).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn checked(self, json: bool) -> Result<Format> {
        let conflict = |message: &str| Err(Error::usage(Reason::ConflictingParameters, "format", message));
        match self.format {
            Some(format) if json && format != Format::Json => conflict("--json is --format json"),
            Some(Format::Env) => Ok(Format::Env),
            _ if self.shell.is_some() => conflict("--shell belongs to --format env"),
            format => Ok(format.unwrap_or(if json { Format::Json } else { Format::Token })),
        }
    }
}

/// The file that GitHub's runner takes variables from.
fn github_file(env: &Env) -> Result<PathBuf> {
    env.path("GITHUB_ENV").ok_or_else(|| {
        Error::usage(Reason::MissingParameter, "shell", "GITHUB_ENV is not set")
            .hint("--shell github is for steps of GitHub Actions; elsewhere use another shell's form")
    })
}

/// What other tools know a login by: `SF_ACCESS_TOKEN` and `SF_ORG_INSTANCE_URL` are the Salesforce CLI's names,
/// `SF_INSTANCE_URL` is the Force CLI's. `None` for what is unknown: an inherited value would be another org's.
pub(crate) fn variables(result: &TokenResult) -> [(&'static str, Option<&str>); 5] {
    [
        ("SF_ACCESS_TOKEN", Some(result.access_token.0.expose())),
        ("SF_INSTANCE_URL", Some(&result.instance_url)),
        ("SF_ORG_INSTANCE_URL", Some(&result.instance_url)),
        ("SF_ORG_ID", result.org_id.as_deref()),
        ("SF_USERNAME", Some(&result.username)),
    ]
}

/// Refuses control characters: a line end inside a value would be a line of its own in most forms.
pub(crate) fn plain(result: &TokenResult) -> Result<()> {
    let strange = variables(result).into_iter().find(|(_, v)| v.is_some_and(|v| v.chars().any(char::is_control)));
    match strange {
        None => Ok(()),
        Some((name, _)) => {
            let message = format!("the value for {name} has control characters in it and cannot be handed on");
            Err(Error::new(Reason::NotOauthJson, message).hint("use --format json"))
        }
    }
}

fn render(format: Format, shell: Shell, result: &TokenResult) -> SecretBytes {
    let token = result.access_token.0.expose();
    let text = match format {
        Format::Token => format!("{token}\n"),
        Format::Json => format!("{}\n", json!(result)),
        Format::Env => environment(shell, result),
        Format::Header => format!("Authorization: Bearer {token}\n"),
        Format::Curl => format!("header = \"Authorization: Bearer {}\"\n", backslashed(token, &['\\', '"'])),
        // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html: these members are what
        // such clients read; a Salesforce token is one secret, so it stands for both of theirs.
        Format::CredentialProcess => {
            let answer = json!({"Version": 1, "AccessKeyId": result.username, "SecretAccessKey": token,
                "SessionToken": token, "Expiration": result.expires_at, "InstanceUrl": result.instance_url});
            format!("{answer}\n")
        }
        // https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
        Format::ExecCredential => {
            let status = json!({"token": token, "expirationTimestamp": result.expires_at});
            let answer =
                json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
            format!("{answer}\n")
        }
    };
    text.into_bytes().into()
}

fn environment(shell: Shell, result: &TokenResult) -> String {
    let line = |(name, value): (&str, Option<&str>)| match (shell, value) {
        (Shell::Sh, Some(value)) => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
        (Shell::Sh, None) => format!("unset {name}\n"),
        (Shell::Fish, Some(value)) => format!("set -gx {name} '{}'\n", backslashed(value, &['\\', '\''])),
        (Shell::Fish, None) => format!("set -e {name}\n"),
        (Shell::Powershell, Some(value)) => format!("$env:{name} = '{}'\n", doubled(value)),
        (Shell::Powershell, None) => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n"),
        (Shell::Dotenv, Some(value)) => format!("{name}={}\n", dotenv(value)),
        (Shell::Github, Some(value)) => format!("{name}={value}\n"),
        (Shell::Dotenv | Shell::Github, None) => String::new(),
    };
    variables(result).into_iter().map(line).collect()
}

/// The workflow command that makes the runner replace the token by `***` in every log
/// (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions#masking-a-value-in-a-log>). `%`
/// begins an escape in such commands.
fn mask(result: &TokenResult) -> SecretBytes {
    format!("::add-mask::{}\n", result.access_token.0.expose().replace('%', "%25")).into_bytes().into()
}

fn backslashed(value: &str, special: &[char]) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        if special.contains(&character) {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

/// PowerShell takes the typographic single quotes for the straight one; doubled, each stands for itself.
fn doubled(value: &str) -> String {
    let quote = |c| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
    value.chars().flat_map(|c| std::iter::repeat_n(c, if quote(c) { 2 } else { 1 })).collect()
}

/// Bare where possible, since `docker --env-file` knows no quotes; else in single quotes, in which most readers
/// leave everything alone; with a single quote inside, in double quotes with escapes.
fn dotenv(value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-.:/@!+,=%~".contains(c);
    if value.chars().all(bare) {
        value.to_owned()
    } else if !value.contains('\'') {
        format!("'{value}'")
    } else {
        format!("\"{}\"", backslashed(value, &['\\', '"', '$', '`']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::types::{AccessToken, ExpirySource, TokenFormat};

    fn result(username: &str) -> TokenResult {
        TokenResult {
            access_token: AccessToken("00D!AQ.x_%".to_owned().into()),
            token_type: "Bearer".into(),
            token_format: TokenFormat::Opaque,
            instance_url: "https://acme.my.salesforce.com".into(),
            api_instance_url: None,
            org: None,
            org_id: Some("00D5e000005AHE7EAO".into()),
            user_id: None,
            username: username.into(),
            identity_url: None,
            scopes: vec![],
            issued_at: "2026-11-22T10:00:00Z".into(),
            expires_at: "2026-11-22T10:10:00Z".into(),
            expires_at_source: ExpirySource::LifetimeSetting,
            cached: false,
            login_url: "https://acme.my.salesforce.com".into(),
            audience: "https://acme.my.salesforce.com".into(),
            warnings: vec![],
        }
    }

    fn text(format: Format, shell: Shell, username: &str) -> String {
        String::from_utf8(render(format, shell, &result(username)).expose().clone()).unwrap()
    }

    const HOSTILE: &str = r#"o'b\"$(touch x)`y`${z}%!;#&|<>*?~@a c"#;

    #[test]
    fn the_lines_for_other_tools() {
        let of = |format| text(format, Shell::Sh, "u@a.b");
        assert_eq!(of(Format::Token), "00D!AQ.x_%\n");
        assert_eq!(of(Format::Header), "Authorization: Bearer 00D!AQ.x_%\n");
        assert_eq!(of(Format::Curl), "header = \"Authorization: Bearer 00D!AQ.x_%\"\n");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&of(Format::ExecCredential)).unwrap(),
            json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                "status": {"token": "00D!AQ.x_%", "expirationTimestamp": "2026-11-22T10:10:00Z"}})
        );
        let aws: serde_json::Value = serde_json::from_str(&of(Format::CredentialProcess)).unwrap();
        assert_eq!((&aws["Version"], &aws["SessionToken"]), (&json!(1), &json!("00D!AQ.x_%")));
        assert_eq!(mask(&result("u")).expose(), b"::add-mask::00D!AQ.x_%25\n");
    }

    #[test]
    fn each_shell_has_its_own_quotes() {
        let last = |shell| text(Format::Env, shell, HOSTILE).lines().last().unwrap().to_owned();
        assert_eq!(last(Shell::Sh), format!("export SF_USERNAME='{}'", HOSTILE.replace('\'', r"'\''")));
        assert_eq!(
            last(Shell::Fish),
            format!("set -gx SF_USERNAME '{}'", HOSTILE.replace('\\', r"\\").replace('\'', r"\'"))
        );
        assert_eq!(last(Shell::Powershell), format!("$env:SF_USERNAME = '{}'", HOSTILE.replace('\'', "''")));
        assert_eq!(last(Shell::Dotenv), r#"SF_USERNAME="o'b\\\"\$(touch x)\`y\`\${z}%!;#&|<>*?~@a c""#);
        assert_eq!(last(Shell::Github), format!("SF_USERNAME={HOSTILE}"));
        assert_eq!(doubled("a\u{2019}b"), "a\u{2019}\u{2019}b");
        assert_eq!(dotenv("a b#c$d"), "'a b#c$d'");
        assert_eq!(dotenv("https://a.b/c?"), "'https://a.b/c?'");
        assert_eq!(dotenv("00D5!AQ.x_@a+b"), "00D5!AQ.x_@a+b");
    }

    #[cfg(unix)]
    #[test]
    fn a_real_shell_reads_it_back() {
        let script = text(Format::Env, Shell::Sh, HOSTILE) + "printf %s \"$SF_USERNAME|$SF_ACCESS_TOKEN|$SF_ORG_ID\"";
        let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{HOSTILE}|00D!AQ.x_%|00D5e000005AHE7EAO"));
    }

    #[test]
    fn an_unknown_value_is_unset_not_inherited() {
        let unknown = TokenResult { org_id: None, ..result("u") };
        assert!(environment(Shell::Sh, &unknown).contains("unset SF_ORG_ID\n"));
        assert!(environment(Shell::Fish, &unknown).contains("set -e SF_ORG_ID\n"));
        assert!(!environment(Shell::Dotenv, &unknown).contains("SF_ORG_ID"));
    }

    #[test]
    fn control_characters_are_refused() {
        assert!(plain(&result("u")).is_ok());
        let error = plain(&TokenResult { instance_url: "https://a\nX=1".into(), ..result("u") }).unwrap_err();
        assert!(error.message().contains("SF_INSTANCE_URL"), "{error}");
    }

    #[test]
    fn wishes_that_exclude_each_other() {
        let form = |format, shell| OutputForm { format, shell };
        assert_eq!(form(None, None).checked(false).unwrap(), Format::Token);
        assert_eq!(form(None, None).checked(true).unwrap(), Format::Json);
        assert_eq!(form(Some(Format::Env), Some(Shell::Fish)).checked(false).unwrap(), Format::Env);
        assert!(form(Some(Format::Env), None).checked(true).is_err());
        assert!(form(Some(Format::Header), Some(Shell::Fish)).checked(false).is_err());
        assert!(form(None, Some(Shell::Sh)).checked(false).is_err());
        let github = form(Some(Format::Env), Some(Shell::Github));
        assert!(github.check(false, &Env::default()).is_err());
        assert!(github.check(false, &Env::of([("GITHUB_ENV", "/github/env")])).is_ok());
    }
}
