//! The OpenRPC document (OpenRPC 1.3), made from the method table and the shapes. `protocol/openrpc.json` is this
//! document as a file; `rpc.discover` answers with it.

use super::methods::{METHODS, Method};
use super::types::{
    ErrorObject, ExplainParams, Explanation, InitializeResult, InstallUrlParams, InstallUrlResult, NoParams,
    OrgsResult, PROTOCOL_VERSIONS, PingResult, PreviewResult, ProgressParams, RevokeParams, RevokeResult, TokenParams,
    TokenResult, VerifyParams, VerifyResult,
};
use crate::error::{Kind, Reason};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// The document as it is checked in.
pub const OPENRPC: &str = include_str!("../../protocol/openrpc.json");

/// What every method accepts besides its own parameters.
const PROGRESS_TOKEN: &str = "A string or a number. When it is there, `$/progress` notifications carry it.";

/// Makes the document. `examples` are the example pairings of a method, by its name.
pub fn document(examples: &dyn Fn(&str) -> Vec<Value>) -> Value {
    // Draft 07 is what the OpenRPC meta-schema and the generators of other languages read.
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.meta_schema = None;
        settings.definitions_path = "/components/schemas".into();
    });
    let mut input = settings.clone().for_deserialize().into_generator();
    let mut output = settings.for_serialize().into_generator();
    let methods: Vec<Value> =
        METHODS.iter().map(|method| described(method, &mut input, &mut output, examples(method.name))).collect();
    let progress = output.subschema_for::<ProgressParams>();
    named::<ErrorObject>(&mut output);
    let mut schemas = input.take_definitions(true);
    schemas.extend(output.take_definitions(true));
    schemas.sort_keys();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "sf-jwt",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Headless access to Salesforce by the OAuth 2.0 JWT Bearer flow: JSON-RPC 2.0 on the \
                standard streams of `sf-jwt serve`, one JSON text per line or with Content-Length headers.",
            "x-protocolVersions": PROTOCOL_VERSIONS,
        },
        "methods": methods,
        "components": { "schemas": schemas, "errors": errors() },
        "x-notifications": [{
            "name": "$/progress",
            "summary": "Sent by the server while a call runs that carries a progressToken",
            "params": progress,
        }],
        "x-reasons": reasons(),
    })
}

type Make = fn(&mut SchemaGenerator) -> Schema;

/// The shapes of a method: of its parameters, an object, or nothing when anything is accepted; and of its result, or
/// nothing for a notification. Not in the method table, so that the executable, which has the document as text, does
/// without whatever makes schemas.
fn shapes(method: &str) -> (Option<Make>, Option<Make>) {
    match method {
        "token" => (Some(of::<TokenParams>), Some(named::<TokenResult>)),
        "verify-connection" => (Some(of::<VerifyParams>), Some(named::<VerifyResult>)),
        "install-url" => (Some(of::<InstallUrlParams>), Some(named::<InstallUrlResult>)),
        "preview" => (Some(of::<TokenParams>), Some(named::<PreviewResult>)),
        "revoke" => (Some(of::<RevokeParams>), Some(named::<RevokeResult>)),
        "orgs" => (Some(of::<NoParams>), Some(named::<OrgsResult>)),
        "explain" => (Some(of::<ExplainParams>), Some(named::<Explanation>)),
        "ping" => (Some(of::<NoParams>), Some(named::<PingResult>)),
        "rpc.discover" => (Some(of::<NoParams>), Some(|_| json_schema!({"type": "object"}))),
        "initialize" => (None, Some(named::<InitializeResult>)),
        "shutdown" => (Some(of::<NoParams>), Some(|_| json_schema!({"type": "null"}))),
        "$/cancelRequest" => (Some(cancel), None),
        "initialized" | "exit" => (None, None),
        other => unreachable!("the method {other} has no shapes"),
    }
}

/// The schema of a type, in place.
fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// The schema of a type, by reference.
fn named<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn cancel(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "properties": {
            "id": {"type": ["string", "number", "null"], "description": "The id of the call to cancel."}
        },
        "required": ["id"]
    })
}

fn described(
    method: &Method,
    input: &mut SchemaGenerator,
    output: &mut SchemaGenerator,
    examples: Vec<Value>,
) -> Value {
    let mut object = Map::new();
    object.insert("name".into(), method.name.into());
    object.insert("summary".into(), method.summary.into());
    object.insert("description".into(), method.description.into());
    object.insert("paramStructure".into(), "either".into());
    let (accepted, result) = shapes(method.name);
    let mut params = accepted.map(|schema| parameters(schema(input))).unwrap_or_default();
    if let Some(schema) = result {
        if accepted.is_some() {
            params.push(json!({
                "name": "progressToken",
                "description": PROGRESS_TOKEN,
                "required": false,
                "schema": {"type": ["string", "number", "null"]},
            }));
        }
        let name = format!("{} result", method.name);
        object.insert("params".into(), params.into());
        object.insert("result".into(), json!({"name": name, "schema": schema(output)}));
        let errors = method.errors.iter().map(|kind| json!({"$ref": format!("#/components/errors/{}", kind.name())}));
        object.insert("errors".into(), errors.collect());
    } else {
        object.insert("params".into(), params.into());
    }
    if !examples.is_empty() {
        object.insert("examples".into(), examples.into());
    }
    object.into()
}

/// An object's properties as OpenRPC's list of parameters.
fn parameters(schema: Schema) -> Vec<Value> {
    let schema = schema.to_value();
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            json!({"name": name, "description": description, "required": required(name), "schema": schema})
        })
        .collect()
}

/// The kinds of errors as OpenRPC's error objects, apart from those of the envelope, which JSON-RPC defines.
fn errors() -> Map<String, Value> {
    Kind::ALL
        .iter()
        .filter(|kind| **kind != Kind::Protocol)
        .map(|kind| (kind.name().to_owned(), json!({"code": kind.rpc_code(), "message": kind.meaning()})))
        .collect()
}

/// Every reason of an error, from the one table.
fn reasons() -> Vec<Value> {
    Reason::ALL
        .iter()
        .map(|reason| {
            json!({
                "reason": reason.code(),
                "kind": reason.kind().name(),
                "code": reason.rpc_code(),
                "retryable": if reason.retryable_for_5xx() { json!("5xx") } else { json!(reason.retryable()) },
                "meaning": reason.meaning(),
            })
        })
        .collect()
}
