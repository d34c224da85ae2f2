//! JUnit XML, as build servers read it: one suite per org, one case per check.

use super::{Entry, total_ms};
use crate::error::{Error, Reason, Result};
use crate::protocol::types::{CheckResult, CheckStatus};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The report of all orgs. With `strict`, a warning is a failure.
pub(in crate::cli) fn xml(entries: &[Entry], strict: bool) -> Result<String> {
    let mut report = Report::new("sf-jwt verify-connection");
    for entry in entries {
        let mut suite = TestSuite::new(&entry.name);
        match &entry.outcome {
            Ok(result) => {
                suite.set_time(Duration::from_millis(total_ms(result)));
                for (name, value) in [("username", &result.username), ("loginUrl", &result.login_url)] {
                    suite.add_properties(value.as_ref().map(|value| (name, value.as_str())));
                }
                suite.add_test_cases(result.checks.iter().map(|check| case(&entry.name, check, strict)));
            }
            Err(error) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(error.message()).set_type(error.reason().code());
                status.set_description(error.details().hint.as_deref().unwrap_or_default());
                let mut case = TestCase::new("org", status);
                case.set_classname(&entry.name);
                suite.add_test_case(case);
            }
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|e| Error::new(Reason::Internal, "the report could not be written as XML").because(e))
}

fn case(org: &str, check: &CheckResult, strict: bool) -> TestCase {
    let failed = check.status == CheckStatus::Fail || (strict && check.status == CheckStatus::Warn);
    let mut status = match check.status {
        _ if failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        CheckStatus::Skip => TestCaseStatus::skipped(),
        _ => TestCaseStatus::success(),
    };
    if failed {
        status.set_message(&check.detail).set_description(description(check));
        status.set_type(check.reason.as_deref().unwrap_or_default());
    } else if check.status == CheckStatus::Skip {
        status.set_message(&check.detail);
    }
    let mut case = TestCase::new(&check.id, status);
    case.set_classname(org).set_time(Duration::from_millis(check.duration_ms));
    if !failed && check.status != CheckStatus::Skip {
        let warning = if check.status == CheckStatus::Warn { "warning: " } else { "" };
        case.set_system_out(format!("{warning}{}", check.detail));
    }
    case
}

fn description(check: &CheckResult) -> String {
    let causes = check.causes.iter().enumerate().map(|(number, cause)| format!("{}. {cause}", number + 1));
    let remedy = check.remedy.iter().map(|remedy| format!("do: {remedy}"));
    let links =
        check.links.iter().map(|link| format!("open: {} {}", link.title, link.url.as_ref().unwrap_or(&link.path)));
    causes.chain(remedy).chain(links).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_suite_per_org_and_a_case_per_check() {
        let entries = [samples::fine("a"), samples::failing("b"), samples::unknown("c")];
        let text = xml(&entries, false).unwrap();
        let read = Report::deserialize_from_str(&text).unwrap();
        let counts = |report: &Report| {
            let of = |s: &TestSuite| (s.name.as_str().to_owned(), s.tests, s.failures, s.errors, s.disabled);
            report.test_suites.iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(
            counts(&read).into_iter().map(|(n, t, f, e, _)| (n, t, f, e)).collect::<Vec<_>>(),
            [("a".into(), 2, 0, 0), ("b".into(), 4, 1, 0), ("c".into(), 1, 0, 1)]
        );
        assert!(text.contains("&lt;script>") || text.contains("&lt;script&gt;"), "{text}");
        assert!(!text.contains('\u{1b}') && text.contains("1. first &amp; likeliest"), "{text}");
        let strict = xml(&entries, true).unwrap();
        assert_eq!(Report::deserialize_from_str(&strict).unwrap().failures, 3);
    }
}
