//! A request and a reply as values, so that everything between the two needs no socket.

use super::address::Place;
use serde_json::{Value, json};
use std::net::IpAddr;

/// A request, as far as the emulator looks at it.
pub(super) struct Call {
    /// Where it arrived.
    pub(super) place: Place,
    pub(super) method: String,
    /// The path, percent-decoded, without empty segments.
    pub(super) segments: Vec<String>,
    /// The query, decoded.
    pub(super) query: Vec<(String, String)>,
    pub(super) content_type: String,
    /// The `Authorization` header.
    pub(super) authorization: Option<String>,
    pub(super) body: Vec<u8>,
    /// The client's address.
    pub(super) from: IpAddr,
}

impl Call {
    /// The body's fields, when it is a form.
    pub(super) fn form(&self) -> Option<Vec<(String, String)>> {
        let essence = self.content_type.split(';').next().unwrap_or_default().trim();
        let is_form = essence.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        is_form.then(|| url::form_urlencoded::parse(&self.body).into_owned().collect())
    }

    /// A query parameter; empty when absent.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The token of an `Authorization: Bearer` header; Salesforce takes the scheme `OAuth`, too.
    pub(super) fn token(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.as_deref()?.split_once(' ')?;
        let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
        known.then(|| token.trim())
    }
}

/// What the emulator answers.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// The row of the reference that the answer replicates.
    pub(super) row: Option<&'static str>,
    /// What was wrong, for the emulator's own log.
    pub(super) why: Option<String>,
}

impl Reply {
    fn new(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Reply { status, content_type, headers: Vec::new(), body: body.into(), row: None, why: None }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Reply::new(status, "application/json;charset=UTF-8", body.to_string())
    }

    pub(super) fn text(status: u16, body: impl Into<String>) -> Self {
        Reply::new(status, "text/plain;charset=UTF-8", body)
    }

    pub(super) fn html(status: u16, body: impl Into<String>) -> Self {
        Reply::new(status, "text/html;charset=UTF-8", body)
    }

    /// The fields of an error as a query string, as the revoke endpoint answers.
    pub(super) fn form(status: u16, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Reply::new(status, "application/x-www-form-urlencoded", body)
    }

    /// After a form was accepted: the page to go on to.
    pub(super) fn see_other(path: impl Into<String>) -> Self {
        Reply::new(303, "text/plain;charset=UTF-8", "").header("Location", path)
    }

    pub(super) fn method_not_allowed(allowed: &str) -> Self {
        Reply::text(405, format!("use {allowed}\n")).header("Allow", allowed)
    }

    /// A REST error: an array of one object (reference 6).
    pub(super) fn rest_error(status: u16, code: &str, message: impl Into<String>) -> Self {
        Reply::json(status, &json!([{"message": message.into(), "errorCode": code}])).row("6")
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn row(mut self, row: &'static str) -> Self {
        self.row = Some(row);
        self
    }
}
