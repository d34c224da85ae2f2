//! Findings as SARIF 2.1.0, for code-scanning services and editors. Section numbers are those of the OASIS
//! standard.

use super::{Allowed, Finding, Level, Rule};
use crate::error::Warning;
use serde_json::{Value, json};
use std::fmt::Write;

/// The address by which readers know the format.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A log with one run. Accepted findings are in it too, as suppressed (3.35); warnings are notifications (3.58).
pub fn log(findings: &[Finding], warnings: &[Warning], version: &str) -> Value {
    let notifications: Vec<Value> = warnings
        .iter()
        .map(|w| json!({"descriptor": {"id": w.code}, "level": "warning", "message": {"text": w.message}}))
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "sf-jwt audit",
                "version": version,
                "semanticVersion": version,
                "rules": Rule::ALL.iter().map(|rule| descriptor(*rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notifications}],
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A reporting descriptor (3.49).
fn descriptor(rule: Rule) -> Value {
    // the scale on which code-scanning services sort security findings, 0 to 10
    let severity = match rule.level() {
        Level::Error => "9.0",
        Level::Warning => "5.0",
        Level::Note => "1.0",
    };
    json!({
        "id": rule.id(),
        "shortDescription": {"text": format!("{}.", capitalised(rule.what()))},
        "fullDescription": {"text": rule.why()},
        "help": {"text": rule.instead()},
        "defaultConfiguration": {"level": rule.level().name()},
        "properties": {"tags": ["security"], "security-severity": severity},
    })
}

/// A result (3.27). A place inside an archive is a logical location: regions count in the archive itself.
fn result(finding: &Finding) -> Value {
    let Finding { rule, line, column, excerpt, .. } = finding;
    let mut physical = json!({"artifactLocation": {"uri": uri(&finding.file)}});
    let mut location = json!({});
    let within = match &finding.member {
        Some(member) => {
            location["logicalLocations"] = json!([{"fullyQualifiedName": member, "kind": "member"}]);
            format!(" in {member}, line {line}")
        }
        None => {
            physical["region"] = json!({"startLine": line, "startColumn": column});
            String::new()
        }
    };
    location["physicalLocation"] = physical;
    let mut result = json!({
        "ruleId": rule.id(),
        "ruleIndex": Rule::ALL.iter().position(|r| r == rule),
        "level": rule.level().name(),
        "message": {"text": format!("{}{within}: {excerpt}. {} {}", capitalised(rule.what()), rule.why(), rule.instead())},
        "locations": [location],
    });
    if let Some(allowed) = finding.allowed {
        let kind = match allowed {
            Allowed::Comment => "inSource",
            Allowed::List => "external",
        };
        result["suppressions"] = json!([{"kind": kind}]);
    }
    result
}

/// A path as a URI reference (RFC 3986), relative when the path is.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}"); // writing to a string does not fail
            }
        }
    }
    uri
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_point_into_the_rules_and_the_files() {
        let finding = Finding {
            rule: Rule::AccessToken,
            file: "a b/c.txt".to_owned(),
            member: None,
            line: 3,
            column: 7,
            excerpt: "00D\u{2026}".to_owned(),
            allowed: None,
        };
        let inside = Finding { member: Some("x/y.js".to_owned()), allowed: Some(Allowed::Comment), ..finding.clone() };
        let log = log(&[finding, inside], &[Warning::new("not-audited", "x")], "1.2.3");
        let run = &log["runs"][0];
        let [first, second] = [&run["results"][0], &run["results"][1]];
        let index = usize::try_from(first["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], first["ruleId"]);
        let place = &first["locations"][0]["physicalLocation"];
        assert_eq!(
            place,
            &json!({"artifactLocation": {"uri": "a%20b/c.txt"}, "region": {"startLine": 3, "startColumn": 7}})
        );
        assert_eq!(second["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "x/y.js");
        assert_eq!(second["suppressions"][0]["kind"], "inSource");
        assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"], "x");
    }
}
