//! A connection, checked: a list of [`checks`] as data, judged in order over [`facts`] that were gathered for
//! them. A check is a value with an id, what it needs, and a pure judgement; a new check is one more entry.

pub mod checks;
pub mod facts;

use crate::error::{Error, Link};
use checks::{Check, Stage};
use facts::Facts;

/// How a check is judged.
#[derive(Debug)]
pub enum Judgement {
    /// As it should be; what was found.
    Pass(String),
    /// Works, but deserves attention.
    Warn(Finding),
    /// Does not work.
    Fail(Error),
    /// Does not apply here, and why.
    Skip(String),
    /// Means nothing as long as this check fails.
    Needs(&'static str),
}

/// Something that deserves attention.
#[derive(Debug)]
pub struct Finding {
    /// A stable code.
    pub reason: &'static str,
    /// What was found.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Where to do it.
    pub links: Vec<Link>,
}

/// A check and its judgement.
#[derive(Debug)]
pub struct Judged {
    /// The check.
    pub check: &'static Check,
    /// The judgement.
    pub judgement: Judgement,
    /// How long the gathering took, in milliseconds.
    pub duration_ms: u64,
}

/// The checks that were judged so far, in order.
#[derive(Debug, Default)]
pub struct Report {
    /// Every check of the stages that were judged.
    pub judged: Vec<Judged>,
}

impl Report {
    /// Judges the checks of one stage over what was gathered for it, and gives them back.
    pub fn judge(&mut self, stage: Stage, facts: &Facts) -> &[Judged] {
        let before = self.judged.len();
        for check in checks::CHECKS.iter().filter(|check| check.stage == stage) {
            let obstacle = check.needs.iter().find(|id| self.blocks(id));
            let judgement = obstacle.map_or_else(|| (check.judge)(facts), |id| Judgement::Needs(id));
            let duration_ms = facts.durations.get(check.id).copied().unwrap_or(0);
            self.judged.push(Judged { check, judgement, duration_ms });
        }
        &self.judged[before..]
    }

    /// Whether a check, once judged, makes those that need it meaningless.
    pub fn blocks(&self, id: &str) -> bool {
        let blocks = |judged: &Judged| matches!(judged.judgement, Judgement::Fail(_) | Judgement::Needs(_));
        self.judged.iter().any(|judged| judged.check.id == id && blocks(judged))
    }

    /// Whether any of the checks that a check needs makes it meaningless.
    pub fn is_blocked(&self, id: &str) -> bool {
        let check = checks::CHECKS.iter().find(|check| check.id == id);
        check.is_some_and(|check| check.needs.iter().any(|need| self.blocks(need)))
    }

    /// The first check that failed.
    pub fn failed(&self) -> Option<&Judged> {
        self.judged.iter().find(|judged| matches!(judged.judgement, Judgement::Fail(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::completion::Surroundings;
    use crate::org::draft::Draft;
    use crate::org::field::{Given, Origin};
    use std::sync::Arc;

    /// The offline judgement of a connection of which only these fields are said: ids, and `fail` or `needs`.
    fn judged(fields: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let by = |name: &str| {
            let said = fields.iter().find(|(field, _)| *field == name);
            said.map(|(_, value)| Given::new((*value).to_owned(), Origin::Flag))
        };
        let draft = Draft {
            client_id: by("client-id"),
            username: by("username"),
            login_url: by("login-url"),
            audience: by("audience"),
            app_kind: by("app-kind"),
            ..Draft::default()
        };
        let around = Surroundings::default();
        let facts = Facts::new(draft.parts(around), draft.complete(around).map(Arc::new));
        let mut report = Report::default();
        report.judge(Stage::Offline, &facts);
        let told = |judged: &Judged| match &judged.judgement {
            Judgement::Fail(error) => Some((judged.check.id, error.message().to_owned())),
            Judgement::Needs(id) => Some((judged.check.id, format!("needs {id}"))),
            _ => None,
        };
        report.judged.iter().filter_map(told).collect()
    }

    #[test]
    fn a_wrong_field_fails_its_own_check_and_hinders_what_needs_it() {
        let no_key = [
            ("key.readable", "needs config.complete"),
            ("key.kind", "needs key.readable"),
            ("key.size", "needs key.kind"),
            ("key.permissions", "needs key.readable"),
        ];
        let good = [("client-id", "3MVG9x"), ("username", "a@b.c"), ("login-url", "https://a.my.salesforce.com")];
        let but = |more: &[(&'static str, &'static str)]| [more, &good].concat();
        for (fields, complete, others) in [
            (but(&[]), "the connection has no key", vec![]),
            (
                vec![],
                "the connection has no client-id; the connection has no username; the connection has no login-url; the connection has no key",
                vec![
                    ("client-id.shape", "needs config.complete"),
                    ("username.shape", "needs config.complete"),
                    ("host.trusted", "needs config.complete"),
                    ("audience.consistent", "needs host.trusted"),
                ],
            ),
            (
                but(&[("client-id", "a b"), ("username", "nobody")]),
                "the connection has no key",
                vec![
                    ("client-id.shape", "--client-id has white space in it"),
                    ("username.shape", "--username has no @, which every Salesforce username has"),
                ],
            ),
            (
                but(&[("login-url", "ftp://x"), ("app-kind", "x")]),
                "the connection has no key; --app-kind is not a known kind of app",
                vec![
                    ("host.trusted", "the login-url is more than scheme, host and path"),
                    ("audience.consistent", "needs host.trusted"),
                ],
            ),
        ] {
            let expected = [&[("config.complete", complete)][..], &no_key, &others].concat();
            let judged = judged(&fields);
            let judged: Vec<_> = judged.iter().map(|(id, told)| (*id, told.as_str())).collect();
            assert_eq!(judged, expected, "{fields:?}");
        }
    }

    #[test]
    fn ids_are_those_of_the_contract_in_order_and_needs_come_before() {
        let ids: Vec<_> = checks::CHECKS.iter().map(|check| check.id).collect();
        let contract = "config.complete key.readable key.kind key.size key.permissions certificate.match \
            certificate.expiry client-id.shape username.shape host.trusted audience.consistent network.dns \
            network.connect network.tls clock.skew grant.accepted identity.match scopes.sufficient api.enabled \
            token.format app.installed app.admin-approved app.user-assigned";
        assert_eq!(ids, contract.split_whitespace().collect::<Vec<_>>());
        for (at, check) in checks::CHECKS.iter().enumerate() {
            for need in check.needs {
                let place = ids.iter().position(|id| id == need).expect(need);
                assert!(checks::CHECKS[place].stage <= check.stage, "{} needs {need}", check.id);
                assert!(place < at || checks::CHECKS[place].stage < check.stage, "{} needs {need}", check.id);
            }
        }
    }
}
