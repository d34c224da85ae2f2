//! Messages to methods: a [`Dispatcher`] over jsonrpsee's method table, and the table of calls in flight.
//!
//! jsonrpsee keeps the methods, reads requests into its types and writes responses; its middleware trait
//! [`RpcServiceT`] is how they are called. Everything that a call needs on its way is in [`Dispatcher::call`], since
//! jsonrpsee's batches do not pass through the `call` of a layer: a slot among the calls that run, cancellation,
//! and an answer also when the method panics.
//!
//! One convention: in a [`Request`] of ours, [`Id::Str`] holds the id's *JSON text*. jsonrpsee cannot hold every
//! id, so methods are called with a null id and the answer is given the id that the client wrote.

use super::envelope::comparable;
use super::outbox::{Bell, Outbox};
use crate::error::{Error, Reason, nearest};
use crate::protocol::types::ErrorObject;
use futures_util::FutureExt;
use futures_util::future::{join_all, ready};
use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, Request, RpcServiceT};
use jsonrpsee::core::server::{ConnectionId, MethodCallback, MethodResponse, Methods};
use jsonrpsee_types::{ErrorObjectOwned, Id, Params};
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore};

/// How many calls run side by side; further ones wait.
pub const MAX_RUNNING: usize = 256;

/// How responses of jsonrpsee begin when they were asked for with a null id.
const NULL_ID: &str = r#"{"jsonrpc":"2.0","id":null"#;

/// A call's place in the world: who asked, and how to stop it.
pub struct Call {
    /// As [`comparable`] writes it.
    id: Box<str>,
    cancelled: Notify,
    outbox: Option<Outbox>,
}

impl Call {
    /// A call that nobody can cancel, as from the command line.
    pub fn alone() -> Arc<Call> {
        Arc::new(Call { id: "null".into(), cancelled: Notify::new(), outbox: None })
    }

    /// Tells the client something about this call, if there is a client that listens.
    pub fn notify(&self, method: &str, params: &impl serde::Serialize) {
        if let (Some(outbox), Ok(params)) = (&self.outbox, to_raw_value(params)) {
            outbox.send(&format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#));
        }
    }
}

/// The calls that run. A batch may bring a few more than can, which wait for a slot.
pub struct Calls {
    table: Mutex<Vec<Arc<Call>>>,
    slots: Semaphore,
    bell: Bell,
}

impl Calls {
    /// No calls yet; `bell` is called when one has left.
    pub fn new(bell: Bell) -> Arc<Self> {
        Arc::new(Calls { table: Mutex::default(), slots: Semaphore::new(MAX_RUNNING), bell })
    }

    /// Puts a call into the table. This happens where messages are read, in their order, so that a cancellation
    /// cannot arrive before its call.
    fn enter(&self, id: &str, outbox: &Outbox) -> Arc<Call> {
        let id = comparable(id).into();
        let call = Arc::new(Call { id, cancelled: Notify::new(), outbox: Some(outbox.clone()) });
        self.lock().push(Arc::clone(&call));
        call
    }

    /// Cancels the calls of this id.
    pub fn cancel(&self, id: &str) {
        let id = comparable(id);
        for call in self.lock().iter().filter(|call| *call.id == *id) {
            call.cancelled.notify_one();
        }
    }

    /// Cancels every call.
    pub fn cancel_all(&self) {
        for call in self.lock().iter() {
            call.cancelled.notify_one();
        }
    }

    /// Whether another call would have a slot.
    pub fn has_room(&self) -> bool {
        self.lock().len() < MAX_RUNNING
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Call>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's stay in the table; dropping it is how a call leaves, whatever became of it.
struct InFlight {
    calls: Arc<Calls>,
    call: Arc<Call>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.calls.lock().retain(|call| !Arc::ptr_eq(call, &self.call));
        (self.calls.bell)();
    }
}

/// What became of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Nothing more is to be done.
    Done,
    /// Calls of this id, as JSON text, are cancelled: those that run are told, those that wait are to be.
    Cancelled(Box<str>),
    /// The client wants the server to end.
    Exit,
}

/// The methods as a service.
#[derive(Clone)]
pub struct Dispatcher {
    methods: Methods,
    calls: Arc<Calls>,
}

impl Dispatcher {
    /// A service over these methods.
    pub fn new(methods: Methods, calls: Arc<Calls>) -> Self {
        Dispatcher { methods, calls }
    }

    /// The calls in flight.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Makes a request of a client's call. One that is not answered on the spot enters the table, and must be
    /// given to [`call`](RpcServiceT::call) to leave it again.
    pub fn request<'a>(
        &self,
        id: &'a str,
        method: &'a str,
        params: Option<&'a RawValue>,
        outbox: &Outbox,
    ) -> Request<'a> {
        let mut request = Request::borrowed(method, params, Id::Str(id.into()));
        if !self.is_immediate(method) {
            request.extensions.insert(self.calls.enter(id, outbox));
        }
        request
    }

    /// Whether a call of this method is answered on the spot, without waiting for anything.
    pub fn is_immediate(&self, method: &str) -> bool {
        !matches!(self.methods.method(method), Some(MethodCallback::Async(_)))
    }
}

impl RpcServiceT for Dispatcher {
    /// The response as JSON text.
    type MethodResponse = String;
    type NotificationResponse = Noted;
    /// The responses as one JSON array; nothing when nothing in the batch wants an answer.
    type BatchResponse = Option<String>;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = String> + Send + 'a {
        let Request { id, method, params, mut extensions, .. } = request;
        let params = Params::new(params.as_ref().map(|params| params.get()));
        match self.methods.method(&method) {
            Some(MethodCallback::Async(callback)) => {
                let params = params.into_owned();
                let callback = Arc::clone(callback);
                let call = extensions.get::<Arc<Call>>().cloned().unwrap_or_else(Call::alone);
                extensions.insert(Arc::clone(&call));
                let in_flight = InFlight { calls: Arc::clone(&self.calls), call };
                let id = id.into_owned();
                async move {
                    let InFlight { calls, call } = &in_flight;
                    let work = async {
                        // never closed, so always acquired
                        let _slot = calls.slots.acquire().await;
                        let response = callback(Id::Null, params, ConnectionId(0), usize::MAX, extensions);
                        AssertUnwindSafe(response).catch_unwind().await
                    };
                    tokio::select! {
                        biased;
                        () = call.cancelled.notified() => refusal(&id, &cancelled()),
                        response = work => respond(&id, response),
                    }
                }
                .right_future()
            }
            Some(MethodCallback::Sync(callback)) => {
                let response = catch_unwind(AssertUnwindSafe(|| callback(Id::Null, params, usize::MAX, extensions)));
                ready(respond(&id, response)).left_future()
            }
            // there are no subscriptions
            _ => ready(refusal(&id, &self.unknown(&method))).left_future(),
        }
    }

    /// What is answered on the spot is answered last, when there is room for it: a hundred large answers would
    /// otherwise be kept while one slow call runs.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = Option<String>> + Send + 'a {
        enum Entry<'a> {
            Later,
            Now(Request<'a>),
            Known(String),
        }
        let (mut slow, mut outbox) = (Vec::new(), None);
        let entries: Vec<Entry<'a>> = batch
            .into_iter()
            .filter_map(|entry| match entry {
                Ok(BatchEntry::Call(request)) if self.is_immediate(&request.method) => Some(Entry::Now(request)),
                Ok(BatchEntry::Call(request)) => {
                    outbox = request.extensions.get::<Arc<Call>>().and_then(|call| call.outbox.clone());
                    slow.push(self.call(request));
                    Some(Entry::Later)
                }
                Ok(BatchEntry::Notification(_)) => None,
                Err(error) => {
                    let (error, id) = error.into_parts();
                    Some(Entry::Known(respond(&id, Ok(MethodResponse::error(Id::Null, error)))))
                }
            })
            .collect();
        let service = self.clone();
        async move {
            let mut slow = join_all(slow).await.into_iter();
            if let Some(outbox) = outbox {
                outbox.room().await;
            }
            let mut answers = Vec::with_capacity(entries.len());
            for entry in entries {
                answers.push(match entry {
                    Entry::Later => slow.next().unwrap_or_default(),
                    Entry::Now(request) => service.call(request).await,
                    Entry::Known(answer) => answer,
                });
            }
            (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")))
        }
    }

    fn notification<'a>(&self, notification: Notification<'a>) -> impl Future<Output = Noted> + Send + 'a {
        ready(match notification.method_name() {
            "exit" => Noted::Exit,
            "$/cancelRequest" => {
                #[derive(serde::Deserialize)]
                struct Cancel<'a> {
                    #[serde(borrow)]
                    id: &'a RawValue,
                }
                let params = notification.params().as_ref().map(|params| params.get());
                if let Some(Ok(cancel)) = params.map(serde_json::from_str::<Cancel<'_>>) {
                    self.calls.cancel(cancel.id.get());
                    return ready(Noted::Cancelled(cancel.id.get().into()));
                }
                Noted::Done
            }
            _ => Noted::Done,
        })
    }
}

impl Dispatcher {
    fn unknown(&self, method: &str) -> Error {
        Error::new(Reason::MethodNotFound, "there is no such method").hint(
            match nearest(method, self.methods.method_names()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "`rpc.discover` lists the methods".to_owned(),
            },
        )
    }
}

/// What a cancelled call is answered.
pub fn cancelled() -> Error {
    Error::new(Reason::Cancelled, "the call was cancelled")
}

/// The id's JSON text: see the convention above.
fn id_json<'a>(id: &'a Id<'_>) -> &'a str {
    match id {
        Id::Str(json) => json,
        Id::Null | Id::Number(_) => "null",
    }
}

/// A response with the client's id in place of the null one; a method that panicked is our fault and is said so.
fn respond(id: &Id<'_>, response: std::thread::Result<MethodResponse>) -> String {
    match response {
        Ok(response) => match response.as_ref().strip_prefix(NULL_ID) {
            Some(rest) => [r#"{"jsonrpc":"2.0","id":"#, id_json(id), rest].concat(),
            None => refusal(id, &Error::new(Reason::Internal, "the answer could not be written")),
        },
        Err(_) => {
            let error = Error::new(Reason::Internal, "the method failed in an unforeseen way");
            refusal(id, &error.hint("this is a defect of sf-jwt: please report it"))
        }
    }
}

fn refusal(id: &Id<'_>, error: &Error) -> String {
    refuse(Some(id_json(id)), error)
}

/// An error response for an id as JSON text, or for none that could be read.
pub fn refuse(id: Option<&str>, error: &Error) -> String {
    // no error object fails to serialise: text, numbers and lists only
    let object = serde_json::to_string(&ErrorObject::from(error)).unwrap_or_default();
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{object}}}"#, id.unwrap_or("null"))
}

/// Our error as jsonrpsee's methods return it.
pub fn error_object(error: &Error) -> ErrorObjectOwned {
    let ErrorObject { code, message, data } = ErrorObject::from(error);
    ErrorObjectOwned::owned(code, message, Some(data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonrpsee::RpcModule;
    use jsonrpsee::core::middleware::BatchEntryErr;

    fn service() -> Dispatcher {
        let mut module = RpcModule::new(());
        module.register_method("now", |_, (), _| "here").unwrap();
        module.register_method("panic", |_, (), _| -> u8 { panic!("SENTINEL") }).unwrap();
        module.register_async_method("later", |_, _, _| async { "there" }).unwrap();
        module
            .register_async_method("panic-later", |_, _, _| async {
                if true {
                    panic!("SENTINEL")
                }
            })
            .unwrap();
        module.register_async_method("never", |_, _, _| std::future::pending::<u8>()).unwrap();
        Dispatcher::new(module.into(), Calls::new(Arc::new(|| {})))
    }

    fn nowhere() -> Outbox {
        Outbox::new(Box::new(super::super::outbox::tests::Kept::default()), Arc::new(|| {}))
    }

    #[tokio::test]
    async fn ids_come_back_as_they_were_written() {
        let service = service();
        for method in ["now", "later", "never mind"] {
            for id in ["1", "-1", "1.50", "18446744073709551616", "null", r#""\u00e9""#, r#""""#] {
                let answer = service.call(service.request(id, method, None, &nowhere())).await;
                assert!(answer.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},""#)), "{answer}");
            }
        }
        assert!(service.calls.lock().is_empty());
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_says_nothing() {
        let service = service();
        for method in ["panic", "panic-later"] {
            let answer = service.call(service.request("7", method, None, &nowhere())).await;
            assert!(answer.starts_with(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"#), "{answer}");
            assert!(!answer.contains("SENTINEL"));
        }
    }

    #[tokio::test]
    async fn cancelling_reaches_running_and_waiting_calls() {
        let service = service();
        let ids: Vec<String> = (0..MAX_RUNNING + 3).map(|n| n.to_string()).collect();
        let tasks: Vec<_> = ids
            .iter()
            .map(|id| {
                let (service, id) = (service.clone(), id.clone());
                let request = service.request(&id, "never", None, &nowhere());
                let mut owned = Request::owned("never".into(), None, Id::Str(id.clone().into()));
                owned.extensions = request.extensions;
                tokio::spawn(async move { service.call(owned).await })
            })
            .collect();
        while service.calls.slots.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        assert!(!service.calls.has_room());
        service.calls.cancel("5");
        service.calls.cancel(&MAX_RUNNING.to_string());
        service.calls.cancel("unknown");
        for (n, task) in tasks.into_iter().enumerate() {
            if n == MAX_RUNNING + 1 {
                service.calls.cancel_all();
            }
            if n == 5 || n >= MAX_RUNNING {
                let answer = task.await.unwrap();
                assert!(
                    answer.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{n},"error":{{"code":-32800,"#)),
                    "{answer}"
                );
            } else {
                drop(task);
            }
        }
        service.calls.cancel_all();
        while !service.calls.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(service.calls.has_room());
    }

    #[tokio::test]
    async fn an_id_is_the_same_however_it_is_written() {
        let service = service();
        let call = service.call(service.request(r#""\u00e9""#, "never", None, &nowhere()));
        let cancel: Box<RawValue> = serde_json::from_str(r#"{"id":"é"}"#).unwrap();
        let params = Some(std::borrow::Cow::Owned(cancel));
        assert_eq!(
            service.notification(Notification::new("$/cancelRequest".into(), params)).await,
            Noted::Cancelled("\"é\"".into())
        );
        assert!(call.await.contains("-32800"));
    }

    #[tokio::test]
    async fn a_batch_is_one_array() {
        let service = service();
        let invalid = error_object(&Error::new(Reason::InvalidRequest, "no"));
        let batch = Batch::from(vec![
            Ok(BatchEntry::Call(service.request("1.0", "later", None, &nowhere()))),
            Ok(BatchEntry::Notification(Notification::new("now".into(), None))),
            Err(BatchEntryErr::new(Id::Str("-2".into()), invalid)),
            Ok(BatchEntry::Call(service.request("\"c\"", "now", None, &nowhere()))),
        ]);
        let answer = service.batch(batch).await.unwrap();
        let answers: Vec<serde_json::Value> = serde_json::from_str(&answer).unwrap();
        assert_eq!(answers.len(), 3);
        assert!(answer.starts_with(r#"[{"jsonrpc":"2.0","id":1.0,"result":"there"},{"jsonrpc":"2.0","id":-2,"error""#));
        let notes = Batch::from(vec![Ok(BatchEntry::Notification(Notification::new("now".into(), None)))]);
        assert_eq!(service.batch(notes).await, None);
    }
}
