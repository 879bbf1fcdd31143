//! Requests as a server reads them, for all servers that are written here.

/// The end of the head that these bytes begin with.
pub fn end_of_head(bytes: &[u8]) -> Option<usize> {
    Some(bytes.windows(4).position(|it| it == b"\r\n\r\n")? + 4)
}

/// The value of a header field, in a head or in all of a request.
pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.split("\r\n").skip(1).take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        let (field, value) = line.split_once(": ")?;
        field.eq_ignore_ascii_case(name).then_some(value)
    })
}

pub fn is_chunked(head: &str) -> bool {
    header(head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
}

/// Whether these bytes are a request with all of its body.
pub fn is_whole_request(sent: &[u8]) -> bool {
    let Some(end) = end_of_head(sent) else {
        return false;
    };
    let (head, body) = sent.split_at(end);
    let head = String::from_utf8_lossy(head);
    if is_chunked(&head) {
        return body.ends_with(b"\r\n0\r\n\r\n");
    }
    body.len() >= header(&head, "content-length").map_or(0, |length| length.parse().unwrap())
}
