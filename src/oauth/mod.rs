//! The OAuth 2.0 JWT Bearer flow (RFC 7523; Salesforce Help "OAuth 2.0 JWT Bearer Flow for Server-to-Server
//! Integration"), told once, without a socket:
//!
//! 1. [`login_host`]: where an assertion may go, and which audience it may name there;
//! 2. [`assertion`]: header and claims of the assertion, from values and the clock;
//! 3. [`exchange`]: the assertion as an HTTP request, and the HTTP response as
//! 4. a [`grant`], or as
//! 5. a [`refusal`], which is explained;
//! 6. [`revocation`]: the end of a token before its time.

pub mod assertion;
pub mod exchange;
pub mod grant;
pub mod login_host;
pub mod refusal;
pub mod revocation;
