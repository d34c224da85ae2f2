//! The methods over the verbs: parameters in, one function of `ops`, result out.

use super::dispatch::{Call, error_object};
use super::params::{self, Read};
use super::rules::Rules;
use crate::error::{Error, Reason, Result};
use crate::ops::install_url::install_url;
use crate::ops::orgs::{self, Found};
use crate::ops::token::{self, Wishes};
use crate::ops::{Service, explain, revoke, verify};
use crate::org::draft::Draft;
use crate::protocol::methods::method;
use crate::protocol::openrpc::OPENRPC;
use crate::protocol::types::{
    Capabilities, CheckResult, Connection, ExplainParams, InitializeResult, InstallUrlParams, NoParams, OrgsResult,
    PROTOCOL_VERSIONS, PingResult, ProgressParams, ProgressValue, RevokeParams, ServerInfo, TokenParams, VerifyParams,
};
use crate::verify::checks::CHECKS;
use jsonrpsee::RpcModule;
use jsonrpsee::core::server::Methods;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What the methods work with.
pub struct Server {
    /// What the verbs work with.
    pub service: Service,
    /// What the client may do.
    pub rules: Rules,
    /// The largest frame, for `initialize` to tell.
    pub max_frame: usize,
}

impl Server {
    /// The org that a call means, if it may.
    fn find(&self, org: Option<&str>, connection: Option<Connection>) -> Result<Found> {
        let draft = match (org, connection) {
            (Some(_), Some(_)) => {
                let message = "`org` and `connection` exclude each other";
                return Err(Error::usage(Reason::ConflictingParameters, "connection", message));
            }
            (Some(org), None) => {
                self.rules.check_org(org)?;
                orgs::named(&self.service.host, org, self.service.config.as_deref())
                    .map_err(|error| self.rules.discreet(error))?
            }
            (None, Some(connection)) => {
                self.rules.check_connection()?;
                orgs::described(connection, self.rules.terms)
            }
            (None, None) => {
                let error = Error::new(Reason::NoOrg, "neither `org` nor `connection` was given").field("org");
                return Err(error.hint("`orgs` lists the configured orgs"));
            }
        };
        Ok(Found { draft, warnings: Vec::new() })
    }

    /// The orgs that calls may be about, each under the name that calls may give it.
    fn orgs(&self) -> Result<OrgsResult> {
        let Some(names) = self.rules.orgs() else { return orgs::list::list(&self.service) };
        // what is wrong with other orgs' files is not for this client
        let mut result = OrgsResult { orgs: Vec::new(), warnings: Vec::new() };
        for name in names {
            match self.find(Some(name), None) {
                Ok(Found { draft, .. }) => {
                    let name = Some(name.clone());
                    result.orgs.push(orgs::list::summary(&self.service, &Draft { name, ..draft }));
                }
                Err(error) if error.reason() == Reason::UnknownOrg => {}
                Err(error) => return Err(error),
            }
        }
        Ok(result)
    }

    fn initialize(&self) -> InitializeResult {
        let Rules { terms, .. } = self.rules;
        InitializeResult {
            server_info: ServerInfo { name: "sf-jwt".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            protocol_versions: PROTOCOL_VERSIONS.to_vec(),
            capabilities: Capabilities {
                methods: self.rules.methods().map(str::to_owned).collect(),
                orgs: self.rules.orgs().map(<[String]>::to_vec),
                connections: self.rules.lets_describe(),
                loopback: terms.allow_loopback,
                commands: terms.allow_commands,
                max_frame: self.max_frame,
            },
        }
    }
}

/// The methods that this server offers.
pub fn methods(server: Server) -> Methods {
    let server = Arc::new(server);
    let mut table = Table { module: RpcModule::from_arc(Arc::clone(&server)), server };
    table.answer("ping", |_, NoParams {}| Ok(PingResult {}));
    table.answer("shutdown", |_, NoParams {}| Ok(()));
    table.answer("rpc.discover", |_, NoParams {}| discover());
    table.answer("initialize", |server, Anything| Ok(server.initialize()));
    table.answer("install-url", |server, params: InstallUrlParams| {
        install_url(&params, |org| server.find(Some(org), None).map(|found| found.draft))
    });
    table.answer("preview", |server, params: TokenParams| {
        token::preview(&server.service, &server.find(params.org.as_deref(), params.connection)?)
    });
    table.wait("token", async |server: Arc<Server>, params: TokenParams, _| {
        let found = server.find(params.org.as_deref(), params.connection)?;
        let wishes = Wishes {
            fresh: params.fresh.unwrap_or_default(),
            min_validity: Duration::from_secs(params.min_validity_seconds.unwrap_or_default()),
            rejected: params.rejected_token.map(|token| token.0),
        };
        let named_as_here = |error: Error| match error.details().field.as_deref() {
            Some("min-validity") => error.field("minValiditySeconds"),
            _ => error,
        };
        token::token(&server.service, &found, wishes).await.map_err(named_as_here)
    });
    table.wait("verify-connection", async |server: Arc<Server>, params: VerifyParams, progress: Arc<Progress>| {
        let found = server.find(params.org.as_deref(), params.connection)?;
        let done = AtomicUsize::new(0);
        let tell = |check: &CheckResult| progress.check(check, done.fetch_add(1, Ordering::Relaxed) + 1, CHECKS.len());
        Ok(verify::verify(&server.service, &found, params.offline.unwrap_or_default(), &tell).await)
    });
    table.wait("revoke", async |server: Arc<Server>, params: RevokeParams, _| {
        let found = server.find(params.org.as_deref(), params.connection)?;
        revoke::revoke(&server.service, &found, params.local_only.unwrap_or_default()).await
    });
    table.answer("orgs", |server, NoParams {}| server.orgs());
    table.answer("explain", |_, params: ExplainParams| explain::explain(&params.code));
    table.module.into()
}

/// Parameters that are not looked at.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_ignored_any(IgnoredAny).map(|_| Anything)
    }
}

fn discover() -> Result<Box<RawValue>> {
    // written for people; an answer has no line breaks
    let document: serde_json::Value = serde_json::from_str(OPENRPC)
        .map_err(|e| Error::new(Reason::Internal, "the document cannot be read").because(e))?;
    serde_json::value::to_raw_value(&document)
        .map_err(|e| Error::new(Reason::Internal, "the document cannot be written").because(e))
}

/// A result as JSON text, so that jsonrpsee's part is compiled once and not for every type of result.
fn json(result: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(result).map_err(|e| Error::new(Reason::Internal, "the answer cannot be written").because(e))
}

/// jsonrpsee's table, filled with what the rules offer. That names are registered once is the method table's test.
struct Table {
    server: Arc<Server>,
    module: RpcModule<Server>,
}

impl Table {
    fn offers(&self, name: &str) -> bool {
        method(name).is_some_and(|method| self.server.rules.offers(method))
    }

    /// A method that answers on the spot.
    fn answer<P, R>(&mut self, name: &'static str, answer: impl Fn(&Server, P) -> Result<R> + Send + Sync + 'static)
    where
        P: DeserializeOwned,
        R: Serialize + Clone + 'static,
    {
        if self.offers(name) {
            let _ = self.module.register_method(name, move |params, server, _| {
                params::read(params.as_str())
                    .and_then(|read: Read<P>| json(&answer(server, read.params)?))
                    .map_err(|error| error_object(&error))
            });
        }
    }

    /// A method that waits for something: it can be cancelled, and tells how far it has come.
    fn wait<P, R, F>(
        &mut self,
        name: &'static str,
        answer: impl Fn(Arc<Server>, P, Arc<Progress>) -> F + Clone + Send + Sync + 'static,
    ) where
        P: DeserializeOwned + Send,
        R: Serialize + Clone + Send + 'static,
        F: Future<Output = Result<R>> + Send,
    {
        let Some(method) = method(name).filter(|method| self.server.rules.offers(method)) else { return };
        let _ = self.module.register_async_method(name, move |params, server, extensions| {
            let answer = answer.clone();
            async move {
                let answered = async {
                    let read: Read<P> = params::read(params.as_str())?;
                    // what was not a parameter, such as `_meta`, may be large
                    drop(params);
                    let progress = Progress::begin(extensions.get(), read.progress_token, method.summary);
                    json(&answer(server, read.params, progress).await?)
                };
                answered.await.map_err(|error: Error| error_object(&error))
            }
        });
    }
}

/// How a call tells how far it has come, if its client wants to know: `begin` when it starts to run, and `end`,
/// whatever becomes of it, before its answer.
pub struct Progress {
    listener: Option<(Arc<Call>, Box<RawValue>)>,
}

impl Progress {
    fn begin(call: Option<&Arc<Call>>, token: Option<Box<RawValue>>, title: &str) -> Arc<Progress> {
        let progress = Progress { listener: call.cloned().zip(token) };
        progress.tell(ProgressValue::Begin { title: title.to_owned() });
        Arc::new(progress)
    }

    /// Tells that a check is done, the `done`th of `all`.
    pub fn check(&self, check: &CheckResult, done: usize, all: usize) {
        if self.listener.is_some() {
            let message = format!("{}: {}", check.title, check.detail);
            let percentage = u8::try_from(done * 100 / all.max(1)).unwrap_or(100);
            self.tell(ProgressValue::Report { message, percentage, check: Some(Box::new(check.clone())) });
        }
    }

    fn tell(&self, value: ProgressValue) {
        if let Some((call, token)) = &self.listener {
            call.notify("$/progress", &ProgressParams { token: token.clone(), value });
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.tell(ProgressValue::End { message: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Env, Host, files};
    use crate::ops::credentials::Terms;
    use crate::ops::token_store::Wish;
    use crate::rpc::rules::Orgs;

    fn server(env: Env, rules: Rules) -> Server {
        let host = Host { env, ..Host::system() };
        let wish = Wish { state_dir: None, memory_only: true };
        let service = Service::new(host, Duration::from_secs(1), Terms::server(Duration::from_secs(1)), wish);
        Server { service, rules, max_frame: 1024 }
    }

    #[test]
    fn what_is_offered_is_there_and_nothing_else() {
        for rules in [Rules::default(), Rules { methods: Some(vec!["orgs".to_owned()]), ..Rules::default() }] {
            let mut offered: Vec<&str> = rules.methods().collect();
            let table = methods(server(Env::default(), rules));
            let mut there: Vec<&str> = table.method_names().collect();
            offered.sort_unstable();
            there.sort_unstable();
            assert_eq!(there, offered);
        }
    }

    #[test]
    fn a_client_hears_of_its_orgs_only() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("c/sf-jwt/orgs.toml");
        files::private_folder(file.parent().unwrap()).unwrap();
        let orgs = [("acme", "a@b.cd"), ("hidden-1", "twin@b.cd"), ("hidden-2", "twin@b.cd"), ("nosuchh", "n@b.cd")];
        let text: String = orgs.map(|(name, user)| format!("[orgs.{name}]\nusername = '{user}'\n")).concat();
        files::replace(&file, text.as_bytes()).unwrap();
        let path = home.path().to_str().unwrap();
        let env = Env::of([("HOME", path), ("XDG_CONFIG_HOME", &format!("{path}/c"))]);
        let names = ["nosuch", "twin@b.cd", "a@b.cd"].map(str::to_owned).to_vec();
        let server = server(env, Rules { orgs: Orgs::Only(names), ..Rules::default() });
        for name in ["nosuch", "twin@b.cd", "hidden-1", "nobody"] {
            let error = server.find(Some(name), None).unwrap_err();
            assert_eq!(error.details().hint.as_deref(), Some("it was started for: nosuch, twin@b.cd, a@b.cd"));
        }
        let listed = server.orgs().unwrap();
        let listed: Vec<_> = listed.orgs.iter().map(|org| (org.name.as_str(), org.username.as_deref())).collect();
        assert_eq!(listed, [("a@b.cd", Some("a@b.cd"))]);
        files::replace(&file, b"[orgs").unwrap();
        assert_eq!(server.orgs().unwrap_err().reason(), Reason::InvalidConfig);
    }
}
