//! RESP2 replies, found and read in the bytes they came in.

/// Finds where replies end, going on where it stopped when the last bytes were not there yet.
#[derive(Debug)]
pub(super) struct Frame {
    at: usize,
    /// Parts of the reply that begins before `at` and is not complete: nested arrays add theirs.
    left: u64,
    /// The size of the value that is not yet complete, in bytes.
    pub(super) coming: usize,
}

impl Default for Frame {
    fn default() -> Self {
        Frame {
            at: 0,
            left: 1,
            coming: 0,
        }
    }
}

impl Frame {
    /// Goes on with the bytes so far, and adds where further replies end.
    ///
    /// # Errors
    /// Where the bytes are no RESP2.
    pub(super) fn advance(&mut self, bytes: &[u8], ends: &mut Vec<usize>) -> Result<(), ()> {
        self.coming = 0;
        while let Some(kind) = bytes.get(self.at) {
            let (mut end, mut nested);
            match kind {
                b'$' | b'*' => {
                    let (length, body) = match counted(bytes, self.at + 1)? {
                        Some(counted) => counted,
                        None => return Ok(()),
                    };
                    (end, nested) = (body, 0);
                    if *kind == b'*' {
                        nested = u64::try_from(length).unwrap_or(0);
                    } else if let Ok(length) = usize::try_from(length) {
                        end = body.saturating_add(length).saturating_add(2);
                        if end > bytes.len() {
                            self.coming = length;
                            return Ok(());
                        }
                    }
                }
                b'+' | b'-' | b':' => match line(bytes, self.at + 1) {
                    Some((_, after)) => (end, nested) = (after, 0),
                    None => return Ok(()),
                },
                _ => return Err(()),
            }
            self.at = end;
            self.left = self.left - 1 + nested;
            if self.left == 0 {
                ends.push(end);
                self.left = 1;
            }
        }
        Ok(())
    }
}

/// A number that ends with CRLF, and where the next byte after it is; none where it is not complete.
#[inline]
fn counted(bytes: &[u8], at: usize) -> Result<Option<(i64, usize)>, ()> {
    let (mut value, mut negative, mut digits) = (0_i64, false, 0);
    for (number, byte) in bytes.get(at..).unwrap_or_default().iter().enumerate() {
        match byte {
            b'0'..=b'9' if digits < 19 => {
                value = value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
                digits += 1;
            }
            b'-' if number == 0 => negative = true,
            b'\r' if digits > 0 => {
                let after = at + number + 2;
                return Ok((after <= bytes.len()).then_some((if negative { -value } else { value }, after)));
            }
            _ => return Err(()),
        }
    }
    Ok(None)
}

/// A line without its CRLF, and where the next byte after it is; none where it is not complete.
fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let length = rest.iter().position(|byte| *byte == b'\r')?;
    (rest.len() > length + 1).then(|| (&rest[..length], at + length + 2))
}

/// A number that is a text of its own.
fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The replies to one exchange, in the order of its commands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replies<'wire> {
    bytes: &'wire [u8],
    ends: &'wire [usize],
}

impl<'wire> Replies<'wire> {
    pub(super) fn new(bytes: &'wire [u8], ends: &'wire [usize]) -> Replies<'wire> {
        Replies { bytes, ends }
    }

    /// The bytes of a reply, as they came.
    pub(super) fn raw(&self, number: usize) -> &'wire [u8] {
        let start = match number {
            0 => 0,
            _ => self.ends.get(number - 1).copied().unwrap_or(self.bytes.len()),
        };
        let end = self.ends.get(number).copied().unwrap_or(start);
        &self.bytes[start..end]
    }

    /// A reply.
    pub(super) fn get(&self, number: usize) -> Reply<'wire> {
        let raw = self.raw(number);
        match (raw.first(), counted(raw, 1)) {
            // The outermost array is the whole reply: its end needs not be looked for.
            (Some(b'*'), Ok(Some((count, body)))) => match usize::try_from(count) {
                Ok(left) => Reply::Array(Elements {
                    bytes: &raw[body..],
                    left,
                }),
                Err(_) => Reply::Nil,
            },
            _ => Reply::parse(raw).0,
        }
    }
}

/// A reply, borrowed from the bytes it came in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reply<'wire> {
    /// `+`
    Simple(&'wire [u8]),
    /// `-`
    Error(&'wire [u8]),
    /// `:`
    Integer(i64),
    /// `$`
    Bulk(&'wire [u8]),
    /// `$-1`, `*-1`
    Nil,
    /// `*`
    Array(Elements<'wire>),
}

impl<'wire> Reply<'wire> {
    /// The first reply of bytes that hold at least one, and what follows it.
    #[inline]
    fn parse(bytes: &'wire [u8]) -> (Reply<'wire>, &'wire [u8]) {
        const NOTHING: (Reply<'_>, &[u8]) = (Reply::Nil, &[]);
        match bytes.first() {
            Some(b'$') => {
                let Ok(Some((length, body))) = counted(bytes, 1) else {
                    return NOTHING;
                };
                match usize::try_from(length) {
                    Ok(length) if bytes.len() >= body + length + 2 => (
                        Reply::Bulk(&bytes[body..body + length]),
                        &bytes[body + length + 2..],
                    ),
                    _ => (Reply::Nil, &bytes[body..]),
                }
            }
            Some(b':') => {
                let Ok(Some((value, body))) = counted(bytes, 1) else {
                    return NOTHING;
                };
                (Reply::Integer(value), &bytes[body..])
            }
            Some(b'*') => {
                let Ok(Some((count, body))) = counted(bytes, 1) else {
                    return NOTHING;
                };
                let rest = &bytes[body..];
                match usize::try_from(count) {
                    Ok(left) => {
                        let elements = Elements { bytes: rest, left };
                        (Reply::Array(elements), elements.after())
                    }
                    Err(_) => (Reply::Nil, rest),
                }
            }
            Some(kind @ (b'+' | b'-')) => {
                let Some((line, body)) = line(bytes, 1) else {
                    return NOTHING;
                };
                let reply = if *kind == b'+' {
                    Reply::Simple(line)
                } else {
                    Reply::Error(line)
                };
                (reply, &bytes[body..])
            }
            _ => NOTHING,
        }
    }

    /// The text of a simple or bulk reply; empty for others.
    pub(super) fn text(self) -> &'wire [u8] {
        match self {
            Reply::Simple(text) | Reply::Bulk(text) => text,
            _ => &[],
        }
    }

    /// A whole number; none where it is anything else.
    pub(super) fn integer(self) -> Option<i64> {
        match self {
            Reply::Integer(number) => Some(number),
            Reply::Bulk(text) => number(text),
            _ => None,
        }
    }

    /// The elements of an array; none of anything else.
    pub(super) fn elements(self) -> Elements<'wire> {
        match self {
            Reply::Array(elements) => elements,
            _ => Elements { bytes: &[], left: 0 },
        }
    }
}

/// The elements of an array, one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements<'wire> {
    bytes: &'wire [u8],
    left: usize,
}

impl<'wire> Elements<'wire> {
    fn after(self) -> &'wire [u8] {
        let mut rest = self;
        while rest.next().is_some() {}
        rest.bytes
    }
}

impl<'wire> Iterator for Elements<'wire> {
    type Item = Reply<'wire>;

    fn next(&mut self) -> Option<Reply<'wire>> {
        if self.left == 0 || self.bytes.is_empty() {
            return None;
        }
        self.left -= 1;
        let (reply, rest) = Reply::parse(self.bytes);
        self.bytes = rest;
        Some(reply)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: &[u8] = b"+OK\r\n:-2\r\n$5\r\na\r\nbc\r\n*2\r\n$1\r\n7\r\n*3\r\n$2\r\nk1\r\n$-1\r\n*0\r\n-ERR no\r\n$0\r\n\r\n";

    fn replies_of(pieces: impl Iterator<Item = usize>) -> Vec<String> {
        let (mut frame, mut ends, mut seen) = (Frame::default(), vec![], 0);
        for piece in pieces {
            seen = (seen + piece).min(TALK.len());
            frame.advance(&TALK[..seen], &mut ends).expect("RESP");
        }
        let replies = Replies {
            bytes: TALK,
            ends: &ends,
        };
        (0..ends.len())
            .map(|number| String::from_utf8_lossy(replies.raw(number)).into_owned())
            .collect()
    }

    #[test]
    fn replies_end_at_the_same_places_however_they_arrive() {
        let whole = replies_of([TALK.len()].into_iter());
        assert_eq!(whole.len(), 6);
        assert_eq!(whole[3], "*2\r\n$1\r\n7\r\n*3\r\n$2\r\nk1\r\n$-1\r\n*0\r\n");
        for piece in 1..TALK.len() {
            assert_eq!(
                replies_of(std::iter::repeat_n(piece, TALK.len())),
                whole,
                "{piece} bytes at a time"
            );
        }
    }

    #[test]
    fn a_reply_is_read_where_it_lies() {
        let (mut frame, mut ends) = (Frame::default(), vec![]);
        frame.advance(TALK, &mut ends).expect("RESP");
        let replies = Replies {
            bytes: TALK,
            ends: &ends,
        };
        assert_eq!(replies.get(1).integer(), Some(-2));
        assert_eq!(replies.get(2).text(), b"a\r\nbc");
        let scan: Vec<Reply<'_>> = replies.get(3).elements().collect();
        assert_eq!(scan[0].integer(), Some(7));
        assert_eq!(scan[1].elements().count(), 3);
        assert!(matches!(replies.get(4), Reply::Error(b"ERR no")));
        assert_eq!(replies.get(5).text(), b"");
    }

    #[test]
    fn what_is_no_resp_is_refused_and_not_waited_for() {
        assert!(
            Frame::default()
                .advance(b"HTTP/1.1 400 Bad Request\r\n", &mut vec![])
                .is_err()
        );
        assert!(Frame::default().advance(b"$x\r\n", &mut vec![]).is_err());
    }
}
