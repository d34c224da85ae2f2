//! Any bytes: frames do not depend on how the stream is split, and the envelope never panics.
#![no_main]

#[allow(dead_code)]
#[path = "../../../src/rpc/envelope.rs"]
mod envelope;
#[allow(dead_code)]
#[path = "../../../src/rpc/framing.rs"]
mod framing;

use framing::{Decoder, Event};
use libfuzzer_sys::fuzz_target;

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(String, Vec<u8>)> {
    let mut decoder = Decoder::new(None, 1 << 10);
    let mut seen = Vec::new();
    let mut keep = |event: Event<'_>| match event {
        Event::Frame(frame) => seen.push((format!("{:?}", envelope::read(frame)), frame.to_vec())),
        other => seen.push((format!("{other:?}"), Vec::new())),
    };
    for piece in pieces {
        decoder.feed(piece);
        while let Some(event) = decoder.next() {
            keep(event);
        }
    }
    decoder.finish().into_iter().for_each(&mut keep);
    seen
}

fuzz_target!(|input: &[u8]| {
    let at_once = frames(std::iter::once(input));
    let step = 1 + input.first().copied().unwrap_or(0) as usize % 7;
    assert_eq!(frames(input.chunks(step)), at_once);
});
