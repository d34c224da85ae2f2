//! The JSON-RPC face: JSON-RPC 2.0 on stdin and stdout.
//!
//! A byte's way: [`stdio`] reads it and feeds the [`session`], whose decoder ([`framing`]) cuts frames and whose
//! [`envelope`] reads messages in them; calls that take time have their turn from [`waiting`]; the [`dispatch`]er finds the method in jsonrpsee's table, [`methods`] turns
//! its [`params`] into types, asks the [`rules`], calls one function of `ops`, and the answer leaves by the
//! [`outbox`] in the client's framing.

pub mod dispatch;
pub mod envelope;
pub mod framing;
pub mod methods;
pub mod outbox;
pub mod params;
pub mod rules;
pub mod session;
pub mod stdio;
pub mod waiting;
