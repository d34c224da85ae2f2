//! The JSON-RPC face.
pub mod framing;
