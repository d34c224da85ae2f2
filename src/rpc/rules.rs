//! What a server lets its client do, as its flags say. Nothing that a client sends widens this.

use crate::error::{Error, Reason, Result};
use crate::ops::orgs::CallTerms;
use crate::protocol::methods::{METHODS, Method};

/// The orgs that calls may be about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Orgs {
    /// Configured ones, and whatever a call describes itself.
    #[default]
    Any,
    /// Configured ones.
    Configured,
    /// These.
    Only(Vec<String>),
}

/// What a server lets its client do.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// `--orgs`.
    pub orgs: Orgs,
    /// `--methods`; nothing for all of them.
    pub methods: Option<Vec<String>>,
    /// `--allow-loopback` and `--allow-commands`.
    pub terms: CallTerms,
}

impl Rules {
    /// Whether a method is offered.
    pub fn offers(&self, method: &Method) -> bool {
        let chosen = self.methods.as_ref().is_none_or(|methods| methods.iter().any(|name| name == method.name));
        chosen || !method.optional
    }

    /// The methods that are offered and can be called.
    pub fn methods(&self) -> impl Iterator<Item = &'static str> {
        METHODS.iter().filter(|method| !method.notification && self.offers(method)).map(|method| method.name)
    }

    /// The orgs that calls may name; nothing when any configured one.
    pub fn orgs(&self) -> Option<&[String]> {
        match &self.orgs {
            Orgs::Only(names) => Some(names),
            Orgs::Any | Orgs::Configured => None,
        }
    }

    /// Whether calls may describe an org themselves.
    pub fn lets_describe(&self) -> bool {
        self.orgs == Orgs::Any
    }

    /// Errors: `not-allowed` for an org that calls may not be about.
    pub fn check_org(&self, name: &str) -> Result<()> {
        if self.orgs().is_none_or(|names| names.iter().any(|allowed| allowed == name)) {
            return Ok(());
        }
        Err(Error::new(Reason::NotAllowed, "this server is not for that org").field("org").hint(self.hint()))
    }

    /// Errors: `not-allowed` when calls may not describe an org themselves.
    pub fn check_connection(&self) -> Result<()> {
        if self.lets_describe() {
            return Ok(());
        }
        let error = Error::new(Reason::NotAllowed, "this server is for configured orgs only");
        Err(error.field("connection").hint(self.hint()))
    }

    /// An error about an org that calls may name, without the other orgs that it would tell of.
    pub fn discreet(&self, error: Error) -> Error {
        match self.orgs() {
            Some(_) if error.reason() == Reason::UnknownOrg => error.hint(self.hint()).with(|d| d.causes.clear()),
            _ => error,
        }
    }

    fn hint(&self) -> String {
        match self.orgs() {
            Some(names) => format!("it was started for: {}", names.join(", ")),
            None => "name an org of orgs.toml or of the Salesforce CLI".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(orgs: Orgs) -> Rules {
        Rules { orgs, ..Rules::default() }
    }

    #[test]
    fn orgs_and_connections() {
        let only = || Orgs::Only(vec!["a".into(), "b".into()]);
        for (orgs, a, c, connection) in
            [(Orgs::Any, true, true, true), (Orgs::Configured, true, true, false), (only(), true, false, false)]
        {
            let rules = rules(orgs);
            assert_eq!(rules.check_org("a").is_ok(), a);
            assert_eq!(rules.check_org("c").is_ok(), c);
            assert_eq!(rules.check_connection().is_ok(), connection);
        }
        assert_eq!(rules(only()).check_org("c").unwrap_err().reason(), Reason::NotAllowed);
    }

    #[test]
    fn housekeeping_cannot_be_taken_away() {
        let rules = Rules { methods: Some(vec!["token".into()]), ..Rules::default() };
        let methods: Vec<&str> = rules.methods().collect();
        assert_eq!(methods, ["token", "ping", "rpc.discover", "initialize", "shutdown"]);
        assert!(Rules::default().methods().any(|name| name == "revoke"));
    }
}
