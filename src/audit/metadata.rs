//! Secrets in Salesforce metadata, in source format and Metadata API format alike. A certificate there is public
//! and fine; a packaged app's consumer key is by design.
//!
//! Element names: Metadata API Developer Guide, types ConnectedApp, ExtlClntAppGlobalOauthSettings, AuthProvider,
//! NamedCredential, ExternalCredential, ExternalDataSource, CustomMetadata, CustomLabels. Elements are read by
//! pattern, not as a tree: one that is commented out ships all the same, and a broken file still tells.

use super::hit::{Hit, pattern};
use super::literal::{self, is_secret, is_stand_in};
use super::rule::Rule;
use regex::bytes::{Match, Regex};
use std::sync::LazyLock;

/// Elements that hold a secret, by metadata type.
const SECRETS: &[(&str, &[&str], Rule)] = &[
    ("ConnectedApp", &["consumerSecret"], Rule::ConnectedAppSecret),
    ("ConnectedApp", &["consumerKey"], Rule::ConsumerKey),
    ("ExtlClntAppGlobalOauthSettings", &["consumerSecret"], Rule::ConnectedAppSecret),
    ("ExtlClntAppGlobalOauthSettings", &["consumerKey"], Rule::ConsumerKey),
    ("AuthProvider", &["consumerSecret", "ecKey"], Rule::AuthProviderSecret),
    (
        "NamedCredential",
        &["password", "oauthToken", "oauthRefreshToken", "awsAccessSecret"],
        Rule::NamedCredentialSecret,
    ),
    ("ExternalDataSource", &["password", "oauthToken", "oauthRefreshToken"], Rule::ExternalDataSourceSecret),
];

static ROOT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"< (?: \w+ : )? (?<root> ConnectedApp | ExtlClntAppGlobalOauthSettings | AuthProvider | NamedCredential | ExternalCredential
            | ExternalDataSource | CustomMetadata | CustomLabels ) (?: \s [^<>]* )? >",
    )
});
static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"< (?: \w+ : )? (?<name> consumerSecret | consumerKey | ecKey | password | oauthToken | oauthRefreshToken | awsAccessSecret )
          (?: \s [^<>]* )? > \s* (?: <!\[CDATA\[ )? \s* (?<s> [^<>\]\s]+ )",
    )
});
/// Names and values, which alternate: a Custom Metadata record's fields, Custom Labels.
static NAME_OR_VALUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"< (?: (?: field | fullName ) > \s* (?<name> [A-Za-z0-9_]+ ) | value (?: \s [^<>]* )? > \s* (?: <!\[CDATA\[ )? \s* (?<s> [^<>\]\s]* ) \s* (?<more> [^<>\]\s] )? )",
    )
});
static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i) secret | password | passwd | passphrase | private_?key | api_?key | (?: access | refresh | security | auth ) _? token",
    )
});
/// A header or a secret parameter of an External Credential: a formula such as `{!$Credential.…}` is right, a value
/// is not.
static PARAMETER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"< externalCredentialParameters > (?<s> [^\x00]*? ) </ externalCredentialParameters >"));
static PARAMETER_NAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"< parameterName > \s* (?<name> [A-Za-z0-9_]+ ) \s* </ parameterName >"));
static PARAMETER_VALUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"< parameterValue > \s* (?: (?i: Bearer | Basic | OAuth | Token ) \s+ )? (?<s> [^<>{}\s]+ ) \s* </ parameterValue >",
    )
});

/// What a metadata file gives away.
pub(super) fn find(text: &[u8], hits: &mut Vec<Hit>) {
    // Programs that write metadata hold such elements too, as patterns and templates.
    let is_xml =
        text.trim_ascii_start().strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start().starts_with(b"<");
    let Some(root) = ROOT.captures(text).and_then(|c| c.name("root")).filter(|_| is_xml) else { return };
    match root.as_bytes() {
        b"CustomMetadata" => find_pairs(text, Rule::CustomMetadataSecret, hits),
        b"CustomLabels" => find_pairs(text, Rule::CustomLabelSecret, hits),
        b"ExternalCredential" => find_headers(text, hits),
        kind => {
            if kind == b"ExtlClntAppGlobalOauthSettings" {
                let excerpt = "<ExtlClntAppGlobalOauthSettings>\u{2026}";
                hits.push(Hit::of(Rule::EcaGlobalOauthSettings, root.range(), excerpt));
            }
            for captures in ELEMENT.captures_iter(text) {
                let (Some(name), Some(value)) = (captures.name("name"), captures.name("s")) else { continue };
                let is_listed = |row: &&(&str, &[&str], Rule)| {
                    row.0.as_bytes() == kind && row.1.iter().any(|n| n.as_bytes() == name.as_bytes())
                };
                if let Some((_, _, rule)) = SECRETS.iter().find(is_listed).filter(|_| is_value(&value)) {
                    let name = String::from_utf8_lossy(name.as_bytes());
                    hits.push(Hit::of(*rule, value.range(), format!("<{name}>\u{2026}</{name}>")));
                }
            }
        }
    }
}

fn find_pairs(text: &[u8], rule: Rule, hits: &mut Vec<Hit>) {
    let mut name: &[u8] = b"";
    for captures in NAME_OR_VALUE.captures_iter(text) {
        if let Some(next) = captures.name("name") {
            name = next.as_bytes();
        } else if let Some(value) = captures.name("s") {
            let is_password =
                SECRET_NAME.find(name).is_some_and(|m| m.as_bytes().to_ascii_lowercase().starts_with(b"passw"));
            if SECRET_NAME.is_match(name)
                && (is_secret(value.as_bytes())
                    || is_password && captures.name("more").is_none() && literal::is_password(value.as_bytes()))
            {
                let name = String::from_utf8_lossy(name);
                hits.push(Hit::of(rule, value.range(), format!("{name}: <value>\u{2026}</value>")));
            }
            name = b"";
        }
    }
}

fn find_headers(text: &[u8], hits: &mut Vec<Hit>) {
    for parameter in PARAMETER.captures_iter(text).filter_map(|c| c.name("s")) {
        let is_header = parameter.as_bytes().windows(10).any(|w| w == b"AuthHeader");
        let name = PARAMETER_NAME.captures(parameter.as_bytes()).and_then(|c| c.name("name"));
        let is_telling = is_header || name.is_some_and(|n| SECRET_NAME.is_match(n.as_bytes()));
        let value = PARAMETER_VALUE.captures(parameter.as_bytes()).and_then(|c| c.name("s"));
        if let Some(value) = value.filter(|v| is_telling && is_secret(v.as_bytes())) {
            let secret = parameter.start() + value.start()..parameter.start() + value.end();
            hits.push(Hit::of(Rule::ExternalCredentialSecret, secret, "<parameterValue>\u{2026}</parameterValue>"));
        }
    }
}

fn is_value(value: &Match<'_>) -> bool {
    !is_stand_in(value.as_bytes()) && !value.as_bytes().iter().any(|b| b"${}'\"".contains(b))
}

#[cfg(test)]
mod tests {
    use super::super::hit;
    use super::*;

    fn found(text: &str) -> Vec<(Rule, String)> {
        hit::tests::found(find, text)
    }

    fn metadata(root: &str, body: &str) -> String {
        format!("<?xml version=\"1.0\"?>\n<{root} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{body}</{root}>")
    }

    const VALUE: &str = "E41B0A7C55D2F0E4938D";

    #[test]
    fn secrets_by_type() {
        let element = |name: &str| format!("<{name}>{VALUE}</{name}>");
        let table = [
            ("ConnectedApp", "consumerSecret", vec![Rule::ConnectedAppSecret]),
            ("ConnectedApp", "consumerKey", vec![Rule::ConsumerKey]),
            ("ConnectedApp", "certificate", vec![]),
            ("ExtlClntAppGlobalOauthSettings", "label", vec![Rule::EcaGlobalOauthSettings]),
            (
                "ExtlClntAppGlobalOauthSettings",
                "consumerSecret",
                vec![Rule::EcaGlobalOauthSettings, Rule::ConnectedAppSecret],
            ),
            ("ExternalClientApplication", "label", vec![]),
            ("AuthProvider", "consumerSecret", vec![Rule::AuthProviderSecret]),
            ("AuthProvider", "consumerKey", vec![]),
            ("NamedCredential", "password", vec![Rule::NamedCredentialSecret]),
            ("ExternalDataSource", "oauthRefreshToken", vec![Rule::ExternalDataSourceSecret]),
            ("Flow", "password", vec![]),
        ];
        for (root, name, rules) in table {
            let hits = found(&metadata(root, &element(name)));
            assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), rules, "{root}.{name}");
            assert!(hits.iter().all(|h| !h.1.contains(VALUE)));
        }
        let commented = metadata("ConnectedApp", &format!("<!-- {} -->", element("consumerSecret")));
        assert_eq!(found(&commented).len(), 1, "a comment ships too");
        for stand_in in ["Placeholder_Value", "", "${SECRET}", "%%%SECRET%%%", "REPLACE_ME"] {
            let text = metadata("AuthProvider", &format!("<consumerSecret>{stand_in}</consumerSecret>"));
            assert_eq!(found(&text), [], "{stand_in}");
        }
    }

    #[test]
    fn records_labels_and_headers() {
        let record = |field: &str| {
            format!("<values><field>{field}</field><value xsi:type=\"xsd:string\">{VALUE}</value></values>")
        };
        assert_eq!(found(&metadata("CustomMetadata", &record("Client_Secret__c")))[0].0, Rule::CustomMetadataSecret);
        assert_eq!(found(&metadata("CustomMetadata", &record("Client_Id__c"))), []);
        let nil = "<values><field>Client_Secret__c</field><value xsi:nil=\"true\"/></values>";
        assert_eq!(found(&metadata("CustomMetadata", &format!("{nil}{}", record("Client_Id__c")))), []);
        let label =
            format!("<labels><fullName>Api_Key</fullName><protected>true</protected><value>{VALUE}</value></labels>");
        assert_eq!(found(&metadata("CustomLabels", &label))[0].0, Rule::CustomLabelSecret);
        let policy = record("Password_Policy__c");
        assert_eq!(found(&metadata("CustomMetadata", &policy.replace(VALUE, "Strong passwords required"))), []);
        assert_eq!(
            found(&metadata("CustomMetadata", &policy.replace(VALUE, "Hunter2!xY")))[0].0,
            Rule::CustomMetadataSecret
        );
        let parameter = "<externalCredentialParameters><parameterName>ClientSecret</parameterName><parameterType>AuthParameter\
                         </parameterType><parameterValue>VALUE</parameterValue></externalCredentialParameters>";
        let parameter = metadata("ExternalCredential", &parameter.replace("VALUE", VALUE));
        assert_eq!(found(&parameter)[0].0, Rule::ExternalCredentialSecret);
        assert_eq!(found(&parameter.replace("ClientSecret", "Scope")), []);
        let header = |value: &str| {
            let body = format!("<parameterType>AuthHeader</parameterType><parameterValue>{value}</parameterValue>");
            metadata(
                "ExternalCredential",
                &format!("<externalCredentialParameters>{body}</externalCredentialParameters>"),
            )
        };
        assert_eq!(found(&header(&format!("Bearer {VALUE}")))[0].0, Rule::ExternalCredentialSecret);
        assert_eq!(found(&header("{!'Bearer ' &amp; $Credential.A.Token}")), []);
    }
}
