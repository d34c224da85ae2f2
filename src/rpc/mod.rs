//! The JSON-RPC face.
pub mod dispatch;
pub mod envelope;
pub mod framing;
pub mod outbox;
pub mod params;
pub mod session;
pub mod stdio;
