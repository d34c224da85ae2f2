//! The JSON-RPC face.
pub mod envelope;
pub mod framing;
pub mod params;
