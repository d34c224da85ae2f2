//! Which host stands for what: the login host, and every org by name and by a port of its own.

/// The part of Salesforce that a request arrived at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// The host that stands for `login.salesforce.com`: it finds the org by the username.
    Login,
    /// One org's My Domain, by the org's name.
    Org(String),
}

/// Where a request arrived: the site, and the origin that the client used for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Who answers.
    pub(super) site: Site,
    /// Scheme, host and port as the client wrote them.
    pub(super) origin: String,
}

/// The loopback ports of an emulator, and the host names that go with them.
///
/// An org is known by name at the login host's port (`http://acme.localhost:P`; RFC 6761 reserves `.localhost`, and
/// browsers and curl resolve it themselves) and, because the resolvers of Node and Python do not, at a port of its
/// own (`http://127.0.0.1:Q`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    /// The login host's port.
    pub(super) login_port: u16,
    /// Each org's name and port.
    pub(super) orgs: Vec<(String, u16)>,
}

/// Names that an org cannot have, because the login host has them.
pub(super) const LOGIN_NAMES: [&str; 2] = ["login", "test"];

impl Addresses {
    /// The login host's address.
    pub(super) fn login_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.login_port)
    }

    /// The org's My Domain.
    pub(super) fn my_domain(&self, org: &str) -> String {
        format!("http://{org}.localhost:{}", self.login_port)
    }

    /// The org's address by port, which needs no name resolution.
    pub(super) fn address(&self, org: &str) -> String {
        format!("http://127.0.0.1:{}", self.port(org))
    }

    fn port(&self, org: &str) -> u16 {
        self.orgs.iter().find(|(name, _)| name == org).map_or(self.login_port, |(_, port)| *port)
    }

    /// The API's address for a login that came in at `place`: the same origin, or from the login host the org's
    /// address by port (the reference's `instance_url` may differ from the host of the request).
    pub(super) fn instance_url(&self, place: &Place, org: &str) -> String {
        match &place.site {
            Site::Org(_) => place.origin.clone(),
            Site::Login => self.address(org),
        }
    }

    /// Every origin that means this site, for `aud`.
    pub(super) fn origins(&self, site: &Site) -> Vec<String> {
        let port = self.login_port;
        match site {
            Site::Login => ["127.0.0.1", "localhost", "login.localhost", "test.localhost"]
                .map(|host| format!("http://{host}:{port}"))
                .into(),
            Site::Org(org) => {
                let own = self.port(org);
                vec![
                    self.my_domain(org),
                    self.address(org),
                    format!("http://localhost:{own}"),
                    format!("http://{org}.localhost:{own}"),
                ]
            }
        }
    }

    /// Who answers at a port for a `Host` header. `None` for a foreign name, such as one that a hostile page has
    /// rebound to loopback.
    pub(super) fn locate(&self, port: u16, host: &str) -> Option<Place> {
        let origin = format!("http://{}", host.to_ascii_lowercase());
        let by_port = self.orgs.iter().find(|(_, p)| *p == port).map(|(name, _)| Site::Org(name.clone()));
        let candidates = match by_port {
            Some(org) => vec![org],
            None => {
                std::iter::once(Site::Login).chain(self.orgs.iter().map(|(name, _)| Site::Org(name.clone()))).collect()
            }
        };
        candidates.into_iter().find(|site| self.origins(site).contains(&origin)).map(|site| Place { site, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses { login_port: 4000, orgs: vec![("acme".into(), 4001), ("globex".into(), 4002)] }
    }

    #[test]
    fn hosts_and_ports_mean_what_the_contract_says() {
        let acme = || Some(Site::Org("acme".into()));
        for (port, host, site) in [
            (4000, "127.0.0.1:4000", Some(Site::Login)),
            (4000, "localhost:4000", Some(Site::Login)),
            (4000, "login.localhost:4000", Some(Site::Login)),
            (4000, "acme.localhost:4000", acme()),
            (4000, "ACME.localhost:4000", acme()),
            (4001, "127.0.0.1:4001", acme()),
            (4001, "acme.localhost:4001", acme()),
            (4001, "globex.localhost:4001", None),
            (4000, "initech.localhost:4000", None),
            (4000, "evil.example:4000", None),
            (4000, "127.0.0.1", None),
            (4000, "", None),
        ] {
            assert_eq!(addresses().locate(port, host).map(|p| p.site), site, "{host} at {port}");
        }
    }

    #[test]
    fn the_instance_is_the_origin_used_or_the_port_form() {
        let all = addresses();
        for (port, host, instance) in [
            (4000, "127.0.0.1:4000", "http://127.0.0.1:4001"),
            (4000, "acme.localhost:4000", "http://acme.localhost:4000"),
            (4001, "localhost:4001", "http://localhost:4001"),
        ] {
            assert_eq!(all.instance_url(&all.locate(port, host).unwrap(), "acme"), instance);
        }
    }
}
