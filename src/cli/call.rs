//! `sf-jwt call`: one call through the server's dispatcher, for hosts that cannot write to a child's stdin.

use super::serve::RuleFlags;
use super::{Context, Exit};
use crate::error::{EXIT_NEGATIVE_RESULT, Error, Kind, Reason, Result};
use crate::host::files;
use crate::protocol::types::{ErrorObject, TokenParams};
use crate::rpc::dispatch::{Calls, Dispatcher};
use crate::rpc::framing::MAX_FRAME;
use crate::rpc::methods::methods;
use crate::rpc::params::{self, Read};
use clap::Args;
use jsonrpsee::core::middleware::{Request, RpcServiceT};
use jsonrpsee_types::Id;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Make one JSON-RPC call; the result, or {"error":…}, goes to stdout
#[derive(Args)]
pub(super) struct Call {
    /// The method, such as token or install-url
    method: String,

    /// Its parameters as JSON, or - for stdin, where secrets belong
    #[arg(value_name = "JSON|-", allow_hyphen_values = true)]
    params: Option<String>,

    #[command(flatten)]
    rules: RuleFlags,
}

/// The response, as far as it matters here.
#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl Call {
    pub(super) fn run(&self, context: &Context) -> Result<Exit> {
        let response = match context.block_on(self.response(context)) {
            Ok(response) => response,
            Err(error) => {
                context.console.value(&serde_json::json!({"error": ErrorObject::from(&error)}))?;
                return Ok(error.kind().exit_code());
            }
        };
        let Response { result, error } = serde_json::from_str(&response)
            .map_err(|e| Error::new(Reason::Internal, "the answer could not be read").because(e))?;
        if let Some(error) = error {
            context.console.value(&serde_json::json!({"error": error}))?;
            return Ok(exit_code(error));
        }
        context.console.value(&result)?;
        Ok(if self.method == "verify-connection" && is_negative(result) { EXIT_NEGATIVE_RESULT } else { 0 })
    }

    async fn response(&self, context: &Context) -> Result<String> {
        let params = self.params().await?;
        let server = self.rules.server(context, MAX_FRAME)?;
        let dispatcher = Dispatcher::new(methods(server), Calls::new(Arc::new(|| {})));
        Ok(dispatcher.call(Request::borrowed(&self.method, params.as_deref(), Id::Null)).await)
    }

    async fn params(&self) -> Result<Option<Box<RawValue>>> {
        match self.params.as_deref() {
            None => Ok(None),
            Some("-") => {
                let read = tokio::task::spawn_blocking(|| files::read_stdin(MAX_FRAME as u64));
                let lost = |e| Error::new(Reason::Internal, "reading stdin ended unexpectedly").because(e);
                let bytes = read.await.map_err(lost)?.map_err(|e| {
                    wrong("the parameters on stdin cannot be read, or are larger than 1 MiB").because(e)
                })?;
                let text = String::from_utf8(bytes).map_err(|_| wrong("the parameters on stdin are not UTF-8"))?;
                structured(&text)
            }
            Some(text) => {
                let json = structured(text)?;
                if json.as_deref().is_some_and(|json| holds_secret(&self.method, json.get())) {
                    let what = "a secret by value does not belong into an argument, where other users can read it";
                    return Err(wrong(what).hint("give `-` instead and write the parameters to stdin"));
                }
                Ok(json)
            }
        }
    }
}

fn wrong(message: &str) -> Error {
    Error::usage(Reason::InvalidParameter, "params", message)
}

/// The parameters in a text, as `serve` takes them: a byte order mark is dropped, and null stands for none.
fn structured(text: &str) -> Result<Option<Box<RawValue>>> {
    let json: Box<RawValue> = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|_| wrong("the parameters are not JSON").hint("an object or an array"))?;
    match json.get() {
        "null" => Ok(None),
        text if text.starts_with(['{', '[']) => Ok(Some(json)),
        _ => Err(wrong("the parameters must be an object or an array")),
    }
}

/// Whether parameters carry a secret by value, wherever it is. What cannot be read may be one.
fn holds_secret(method: &str, json: &str) -> bool {
    const SECRETS: [&str; 4] = ["pem", "base64", "value", "rejectedToken"];
    fn within(value: &Value) -> bool {
        match value {
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| (SECRETS.contains(&name.as_str()) && !value.is_null()) || within(value)),
            Value::Array(elements) => elements.iter().any(within),
            _ => false,
        }
    }
    let by_position = || {
        let rejected = |read: Read<TokenParams>| read.params.rejected_token.is_some();
        matches!(method, "token" | "preview") && params::read(Some(json)).is_ok_and(rejected)
    };
    let Ok(mut given) = serde_json::from_str(json) else { return true };
    if let Value::Object(members) = &mut given {
        members.remove("_meta"); // other protocols' notes, which no method looks at
    }
    within(&given) || by_position()
}

/// The exit code of an error object's kind.
fn exit_code(error: &RawValue) -> Exit {
    let error: Value = serde_json::from_str(error.get()).unwrap_or_default();
    let kind = Kind::ALL.into_iter().find(|kind| error["data"]["kind"] == kind.name());
    kind.unwrap_or(Kind::Internal).exit_code()
}

fn is_negative(result: Option<&RawValue>) -> bool {
    let result: Value = result.and_then(|result| serde_json::from_str(result.get()).ok()).unwrap_or_default();
    result["ok"] == Value::Bool(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_what_serve_takes() {
        let read = |text| structured(text).map(|json| json.map(|json| json.get().to_owned()));
        assert_eq!(read("\u{feff} {\"a\":1}\r\n").unwrap().as_deref(), Some("{\"a\":1}"));
        assert_eq!(read(" null").unwrap(), None);
        for wrong in ["", "1", "\"null\"", "{", "{} {}", "\u{feff}\u{feff}{}"] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn secrets_are_found_wherever_they_are() {
        for (method, params, secret) in [
            ("token", r#"{"connection":{"key":{"pem":"x"}}}"#, true),
            ("token", r#"[null,{"key":"file:k","passphrase":{"value":"x"}}]"#, true),
            ("token", r#"{"rejectedToken":"x"}"#, true),
            ("token", r#"["acme",null,null,null,"x"]"#, true),
            ("preview", r#"["acme",null,null,null,"x",1]"#, true),
            ("token", r#"{"_meta":1e400,"connection":{"key":{"pem":"x"}}}"#, true),
            ("token", r#"{"_meta":"\ud800","connection":{"key":{"pem":"x"}}}"#, true),
            ("token", r#"{"_meta":{"value":"x"},"connection":{"key":"file:/k","passphrase":"env:P"}}"#, false),
            ("token", r#"["acme",null,true,60,null,"progress"]"#, false),
            ("install-url", r#"["acme",null,null,null,"00D5e000005AHE7"]"#, false),
            ("token", r#"{"org":"pem"}"#, false),
        ] {
            assert_eq!(holds_secret(method, params), secret, "{method} {params}");
        }
    }
}
