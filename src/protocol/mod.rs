//! The shapes that clients see, on both faces: JSON-RPC and the command line's `--json` use the same types.

pub mod audit;
pub mod input;
pub mod methods;
pub mod openrpc;
pub mod types;
