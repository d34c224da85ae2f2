//! The My Domain of an org: the name that all of its own hosts begin with.
//!
//! On the login host (`acme.my.salesforce.com`) are OAuth and the install pages; relatives serve pages, Setup, files
//! and sites. Which host is which, is told by [`super::host_form`].

use std::fmt;

/// What an org is for, as far as its host tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Logs in at login.salesforce.com: production, but also Developer Edition, Trailhead, demo and patch orgs.
    Production,
    /// Logs in at test.salesforce.com: sandboxes and scratch orgs.
    Sandbox,
}

/// Part of Salesforce's host names, for orgs that are not plain production orgs (metadata `domainPartition`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Partition(&'static str);

impl Partition {
    /// The partition of sandboxes.
    pub const SANDBOX: Partition = Partition("sandbox");
    /// The partition of scratch orgs.
    pub const SCRATCH: Partition = Partition("scratch");

    /// Every partition: the public ones, then Salesforce's internal two.
    const NAMES: [&'static str; 9] =
        ["sandbox", "scratch", "develop", "trailblaze", "patch", "demo", "free", "sfdctest", "sfrestore"];

    /// The partition that a label of a host name stands for.
    pub fn from_label(label: &str) -> Option<Partition> {
        Self::NAMES.into_iter().find(|name| *name == label).map(Partition)
    }

    /// The label in host names.
    pub const fn label(self) -> &'static str {
        self.0
    }
}

/// Whose data centres an org lives in, which decides all of its suffixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Realm {
    /// Salesforce's own, Government Cloud Plus included: `.my.salesforce.com`.
    Commercial,
    /// Government Cloud Plus – Defense: `.my.salesforce.mil`.
    Defense,
    /// Salesforce on Alibaba Cloud: `.my.sfcrmproducts.cn`.
    China,
}

impl Realm {
    /// Every realm.
    pub const ALL: [Realm; 3] = [Realm::Commercial, Realm::Defense, Realm::China];

    /// The suffix of login hosts.
    pub const fn login_suffix(self) -> &'static str {
        match self {
            Realm::Commercial => ".my.salesforce.com",
            Realm::Defense => ".my.salesforce.mil",
            Realm::China => ".my.sfcrmproducts.cn",
        }
    }
}

/// An org's My Domain, taken from one of its hosts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MyDomain {
    name: String,
    partition: Option<Partition>,
    realm: Realm,
}

impl MyDomain {
    /// The parts of a host that is known to be well formed.
    pub(super) fn new(name: &str, partition: Option<Partition>, realm: Realm) -> MyDomain {
        MyDomain { name: name.to_owned(), partition, realm }
    }

    /// The login host, such as `acme--qa.sandbox.my.salesforce.com`.
    pub fn host(&self) -> String {
        let dot = if self.partition.is_some() { "." } else { "" };
        let partition = self.partition.map_or("", Partition::label);
        format!("{}{dot}{partition}{}", self.name, self.realm.login_suffix())
    }

    /// The name, with the sandbox's where there is one: `acme`, `acme--qa`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The partition, where the host has one.
    pub const fn partition(&self) -> Option<Partition> {
        self.partition
    }

    /// Whose data centres the org lives in.
    pub const fn realm(&self) -> Realm {
        self.realm
    }

    /// What the org is for. Production-like orgs of any kind count as production; a sandbox is known by its
    /// partition or, in hosts from before partitions, by the `--` in its name.
    pub fn environment(&self) -> Environment {
        match self.partition {
            Some(Partition::SANDBOX | Partition::SCRATCH) => Environment::Sandbox,
            None if self.name.contains("--") => Environment::Sandbox,
            _ => Environment::Production,
        }
    }
}

impl fmt::Display for MyDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_what_they_tell_of_the_org() {
        for (name, partition, realm, host, environment) in [
            ("acme", None, Realm::Commercial, "acme.my.salesforce.com", Environment::Production),
            ("acme--qa", None, Realm::Commercial, "acme--qa.my.salesforce.com", Environment::Sandbox),
            (
                "acme--qa",
                Some(Partition::SANDBOX),
                Realm::Defense,
                "acme--qa.sandbox.my.salesforce.mil",
                Environment::Sandbox,
            ),
            ("x", Some(Partition::SCRATCH), Realm::Commercial, "x.scratch.my.salesforce.com", Environment::Sandbox),
            (
                "acme",
                Partition::from_label("free"),
                Realm::China,
                "acme.free.my.sfcrmproducts.cn",
                Environment::Production,
            ),
        ] {
            let domain = MyDomain::new(name, partition, realm);
            assert_eq!((domain.to_string().as_str(), domain.environment()), (host, environment));
        }
    }
}
