//! The kinds of app that a consumer key can belong to.

/// The kind of app; how it gets into an org, and so every next step, depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppKind {
    /// A connected app, owned by one org and installed in others.
    ConnectedApp,
    /// An External Client App of the org itself: it works nowhere else.
    EcaLocal,
    /// An External Client App in a package, with the publisher's consumer key and certificate.
    EcaPackaged,
    /// An External Client App in a package, with consumer key and certificate of the subscriber's own.
    EcaPackagedOwn,
}

impl AppKind {
    /// Every kind, in the order of the documents.
    pub const ALL: [AppKind; 4] =
        [AppKind::ConnectedApp, AppKind::EcaLocal, AppKind::EcaPackaged, AppKind::EcaPackagedOwn];

    /// The stable name, as in `app-kind`.
    pub const fn name(self) -> &'static str {
        match self {
            AppKind::ConnectedApp => "connected-app",
            AppKind::EcaLocal => "eca-local",
            AppKind::EcaPackaged => "eca-packaged",
            AppKind::EcaPackagedOwn => "eca-packaged-own",
        }
    }

    /// Whether this is one of the External Client Apps, which live in one org each and are found by its My Domain.
    pub const fn is_external_client_app(self) -> bool {
        !matches!(self, AppKind::ConnectedApp)
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<AppKind> {
        AppKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in AppKind::ALL {
            assert_eq!(AppKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(AppKind::from_name("eca"), None);
    }
}
