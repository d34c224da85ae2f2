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
    /// Whether later checks that need this one are meaningless.
    blocks: bool,
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
            let (judgement, blocked) = match obstacle {
                Some(id) => (Judgement::Skip(format!("needs {id}")), true),
                None => ((check.judge)(facts), false),
            };
            let blocks = blocked || matches!(judgement, Judgement::Fail(_));
            let duration_ms = facts.durations.get(check.id).copied().unwrap_or(0);
            self.judged.push(Judged { check, judgement, duration_ms, blocks });
        }
        &self.judged[before..]
    }

    /// Whether a check, once judged, makes those that need it meaningless.
    pub fn blocks(&self, id: &str) -> bool {
        self.judged.iter().any(|judged| judged.check.id == id && judged.blocks)
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
    use crate::error::Reason;
    use crate::org::field::{Field, Origin};
    use std::path::Path;

    #[test]
    fn a_failure_skips_what_needs_it_and_nothing_else() {
        let facts = Facts::new(Err(Error::new(Reason::MissingField, "org `acme` has no username").field("username")));
        let mut report = Report::default();
        for stage in Stage::ALL {
            report.judge(stage, &facts);
        }
        assert_eq!(report.judged.len(), checks::CHECKS.len());
        assert_eq!(report.failed().map(|j| j.check.id), Some("config.complete"));
        let others = report.judged.iter().filter(|j| j.check.id != "config.complete");
        assert!(others.into_iter().all(|j| matches!(j.judgement, Judgement::Skip(_))), "{report:?}");
    }

    #[test]
    fn a_wrong_field_fails_its_own_check() {
        let rpc = Origin::Rpc { allow_commands: false, allow_loopback: false };
        for (field, origin, check) in [
            (Field::ClientId, Origin::Flag, "client-id.shape"),
            (Field::ClientId, rpc.clone(), "client-id.shape"),
            (Field::Username, Origin::Variable("SF_JWT_USERNAME"), "username.shape"),
            (Field::LoginUrl, rpc, "host.trusted"),
            (Field::LoginUrl, Origin::SalesforceCli(Path::new("/x.json").into()), "host.trusted"),
            (Field::Audience, Origin::Flag, "audience.consistent"),
            (Field::Certificate, Origin::Flag, "config.complete"),
        ] {
            let facts = Facts::new(Err(field.invalid(&origin, "is wrong")));
            let mut report = Report::default();
            report.judge(Stage::Offline, &facts);
            assert_eq!(report.failed().map(|j| j.check.id), Some(check), "{field:?} {origin:?}");
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
