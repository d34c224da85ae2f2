//! Files that are secrets as a whole: `.env`, and the logins and the key that the Salesforce CLI keeps.

use super::hit::{Hit, pattern};
use super::literal::{is_reference, is_stand_in};
use super::rule::Rule;
use regex::bytes::{Match, Regex};
use std::sync::LazyLock;

/// Suffixes of `.env` files that are meant to be committed.
const TEMPLATES: &[&str] = &["example", "sample", "template", "tmpl", "dist", "defaults", "schema"];

static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m) ^ [\x20\t]* (?: export \s+ )? (?<name> [A-Za-z_][A-Za-z0-9_.-]* ) [\x20\t]* = [\x20\t]* ["']? (?<s> [^\s"'\#]+ )"#,
    )
});
static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i) (?: secret | token | password | passwd | passphrase | pwd | private_?key | api_?key | access_?key | auth_?url | credentials? | session_?id ) (?: _? (?: base64 | b64 | value ) )? $",
    )
});
/// A login as sfdx-core stores and `sf org display --json` prints it.
static STORED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"" (?<name> accessToken | refreshToken | clientSecret | sfdxAuthUrl | password ) " \s* : \s* " (?<s> [^"]{20,} ) ""#,
    )
});
static CLI_KEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"" (?: service" \s* : \s* "sfdx | account" \s* : \s* "local ) " [^{}]*? "key" \s* : \s* " (?<s> [0-9a-fA-F]{32,64} ) ""#,
    )
});

/// Whether a file is a `.env` that is not a template.
fn is_dotenv(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let is_env = name.starts_with(".env") && (name.len() == 4 || name[4..].starts_with(['.', '-', '_']))
        || name.ends_with(".env");
    is_env && name != ".envrc" && !parts.iter().any(|p| TEMPLATES.contains(p))
}

/// What a file gives away by being what it is.
pub(super) fn find(path: &str, text: &[u8], hits: &mut Vec<Hit>) {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if is_dotenv(&name) {
        find_variables(text, hits);
    }
    let contains = |needle: &str| text.windows(needle.len()).any(|w| w == needle.as_bytes());
    if name.ends_with(".json") && contains("\"instanceUrl\"") && (contains("\"username\"") || contains("\"orgId\"")) {
        for captures in STORED.captures_iter(text) {
            let value = captures.name("s").filter(|v| !is_stand_in(v.as_bytes()));
            hits.extend(value.map(|v| Hit::led(Rule::SfCliAuthFile, &captures, v, "")));
        }
    }
    if name == "key.json" {
        let key = CLI_KEY.captures(text).and_then(|c| c.name("s"));
        hits.extend(key.map(|k| Hit::of(Rule::SfCliKey, k.range(), "{\"service\": \"sfdx\", \"key\": \"\u{2026}\"}")));
    }
}

fn find_variables(text: &[u8], hits: &mut Vec<Hit>) {
    let mut first: Option<Match<'_>> = None;
    for captures in VARIABLE.captures_iter(text) {
        let (Some(name), Some(value)) = (captures.name("name"), captures.name("s")) else { continue };
        if is_stand_in(value.as_bytes()) || value.as_bytes().contains(&b'<') {
            continue;
        }
        first.get_or_insert(name);
        let secret = SECRET_NAME.is_match(name.as_bytes())
            && value.len() >= 6
            && !value.as_bytes().starts_with(b"$")
            && !is_reference(value.as_bytes())
            && !repeats(value.as_bytes(), name.as_bytes());
        if secret {
            hits.push(Hit::led(Rule::DotenvSecret, &captures, value, ""));
        }
    }
    // The finding about the file stands at the first variable's name, clear of any secret.
    hits.extend(first.map(|name| Hit::of(Rule::DotenvFile, name.range(), "NAME=\u{2026}")));
}

/// `SF_WEBHOOK_SECRET=invalid_webhook_secret`: a value that only says what belongs there.
fn repeats(value: &[u8], name: &[u8]) -> bool {
    let words = String::from_utf8_lossy(name).to_ascii_lowercase();
    let mut last = words.rsplit(['_', '-', '.']);
    let (last, before) = (last.next().unwrap_or_default(), last.next().unwrap_or_default());
    let value: Vec<u8> = value.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    !before.is_empty() && String::from_utf8_lossy(&value).contains(&format!("{before}{last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<Rule> {
        let mut hits = Vec::new();
        find(path, text.as_bytes(), &mut hits);
        hits.into_iter().map(|h| h.rule).collect()
    }

    #[test]
    fn dotenv_files() {
        let secret = "# mine\nexport API_TOKEN=\"a1b2c3d4\"\nPORT=80\n";
        let table = [
            (".env", secret, vec![Rule::DotenvSecret, Rule::DotenvFile]),
            ("x/.env.local", secret, vec![Rule::DotenvSecret, Rule::DotenvFile]),
            ("prod.env", secret, vec![Rule::DotenvSecret, Rule::DotenvFile]),
            (".env.example", secret, vec![]),
            ("example.env", secret, vec![]),
            (".environment", secret, vec![]),
            (".env", "SF_WEBHOOK_SECRET=invalid_webhook_secret\n", vec![Rule::DotenvFile]),
            (".env", "PORT=8080\n", vec![Rule::DotenvFile]),
            (".env", "A=\nB=<value>\nC=${D}\n# E=1\n", vec![Rule::DotenvFile]),
            (".env", "A=\nB=<value>\n# E=1\n", vec![]),
            (".env", "KEY_PASSPHRASE=keychain:a/b\nAUTH_TOKEN=$T0KEN_X\nTOKEN_FILE=/etc/x/y\n", vec![Rule::DotenvFile]),
        ];
        for (path, text, rules) in table {
            assert_eq!(found(path, text), rules, "{path}: {text}");
        }
    }

    #[test]
    fn the_clis_own_files() {
        let token = format!("{}:{}", "0123456789abcdef".repeat(6), "fedcba9876543210".repeat(2));
        let login = format!(r#"{{"accessToken": "{token}", "instanceUrl": "https://a", "username": "me@a.b"}}"#);
        assert_eq!(found(".sfdx/me@a.b.json", &login), [Rule::SfCliAuthFile]);
        assert_eq!(found("x.json", r#"{"instanceUrl": "https://a", "username": "me@a.b"}"#), []);
        let older = format!(r#"{{"account": "local", "key": "{}"}}"#, "0123456789abcdef".repeat(2));
        assert_eq!(found(".sfdx/key.json", &older), [Rule::SfCliKey]);
        let key =
            format!(r#"{{"service": "{}", "account": "local", "key": "{}"}}"#, "sfdx", "0123456789abcdef".repeat(2));
        assert_eq!(found(".sfdx/key.json", &key), [Rule::SfCliKey]);
    }
}
