//! Many connections verified side by side: each with its own time, so that a slow or dead org delays nobody.

use super::Service;
use super::orgs::Found;
use super::verify::{Happening, Wishes, verify_as};
use crate::protocol::types::VerifyResult;
use futures_util::StreamExt;
use futures_util::stream;

/// The most orgs in flight when nothing else is said. The work is waiting for answers, so this comes from what a
/// machine may have open at once (a few sockets each), not from its cores.
const MOST_IN_FLIGHT: usize = 64;

/// How many orgs are verified at once when nothing else is said.
pub fn default_concurrency(orgs: usize) -> usize {
    orgs.clamp(1, MOST_IN_FLIGHT)
}

/// What is heard while a fleet is verified; the number is the org's place in the list.
pub enum Heard<'a> {
    /// An org's turn has come.
    Begun(usize),
    /// Something happened on the way.
    Happened(usize, Happening<'a>),
    /// An org is done.
    Done(usize, Box<VerifyResult>),
}

/// Verifies connections, `concurrency` at a time, and tells each result when it is there. Dropping the future ends
/// everything that is in flight.
pub async fn verify_all(
    service: &Service,
    orgs: &[Found],
    wishes: &Wishes,
    concurrency: usize,
    hear: &(dyn Fn(Heard<'_>) + Sync),
) {
    let one = |(number, found)| async move {
        hear(Heard::Begun(number));
        let happened = |happening: Happening<'_>| hear(Heard::Happened(number, happening));
        (number, verify_as(service, found, wishes, &happened).await)
    };
    let mut results = stream::iter(orgs.iter().enumerate().map(one)).buffer_unordered(concurrency.max(1));
    while let Some((number, result)) = results.next().await {
        hear(Heard::Done(number, Box::new(result)));
    }
}
