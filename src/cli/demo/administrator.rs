//! Acme's administrator: opens pages of an emulated org and presses their buttons, as a browser would.

use crate::emulator::Running;
use crate::error::{Error, Reason, Result};
use crate::host::Host;
use crate::host::http::{Http, Network};
use crate::secret::SecretBytes;
use http::{Request, Response, header};
use std::time::Duration;
use tokio::time::Instant;

/// An administrator of one org.
pub(super) struct Administrator {
    http: Http,
    origin: String,
}

impl Administrator {
    pub(super) fn new(host: &Host, emulator: &Running, org: &str) -> Self {
        Administrator { http: host.http.clone(), origin: emulator.my_domain(org) }
    }

    /// Opens a page, makes sure that it has the button, fills in the form and presses it. Gives the path of the page
    /// that it leads to, without its query.
    pub(super) async fn press(&self, button: &str, page: &str, fields: &[(&str, &str)]) -> Result<String> {
        let shown = self.send(Request::get(format!("{}{page}", self.origin)), Vec::new()).await?;
        if !shown.status().is_success() || !String::from_utf8_lossy(shown.body().expose()).contains(button) {
            return Err(unexpected(format!("the page {page} has no button {button} (HTTP {})", shown.status())));
        }
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let post = Request::post(format!("{}{page}", self.origin))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.send(post, form.into_bytes()).await?;
        let location = answer.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
        match location {
            Some(location) if answer.status().is_redirection() => {
                let path = location.strip_prefix(&self.origin).unwrap_or(location);
                Ok(path.split('?').next().unwrap_or_default().to_owned())
            }
            _ => Err(unexpected(format!("{button} on {page} was not accepted (HTTP {})", answer.status()))),
        }
    }

    async fn send(&self, request: http::request::Builder, body: Vec<u8>) -> Result<Response<SecretBytes>> {
        let request = request.body(body.into()).map_err(|e| unexpected("a page has no address".into()).because(e))?;
        let deadline = Instant::now() + Duration::from_secs(10);
        Ok(self.http.send(request, &Network::default(), deadline).await?.response)
    }
}

fn unexpected(message: String) -> Error {
    Error::new(Reason::Internal, message)
}
