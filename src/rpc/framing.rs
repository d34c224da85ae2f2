//! Bytes to frames and back, without a socket: hostile input in, bounded memory, and never out of step for longer
//! than the one frame at fault.
//!
//! Two framings are spoken. *Lines*: one JSON text per line, ended by LF or CRLF, the last one perhaps not at all.
//! *Content-Length*: header lines, an empty line, and that many bytes, as the Language Server Protocol 3.17 says
//! under "Base Protocol". Which one a client speaks is told by its first byte: a header starts with a letter, and
//! no JSON text starts with a letter other than those of `true`, `false` and `null`.

/// How frames are told apart in a stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One JSON text per line.
    Lines,
    /// Language Server Protocol headers.
    ContentLength,
}

impl Framing {
    /// Appends a frame. The JSON text must hold no line break, which is how serde_json writes it.
    pub fn encode(self, json: &str, out: &mut impl for<'a> Extend<&'a u8>) {
        match self {
            Framing::Lines => {
                out.extend(json.as_bytes());
                out.extend(b"\n");
            }
            // exactly this header and no other: several clients read only the first header line, or expect it
            // to be spelt this way (reference: python-lsp-jsonrpc, Emacs' jsonrpc.el)
            Framing::ContentLength => {
                out.extend(format!("Content-Length: {}\r\n\r\n", json.len()).as_bytes());
                out.extend(json.as_bytes());
            }
        }
    }
}

/// The largest frame that is read, in bytes, unless told otherwise.
pub const MAX_FRAME: usize = 1 << 20;

/// The largest block of header lines, in bytes, with the empty line that ends it.
pub const MAX_HEADERS: usize = 8 << 10;

/// What comes out of a stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The content of a frame, which need not be JSON nor even UTF-8.
    Frame(&'a [u8]),
    /// A frame above the limit was, or is being, skipped.
    TooLarge,
    /// The input ended inside a frame whose length had been announced.
    Truncated,
    /// A block of headers that gives no length: where the next frame starts cannot be known, so nothing follows.
    Broken(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first byte that tells the framing.
    Undecided,
    Line,
    SkippedLine,
    /// White space between two frames with headers.
    Between,
    /// Inside a block of headers, with the length it has named so far.
    Headers {
        length: Option<u64>,
    },
    Body {
        length: usize,
    },
    SkippedBody {
        left: u64,
    },
    Lost,
}

/// Cuts a stream of bytes into frames, however the stream is split on its way.
///
/// [`feed`](Decoder::feed) it what arrives, then take [`next`](Decoder::next) until it gives nothing;
/// [`finish`](Decoder::finish) at the end of the input gives what a last line without an end holds.
#[derive(Debug)]
pub struct Decoder {
    framing: Option<Framing>,
    max_frame: usize,
    state: State,
    buffer: Vec<u8>,
    /// Where the current frame or header block starts in `buffer`.
    start: usize,
    /// Up to where `buffer` has been searched for the end of a line.
    scanned: usize,
}

impl Decoder {
    /// A decoder for one connection; without a framing, the first byte decides.
    pub fn new(framing: Option<Framing>, max_frame: usize) -> Self {
        Decoder { framing, max_frame, state: State::Undecided, buffer: Vec::new(), start: 0, scanned: 0 }
    }

    /// The client's framing, which answers use too, once its first byte is there.
    pub fn framing(&mut self) -> Option<Framing> {
        if self.state == State::Undecided {
            let framing = self.decide()?;
            self.framing = Some(framing);
            self.state = if framing == Framing::Lines { State::Line } else { State::Between };
        }
        self.framing
    }

    /// Takes bytes as they arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next event, or nothing until more bytes are fed.
    // not an Iterator: an event borrows from the decoder
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Event<'_>> {
        loop {
            match self.state {
                State::Undecided => drop(self.framing()?),
                State::Line => {
                    let Some(end) = self.line_end() else {
                        if without_cr(&self.buffer[self.start..]).len() <= self.max_frame {
                            return None;
                        }
                        self.drop_buffer();
                        self.state = State::SkippedLine;
                        return Some(Event::TooLarge);
                    };
                    let line = self.start..end;
                    self.start = end + 1;
                    if without_cr(&self.buffer[line.clone()]).len() > self.max_frame {
                        return Some(Event::TooLarge);
                    }
                    if !is_blank(&self.buffer[line.clone()]) {
                        return Some(Event::Frame(&self.buffer[line]));
                    }
                }
                State::SkippedLine => match self.line_end() {
                    Some(end) => {
                        self.start = end + 1;
                        self.state = State::Line;
                    }
                    None => {
                        self.drop_buffer();
                        return None;
                    }
                },
                State::Between => {
                    self.skip_white_space();
                    if self.start == self.buffer.len() {
                        return None;
                    }
                    self.state = State::Headers { length: None };
                }
                State::Headers { length } => {
                    let line_start = self.scanned;
                    let Some(end) = self.line_end().filter(|end| end - self.start < MAX_HEADERS) else {
                        if self.buffer.len() - self.start < MAX_HEADERS {
                            // the unfinished line is read again from its start
                            self.scanned = line_start;
                            return None;
                        }
                        return Some(self.lose("a block of headers above 8 KiB"));
                    };
                    match header(&self.buffer[line_start..end], length) {
                        Ok(Header::Line(length)) => self.state = State::Headers { length },
                        Ok(Header::End(length)) => {
                            self.start = end + 1;
                            match usize::try_from(length).ok().filter(|n| *n <= self.max_frame) {
                                Some(length) => self.state = State::Body { length },
                                None => {
                                    self.state = State::SkippedBody { left: length };
                                    return Some(Event::TooLarge);
                                }
                            }
                        }
                        Err(problem) => return Some(self.lose(problem)),
                    }
                }
                State::Body { length } => {
                    let body = self.start..self.start + length;
                    if self.buffer.len() < body.end {
                        return None;
                    }
                    self.start = body.end;
                    self.scanned = body.end;
                    self.state = State::Between;
                    return Some(Event::Frame(&self.buffer[body]));
                }
                State::SkippedBody { left } => {
                    let here = self.buffer.len() - self.start;
                    if (here as u64) < left {
                        self.drop_buffer();
                        self.state = State::SkippedBody { left: left - here as u64 };
                        return None;
                    }
                    // not a truncation: `left` is at most `here`
                    self.start += left as usize;
                    self.scanned = self.start;
                    self.state = State::Between;
                }
                State::Lost => {
                    self.drop_buffer();
                    return None;
                }
            }
        }
    }

    /// What the end of the input leaves: a last line without its end, or the word that a frame was cut off.
    pub fn finish(&mut self) -> Option<Event<'_>> {
        let rest = self.start..self.buffer.len();
        self.start = self.buffer.len();
        self.scanned = self.start;
        let state = std::mem::replace(&mut self.state, State::Lost);
        match state {
            State::Undecided | State::Line if !is_blank(&self.buffer[rest.clone()]) => {
                Some(Event::Frame(&self.buffer[rest]))
            }
            State::Undecided | State::Line | State::SkippedLine | State::Between | State::Lost => None,
            State::Headers { .. } => Some(Event::Broken("the input ends inside a block of headers")),
            State::Body { .. } => Some(Event::Truncated),
            State::SkippedBody { .. } => None,
        }
    }

    /// Looks past byte order marks and white space for the byte that tells the framing.
    fn decide(&mut self) -> Option<Framing> {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        let first = loop {
            self.skip_white_space();
            let rest = &self.buffer[self.start..];
            match rest.first() {
                Some(_) if rest.starts_with(MARK) => self.start += MARK.len(),
                Some(_) if MARK.starts_with(rest) => return None,
                first => break *first?,
            }
        };
        Some(self.framing.unwrap_or(match first {
            b't' | b'f' | b'n' => Framing::Lines,
            letter if letter.is_ascii_alphabetic() => Framing::ContentLength,
            _ => Framing::Lines,
        }))
    }

    fn skip_white_space(&mut self) {
        let blank = self.buffer[self.start..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.start += blank;
        self.scanned = self.start;
    }

    /// Where the next LF stands, and everything up to it counts as searched.
    fn line_end(&mut self) -> Option<usize> {
        let end = self.buffer[self.scanned..].iter().position(|b| *b == b'\n').map(|i| self.scanned + i);
        self.scanned = end.map_or(self.buffer.len(), |end| end + 1);
        end
    }

    fn drop_buffer(&mut self) {
        self.buffer.clear();
        self.start = 0;
        self.scanned = 0;
    }

    fn lose(&mut self, problem: &'static str) -> Event<'static> {
        self.state = State::Lost;
        Event::Broken(problem)
    }
}

/// A line without the CR that is part of its end.
fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

enum Header {
    /// A header line; the length named so far.
    Line(Option<u64>),
    /// The empty line; the length of the body.
    End(u64),
}

/// Judges one line of a header block (RFC 7230 section 3.2, without its obsolete line folding), given the length
/// that earlier lines named.
fn header(line: &[u8], length: Option<u64>) -> Result<Header, &'static str> {
    let line = without_cr(line);
    if line.is_empty() {
        return length.map(Header::End).ok_or("a block of headers without Content-Length");
    }
    let colon = line.iter().position(|b| *b == b':').ok_or("a header line without a colon")?;
    if !line[..colon].trim_ascii().eq_ignore_ascii_case(b"Content-Length") {
        return Ok(Header::Line(length));
    }
    let digits = line[colon + 1..].trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err("a Content-Length that is not a number");
    }
    let named = digits
        .iter()
        .try_fold(0u64, |n, digit| n.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .ok_or("a Content-Length that is too large a number")?;
    if length.is_some_and(|length| length != named) {
        return Err("two different Content-Lengths");
    }
    Ok(Header::Line(Some(named)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: usize = 24;

    /// All events of an input that arrives in these pieces, as owned values.
    fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, framing: Option<Framing>) -> Vec<String> {
        let mut decoder = Decoder::new(framing, SMALL);
        let mut seen = Vec::new();
        for piece in pieces {
            decoder.feed(piece);
            while let Some(event) = decoder.next() {
                seen.push(told(event));
            }
            assert!(decoder.buffer.len() - decoder.start <= MAX_HEADERS.max(SMALL), "holds no more than it may");
        }
        seen.extend(decoder.finish().map(told));
        assert_eq!(decoder.finish(), None);
        seen
    }

    fn told(event: Event<'_>) -> String {
        match event {
            Event::Frame(bytes) => format!("frame {}", String::from_utf8_lossy(bytes)),
            other => format!("{other:?}"),
        }
    }

    fn whole(input: &[u8]) -> Vec<String> {
        events([input], None)
    }

    #[test]
    fn lines() {
        let large = format!("{{\"x\":\"{}\"}}\n[1]\n", "y".repeat(SMALL));
        let cases: &[(&[u8], &[&str])] = &[
            (b"", &[]),
            (b" \r\n\t", &[]),
            (b"{}", &["frame {}"]),
            (b"{}\n[]\n", &["frame {}", "frame []"]),
            (b"{}\r\n\r\n \n[]\r\n", &["frame {}\r", "frame []\r"]),
            (b"\xEF\xBB\xBF{}\n", &["frame {}"]),
            (b"\n \xEF\xBB\xBF \n\xEF\xBB\xBF{}\n", &["frame {}"]),
            (b"\xEF\xBB", &["frame \u{fffd}"]),
            (
                b"true\nnull\nfalse\nContent-Length: 2\n",
                &["frame true", "frame null", "frame false", "frame Content-Length: 2"],
            ),
            (b"\xff\xfe\n{}\n", &["frame \u{fffd}\u{fffd}", "frame {}"]),
            (large.as_bytes(), &["TooLarge", "frame [1]"]),
            (&large.as_bytes()[..SMALL + 5], &["TooLarge"]),
            (b"\"1234567890123456789012\"\r\n1\n", &["frame \"1234567890123456789012\"\r", "frame 1"]),
            (b"\"12345678901234567890123\"\r\n1\n", &["TooLarge", "frame 1"]),
        ];
        for (input, expected) in cases {
            assert_eq!(&whole(input), expected, "{}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn content_length() {
        let many = format!("Content-Length: 2\r\n{}", "X: y\r\n".repeat(MAX_HEADERS / 6));
        let cases: &[(&[u8], &[&str])] = &[
            (b"Content-Length: 2\r\n\r\n{}", &["frame {}"]),
            (b"content-length:2\n\n{}\r\nCONTENT-LENGTH :  2 \r\nX-Y: z:1\r\n\r\n[]", &["frame {}", "frame []"]),
            (b"Content-Type: text/plain; charset=x\r\nContent-Length: 3\r\n\r\n\n{}", &["frame \n{}"]),
            (b"Content-Length: 0\r\n\r\nContent-Length: 2\r\n\r\n{}", &["frame ", "frame {}"]),
            (
                b"Content-Length: 26\r\n\r\n{\"a\":\"yyyyyyyyyyyyyyyyyy\"}Content-Length: 2\r\n\r\n{}",
                &["TooLarge", "frame {}"],
            ),
            (b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", &["frame {}"]),
            (b"Content-Length: 5\r\n\r\n{}", &["Truncated"]),
            (b"Content-Length: 18446744073709551615\r\n\r\n{}", &["TooLarge"]),
            (b"Content-Length: 2\r\n", &["Broken(\"the input ends inside a block of headers\")"]),
            (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", &["Broken(\"two different Content-Lengths\")"]),
            (b"Content-Length: 18446744073709551616\r\n", &["Broken(\"a Content-Length that is too large a number\")"]),
            (b"Content-Length: -2\r\n\r\n{}", &["Broken(\"a Content-Length that is not a number\")"]),
            (b"Content-Type: x\r\n\r\n{}", &["Broken(\"a block of headers without Content-Length\")"]),
            (b"Hello\n{}\n{}\n", &["Broken(\"a header line without a colon\")"]),
            (many.as_bytes(), &["Broken(\"a block of headers above 8 KiB\")"]),
        ];
        for (input, expected) in cases {
            assert_eq!(&whole(input), expected, "{}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn a_given_framing_is_not_guessed() {
        assert_eq!(events([&b"hello\n{}\n"[..]], Some(Framing::Lines)), ["frame hello", "frame {}"]);
        assert_eq!(
            events([&b"{}\n{}\n"[..]], Some(Framing::ContentLength)),
            ["Broken(\"a header line without a colon\")"]
        );
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for framing in [Framing::Lines, Framing::ContentLength] {
            let mut bytes = Vec::new();
            framing.encode("{\"a\":\"é\"}", &mut bytes);
            framing.encode("[]", &mut bytes);
            assert_eq!(whole(&bytes), ["frame {\"a\":\"é\"}", "frame []"]);
        }
    }

    fn hostile_input() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"Content-Length: ".to_vec()),
            Just(b"content-type: x".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\r\n\r\n".to_vec()),
            Just(b"{}".to_vec()),
            Just(b"{\"id\":1}\n".to_vec()),
            Just(b"\xEF\xBB\xBF".to_vec()),
            Just(b"Content-Length: 2\r\n\r\n{}".to_vec()),
            Just(b"x".repeat(SMALL)),
            Just(b"x".repeat(SMALL + 1)),
            Just(b"\r".to_vec()),
            Just(b"X: y\n".repeat(MAX_HEADERS / 5)),
            (0u32..40).prop_map(|n| n.to_string().into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_frames(input in hostile_input(), cuts in proptest::collection::vec(0usize..400, 0..9)) {
            let mut pieces = Vec::new();
            let mut rest = &input[..];
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            for framing in [None, Some(Framing::Lines), Some(Framing::ContentLength)] {
                let at_once = events([&input[..]], framing);
                prop_assert_eq!(&events(pieces.iter().copied(), framing), &at_once);
                prop_assert_eq!(&events(input.chunks(1), framing), &at_once);
            }
        }
    }
}
