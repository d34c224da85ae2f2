//! The end of a token before its time (RFC 7009), without a socket: a request out, a response in.

use crate::error::{Error, Reason, Result};
use crate::secret::{SecretBytes, SecretString};
use http::{Request, Response, StatusCode, header};

/// The path of the revocation endpoint (Salesforce Help "OAuth Endpoints").
const PATH: &str = "/services/oauth2/revoke";

/// The revocation request, to the instance that the token came with and to nowhere else.
///
/// # Errors
/// `internal` for an instance URL that is none.
pub fn request(instance_url: &str, token: &SecretString) -> Result<Request<SecretBytes>> {
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose()).finish();
    Request::post(format!("{instance_url}{PATH}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.into_bytes().into())
        .map_err(|e| Error::new(Reason::Internal, "the revocation request could not be built").because(e))
}

/// Reads the answer: whether this ended the token. Salesforce answers 200 with nothing; 400 when it does not know
/// the token (any more), where RFC 7009 section 2.2 would have 200 (reference: `/services/oauth2/revoke`).
///
/// # Errors
/// `unexpected` for every other answer; the token may still live.
pub fn read(response: &Response<SecretBytes>) -> Result<bool> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map_or(&b""[..], header::HeaderValue::as_bytes);
    let reason = match status {
        StatusCode::OK if !kind.starts_with(b"text/html") => return Ok(true),
        StatusCode::BAD_REQUEST => return Ok(false),
        _ if status.is_redirection() => Reason::Redirect,
        _ if kind.starts_with(b"text/html") => Reason::HtmlPage,
        _ => Reason::NotOauthJson,
    };
    Err(Error::new(reason, format!("the token could not be revoked: the org answered {status}"))
        .hint("the token is still kept; try again, or forget it here with --local-only")
        .with(|details| {
            details.http_status = Some(status.as_u16());
            details.retryable = Some(status.is_server_error());
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_holds_the_token_in_its_body_alone() {
        let request = request("https://acme.my.salesforce.com", &"00D!A+B.c&d".to_owned().into()).unwrap();
        assert_eq!(request.method(), http::Method::POST);
        assert_eq!(request.uri(), "https://acme.my.salesforce.com/services/oauth2/revoke");
        assert_eq!(request.body().expose(), b"token=00D%21A%2BB.c%26d");
        assert!(!request.headers().contains_key(header::AUTHORIZATION));
    }

    #[test]
    fn what_the_answers_mean() {
        let answer = |status, kind| {
            let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
            read(&response.body(Vec::new().into()).unwrap()).map_err(|e| (e.reason(), e.retryable()))
        };
        assert_eq!(answer(200, "text/plain"), Ok(true));
        assert_eq!(answer(400, "application/x-www-form-urlencoded"), Ok(false));
        assert_eq!(answer(200, "text/html;charset=UTF-8"), Err((Reason::HtmlPage, false)));
        assert_eq!(answer(302, "text/html"), Err((Reason::Redirect, false)));
        assert_eq!(answer(503, "text/html"), Err((Reason::HtmlPage, true)));
        assert_eq!(answer(404, "text/plain"), Err((Reason::NotOauthJson, false)));
    }
}
