//! The method table: what can be called over JSON-RPC, in the order of the documents. The OpenRPC document is made
//! from it, and a server offers nothing that is not in it.

use crate::error::Kind;

/// A method, as documented.
pub struct Method {
    /// Its name on the wire.
    pub name: &'static str,
    /// A few words.
    pub summary: &'static str,
    /// What it does, and what a caller has to know.
    pub description: &'static str,
    /// Whether it is a notification of the client, which has no result.
    pub notification: bool,
    /// The kinds of errors it gives, besides those of the envelope.
    pub errors: &'static [Kind],
    /// Whether `--methods` can take it away: housekeeping is always there.
    pub optional: bool,
}

/// What a verb that looks at orgs can come across.
const LOCAL: &[Kind] = &[Kind::Usage, Kind::Profile, Kind::Internal];
/// What a verb that talks to Salesforce can come across.
const REMOTE: &[Kind] = &[
    Kind::Usage,
    Kind::Profile,
    Kind::Key,
    Kind::Refused,
    Kind::Unreachable,
    Kind::Unexpected,
    Kind::Cancelled,
    Kind::Internal,
];
/// What a verb that only reads its parameters can come across.
const PLAIN: &[Kind] = &[Kind::Usage, Kind::Internal];

/// Every method and every notification of the client.
pub const METHODS: &[Method] = &[
    Method {
        name: "token",
        summary: "An access token for one org",
        description: "Answers with a token that lives, from the cache or by one login. Many callers that ask at the \
            same time share one login. After a 401, send the token back as `rejectedToken` and get another.",
        notification: false,
        errors: REMOTE,
        optional: true,
    },
    Method {
        name: "verify-connection",
        summary: "Ordered checks of a connection, with causes, remedies and links",
        description: "Everything about a known org is a check in the result; only an unknown org or malformed \
            parameters are an error. Makes one login of its own unless `offline`. With a `progressToken`, every \
            check is reported as it is done.",
        notification: false,
        errors: &[Kind::Usage, Kind::Profile, Kind::Cancelled, Kind::Internal],
        optional: true,
    },
    Method {
        name: "install-url",
        summary: "The page where an admin installs the app, and what is to be done around it",
        description: "Needs no network and no configuration when the target is a host. Give the app as `appId`, as \
            `pageUrl` or as `packageId`, unless the target is a configured org that names its app.",
        notification: false,
        errors: LOCAL,
        optional: true,
    },
    Method {
        name: "preview",
        summary: "What `token` would sign and where it would send it",
        description: "Takes the parameters of `token`. Fetches no key, signs nothing, sends nothing.",
        notification: false,
        errors: LOCAL,
        optional: true,
    },
    Method {
        name: "revoke",
        summary: "Revokes the cached token at Salesforce and forgets it",
        description: "With `localOnly`, only forgets it.",
        notification: false,
        errors: REMOTE,
        optional: true,
    },
    Method {
        name: "orgs",
        summary: "The configured orgs",
        description: "Those of orgs.toml and the JWT orgs of the Salesforce CLI. Never shows a token.",
        notification: false,
        errors: LOCAL,
        optional: true,
    },
    Method {
        name: "explain",
        summary: "A refusal, an error or a check, explained",
        description: "Causes in their order, remedy, Setup page and source, from the same table as every error.",
        notification: false,
        errors: PLAIN,
        optional: true,
    },
    Method {
        name: "ping",
        summary: "An empty object",
        description: "Answers at once.",
        notification: false,
        errors: PLAIN,
        optional: false,
    },
    Method {
        name: "rpc.discover",
        summary: "This document",
        description: "The whole document, also when the server offers only some of its methods: `initialize` tells \
            which.",
        notification: false,
        errors: PLAIN,
        optional: false,
    },
    Method {
        name: "initialize",
        summary: "Who answers, and what it does",
        description: "Optional, and without any effect. Any parameters are accepted, those of the Language Server \
            Protocol too.",
        notification: false,
        errors: &[Kind::Internal],
        optional: false,
    },
    Method {
        name: "shutdown",
        summary: "Does nothing, for clients that announce their `exit`",
        description: "Answers null.",
        notification: false,
        errors: PLAIN,
        optional: false,
    },
    Method {
        name: "$/cancelRequest",
        summary: "Cancels a call",
        description: "A notification. The call is answered with -32800 at once, and its work stops when nobody else \
            waits for it. A call that is not in flight any more is not affected.",
        notification: true,
        errors: &[],
        optional: false,
    },
    Method {
        name: "initialized",
        summary: "Ignored",
        description: "A notification of clients of the Language Server Protocol.",
        notification: true,
        errors: &[],
        optional: false,
    },
    Method {
        name: "exit",
        summary: "Ends the server",
        description: "A notification. Calls in flight are cancelled, answers that wait are written, exit code 0.",
        notification: true,
        errors: &[],
        optional: false,
    },
];

/// The method of a name.
pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}
