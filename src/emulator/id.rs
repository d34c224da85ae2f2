//! Ids that look as Salesforce's do. They are made from names, so that a world has the same ids in every run.

use crate::app::salesforce_id::SalesforceId;
use aws_lc_rs::digest::{SHA256, digest};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An 18-character id with this key prefix for the thing of this name.
pub(super) fn id(prefix: &str, name: &str) -> String {
    let short = format!("{prefix}Em0{}", base62(&format!("{prefix} {name}"), 9));
    SalesforceId::read(&short).map_or(short, |(id, _)| id.long())
}

/// A consumer key: `3MVG9` and 80 characters.
pub(super) fn consumer_key(name: &str) -> String {
    format!("3MVG9{}{}", base62(name, 32), base62(&format!("{name} again"), 32) + &base62("sf-jwt", 16))
}

/// Whether two ids mean the same record: the first 15 characters are the id, the rest is a checksum.
pub(super) fn same(one: &str, other: &str) -> bool {
    matches!((one.get(..15), other.get(..15)), (Some(a), Some(b)) if a == b)
}

fn base62(name: &str, length: usize) -> String {
    digest(&SHA256, name.as_bytes())
        .as_ref()
        .iter()
        .take(length)
        .map(|byte| char::from(BASE62[usize::from(byte % 62)]))
        .collect()
}
