//! Secrets known by what they are called: assignments in code, configuration, shell and query strings, headers
//! and envelopes.

use super::hit::{Hit, pattern};
use super::literal::{is_password, is_secret};
use super::rule::Rule;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use regex::bytes::{Match, Regex};
use std::sync::LazyLock;

struct Assignment {
    rule: Rule,
    regex: Regex,
    /// Shown instead of what the pattern matched before the secret, where that is more than a name.
    excerpt: Option<&'static str>,
    holds: fn(&[u8]) -> bool,
}

static ASSIGNMENTS: LazyLock<Vec<Assignment>> = LazyLock::new(|| {
    let named = |rule, holds, names| Assignment { rule, regex: pattern(&to_name(names)), excerpt: None, holds };
    let within =
        |rule, holds, excerpt, source| Assignment { rule, regex: pattern(source), excerpt: Some(excerpt), holds };
    vec![
        named(
            Rule::ConsumerSecret,
            is_secret,
            r"(?: client | consumer | app | oauth ) [_.-]? secret (?: [_.-]? (?: key | value ) )?",
        ),
        named(
            Rule::SalesforcePassword,
            is_password,
            r"\b (?: sf | sfdc | sfdx | salesforce | force ) [A-Za-z0-9_.-]{0,30}? (?: password | passwd | pwd )",
        ),
        named(Rule::SecurityToken, is_secret, r"security [_.-]? token"),
        named(
            Rule::KeyPassphrase,
            is_password,
            r"(?: (?: key | keystore | store | certificate | cert | jks | p12 | pfx | pkcs12 ) [_.-]? (?: password | passwd | pass ) | pass [_.-]? phrase )",
        ),
        within(
            Rule::OauthPasswordGrant,
            is_password,
            "grant_type=password\u{2026}password=\u{2026}",
            r#"(?i) grant_type=password [^\r\n]*? [?&'"] password= (?<s> [^&\s'"+]{6,} )"#,
        ),
        within(
            Rule::OauthPasswordGrant,
            is_password,
            "password=\u{2026}grant_type=password",
            r#"(?i) \b password= (?<s> [^&\s'"+]{6,} ) & [^\r\n]*? grant_type=password"#,
        ),
        within(
            Rule::SoapLoginPassword,
            is_password,
            "<login>\u{2026}<password>\u{2026}",
            r"(?i) < (?: \w+ : )? login (?: \s [^<>]* )? > [^\x00]*? < (?: \w+ : )? password > \s* (?<s> [^<\s]{6,} ) \s* </",
        ),
        within(
            Rule::SalesforcePassword,
            is_password,
            "?un=\u{2026}&pw=\u{2026}",
            r#"(?i) [?&;] un= [^&\s"'<>]+ & (?: amp; )? pw= (?<s> [^&\s"'<>]{6,} ) | [?&;] pw= (?<t> [^&\s"'<>]{6,} ) & (?: amp; )? un="#,
        ),
        named(Rule::OtherServiceToken, is_secret, r"aws [_.-]? secret [_.-]? (?: access [_.-]? )? key"),
        within(
            Rule::BasicCredentials,
            user_and_password,
            "Basic \u{2026}",
            r"\b [Bb]asic \s+ (?<s> [A-Za-z0-9+/]{8,} ={0,2} )",
        ),
        within(
            Rule::UrlCredentials,
            is_password,
            "https://\u{2026}:\u{2026}@",
            r#"\b https?:// [^\s/:@'"`<>{}$%]{2,80} : (?<s> [^\s/@'"`<>{}$]{4,80} ) @ [A-Za-z0-9.-]+"#,
        ),
    ]
});

/// A pattern for a value given to one of these names: `name = "value"`, `"name": "value"`, `put('name', 'value')`,
/// `name=value&`, `name: value`, `<name>value</name>`, `--name value`, `name: string = 'value'`, `'name=' + 'value'`,
/// `"key": "name", "value": "value"`, `key="name" value="value"`.
fn to_name(names: &str) -> String {
    format!(
        r#"(?i) (?: ^ | [^A-Za-z0-9_.-] ) [A-Za-z0-9_.-]{{0,60}}? {names} (?: __c )?
           (?: \\*["'`]? \]? (?: \s* : \s* string )? \s* (?: => | := | = | : ) \s* (?: \\*["'`] (?: \s* \+ \s* ["'`] )? )? | > )
           (?<s> [^\s"'`&<>;,\\]{{6,}} )
         | \( \s* ["'`] [A-Za-z0-9_.-]{{0,60}}? {names} ["'`] \s* , \s* ["'`] (?<u> [^\s"'`&<>;,\\]{{6,}} )
         | ["'] [A-Za-z0-9_.-]{{0,60}}? {names} \\*["'] \s* ,? \s* \\*["']? value \\*["']? \s* [:=] \s* \\*["'] (?<v> [^\s"'`&<>;,\\]{{6,}} )
         | (?: ^ | \s ) --? {names} [\s=] \s* ["']? (?<t> [^\s"'`&<>;,\\]{{6,}} )"#,
        names = names
    )
}

/// The secrets in a text that are called so.
pub(super) fn find(text: &[u8], hits: &mut Vec<Hit>) {
    for assignment in ASSIGNMENTS.iter() {
        for captures in assignment.regex.captures_iter(text) {
            let Some(value) = ["s", "t", "u", "v"].iter().find_map(|group| captures.name(group)) else { continue };
            if !(assignment.holds)(value.as_bytes()) || (assignment.excerpt.is_none() && is_code(text, &value)) {
                continue;
            }
            hits.push(match assignment.excerpt {
                Some(excerpt) => Hit::of(assignment.rule, value.range(), excerpt),
                None => Hit::led(assignment.rule, &captures, value, ""),
            });
        }
    }
}

/// Whether a value that stands without quotes is a type or an expression: `passphrase: Option<Secret>,`. A value in
/// a configuration, a shell command or a query ends where its line, word or parameter ends, and is no mere word.
fn is_code(text: &[u8], value: &Match<'_>) -> bool {
    let quoted = text[..value.start()].last().is_some_and(|b| b"\"'`>".contains(b));
    let ends = text.get(value.end()).is_none_or(|b| b"\r\n \t&\"'\\".contains(b));
    let identifier = value.as_bytes().iter().all(|b| b.is_ascii_alphabetic() || b"_.:".contains(b));
    !quoted && (!ends || identifier)
}

/// `user:password` in base64 (RFC 7617).
fn user_and_password(value: &[u8]) -> bool {
    let Ok(decoded) = BASE64_STANDARD.decode(value) else { return false };
    let Some(colon) = decoded.iter().position(|b| *b == b':') else { return false };
    let (user, password) = (&decoded[..colon], &decoded[colon + 1..]);
    !user.is_empty() && decoded.iter().all(|b| (b' '..0x7f).contains(b)) && is_password(password)
}

#[cfg(test)]
mod tests {
    use super::super::hit;
    use super::*;

    fn found(text: &str) -> Vec<(Rule, String)> {
        hit::tests::found(find, text)
    }

    // Names and values are put together here, so that the audit of this repository finds nothing.
    const VALUE: &str = "E41B0A7C55D2F0E4938D";
    const PASSWORD: &str = "Tr0ub4dor";

    #[test]
    fn consumer_secrets_in_every_notation() {
        for text in [
            format!("client_secret = '{VALUE}'"),
            format!("String consumerSecret='{VALUE}';"),
            format!("\"clientSecret\": \"{VALUE}\""),
            format!("{{\\\"client_secret\\\":\\\"{VALUE}\\\"}}"),
            format!("body.put('client_secret', '{VALUE}');"),
            format!("'&client_secret={VALUE}&x=1'"),
            format!("export SF_CLIENT_SECRET={VALUE}"),
            format!("  client-secret: {VALUE}"),
            format!("oauth.client.secret = {VALUE}").replace("client.secret", "clientSecret"),
            format!("const clientSecret: string = \"{VALUE}\""),
            format!("<client_secret>{VALUE}</client_secret>"),
            format!("sf org login web --client-secret {VALUE}"),
            format!("$config['client_secret'] => '{VALUE}'"),
            format!("\"Client_Secret__c\": \"{VALUE}\""),
        ] {
            let hits = found(&text);
            assert_eq!(hits.len(), 1, "{text}");
            assert_eq!(hits[0].0, Rule::ConsumerSecret, "{text}");
            assert!(!hits[0].1.contains(&VALUE[..4]) && hits[0].1.ends_with('\u{2026}'), "{}", hits[0].1);
        }
    }

    #[test]
    fn the_other_names() {
        let basic = BASE64_STANDARD.encode(format!("me:{PASSWORD}"));
        let table = [
            (format!("SF_PASSWORD={PASSWORD}"), Rule::SalesforcePassword),
            (format!("sf.password = {PASSWORD}"), Rule::SalesforcePassword),
            (format!("salesforcePassword: '{PASSWORD}'"), Rule::SalesforcePassword),
            (format!("securityToken = '{VALUE}'"), Rule::SecurityToken),
            (format!("keytool -list -storepass {PASSWORD}"), Rule::KeyPassphrase),
            (format!("\"passphrase\": \"{PASSWORD}\""), Rule::KeyPassphrase),
            (format!("grant_type=password&client_id=x&username=y&password={PASSWORD}"), Rule::OauthPasswordGrant),
            (format!("username=y&password={PASSWORD}&grant_type=password"), Rule::OauthPasswordGrant),
            (
                format!("<n1:login><n1:username>y</n1:username><n1:password>{PASSWORD}</n1:password>"),
                Rule::SoapLoginPassword,
            ),
            (format!("Authorization: Basic {basic}"), Rule::BasicCredentials),
            (format!("https://me:{PASSWORD}@acme.my.salesforce.com/"), Rule::UrlCredentials),
        ];
        for (text, rule) in table {
            let hits = found(&text);
            assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), [rule], "{text}");
            assert!(!hits[0].1.contains(PASSWORD), "{}", hits[0].1);
        }
    }

    #[test]
    fn names_without_secrets_are_fine() {
        for text in [
            "client_secret = System.Label.Client_Secret1;",
            "body += '&client_secret=' + EncodingUtil.urlEncode(secret, 'UTF-8');",
            "client_secret: ${{ secrets.SF_CLIENT_SECRET_2024 }}",
            "clientSecret: process.env.CLIENT_SECRET_123",
            "\"client_secret\": \"<your client secret 1234>\"",
            "clientSecret: string; // 1234567890123",
            "if (clientSecret == null) {",
            "SF_PASSWORD=$SF_PASSWORD",
            "sfPassword: inputPassword,",
            "salesforcePassword = await promptForPassword();",
            "passphrase: 'password'",
            "keyPassword",
            "passphrase: Option<&SecretString>,",
            "passphrase: SecretString2,",
            "storePassword = Optional.empty",
            "passphrase = 'keychain:acme/Key1'",
            "--passphrase file:PATH1",
            "\"bool\",\"passphrase\",\"tbsCertificate\",\"clientSecret\",\"c1p2r3o4j5e6\"",
            "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "https://user:password@example.com",
            "https://${user}:${password}@host",
            "grant_type=password&password=' + pw",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
