//! The method table: what can be called over JSON-RPC, in the order of the documents. The OpenRPC document is made
//! from it, and a server offers nothing that is not in it.

use super::types::{
    ExplainParams, Explanation, InitializeResult, InstallUrlParams, InstallUrlResult, NoParams, OrgsResult, PingResult,
    PreviewResult, RevokeParams, RevokeResult, TokenParams, TokenResult, VerifyParams, VerifyResult,
};
use crate::error::Kind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A method, as documented.
pub struct Method {
    /// Its name on the wire.
    pub name: &'static str,
    /// A few words.
    pub summary: &'static str,
    /// What it does, and what a caller has to know.
    pub description: &'static str,
    /// The schema of its parameters, an object; nothing when anything is accepted.
    pub params: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The schema of its result; nothing for a notification of the client, which has none.
    pub result: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The kinds of errors it gives, besides those of the envelope.
    pub errors: &'static [Kind],
    /// Whether `--methods` can take it away: housekeeping is always there.
    pub optional: bool,
}

/// The schema of a type, in place.
fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// The schema of a type, by reference.
fn named<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "null"})
}

fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object"})
}

fn cancel(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "properties": {
            "id": {"type": ["string", "number", "null"], "description": "The id of the call to cancel."}
        },
        "required": ["id"]
    })
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
        params: Some(of::<TokenParams>),
        result: Some(named::<TokenResult>),
        errors: REMOTE,
        optional: true,
    },
    Method {
        name: "verify-connection",
        summary: "Ordered checks of a connection, with causes, remedies and links",
        description: "Everything about a known org is a check in the result; only an unknown org or malformed \
            parameters are an error. Makes one login of its own unless `offline`. With a `progressToken`, every \
            check is reported as it is done.",
        params: Some(of::<VerifyParams>),
        result: Some(named::<VerifyResult>),
        errors: &[Kind::Usage, Kind::Profile, Kind::Cancelled, Kind::Internal],
        optional: true,
    },
    Method {
        name: "install-url",
        summary: "The page where an admin installs the app, and what is to be done around it",
        description: "Needs no network and no configuration when the target is a host. Give the app as `appId`, as \
            `pageUrl` or as `packageId`, unless the target is a configured org that names its app.",
        params: Some(of::<InstallUrlParams>),
        result: Some(named::<InstallUrlResult>),
        errors: LOCAL,
        optional: true,
    },
    Method {
        name: "preview",
        summary: "What `token` would sign and where it would send it",
        description: "Takes the parameters of `token`. Fetches no key, signs nothing, sends nothing.",
        params: Some(of::<TokenParams>),
        result: Some(named::<PreviewResult>),
        errors: LOCAL,
        optional: true,
    },
    Method {
        name: "revoke",
        summary: "Revokes the cached token at Salesforce and forgets it",
        description: "With `localOnly`, only forgets it.",
        params: Some(of::<RevokeParams>),
        result: Some(named::<RevokeResult>),
        errors: REMOTE,
        optional: true,
    },
    Method {
        name: "orgs",
        summary: "The configured orgs",
        description: "Those of orgs.toml and the JWT orgs of the Salesforce CLI. Never shows a token.",
        params: Some(of::<NoParams>),
        result: Some(named::<OrgsResult>),
        errors: LOCAL,
        optional: true,
    },
    Method {
        name: "explain",
        summary: "A refusal, an error or a check, explained",
        description: "Causes in their order, remedy, Setup page and source, from the same table as every error.",
        params: Some(of::<ExplainParams>),
        result: Some(named::<Explanation>),
        errors: PLAIN,
        optional: true,
    },
    Method {
        name: "ping",
        summary: "An empty object",
        description: "Answers at once.",
        params: Some(of::<NoParams>),
        result: Some(named::<PingResult>),
        errors: PLAIN,
        optional: false,
    },
    Method {
        name: "rpc.discover",
        summary: "This document",
        description: "The whole document, also when the server offers only some of its methods: `initialize` tells \
            which.",
        params: Some(of::<NoParams>),
        result: Some(object),
        errors: PLAIN,
        optional: false,
    },
    Method {
        name: "initialize",
        summary: "Who answers, and what it does",
        description: "Optional, and without any effect. Any parameters are accepted, those of the Language Server \
            Protocol too.",
        params: None,
        result: Some(named::<InitializeResult>),
        errors: &[Kind::Internal],
        optional: false,
    },
    Method {
        name: "shutdown",
        summary: "Does nothing, for clients that announce their `exit`",
        description: "Answers null.",
        params: Some(of::<NoParams>),
        result: Some(null),
        errors: PLAIN,
        optional: false,
    },
    Method {
        name: "$/cancelRequest",
        summary: "Cancels a call",
        description: "A notification. The call is answered with -32800 at once, and its work stops when nobody else \
            waits for it. A call that is not in flight any more is not affected.",
        params: Some(cancel),
        result: None,
        errors: &[],
        optional: false,
    },
    Method {
        name: "initialized",
        summary: "Ignored",
        description: "A notification of clients of the Language Server Protocol.",
        params: None,
        result: None,
        errors: &[],
        optional: false,
    },
    Method {
        name: "exit",
        summary: "Ends the server",
        description: "A notification. Calls in flight are cancelled, answers that wait are written, exit code 0.",
        params: None,
        result: None,
        errors: &[],
        optional: false,
    },
];

/// The method of a name.
pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}
