//! The responses and how they are delivered.

/// A response as it is on the wire.
pub struct Response {
    /// Its name on the command line.
    pub name: &'static str,
    pub bytes: &'static [u8],
}

pub const RESPONSES: &[Response] = &[
    Response { name: "get_length_256", bytes: include_bytes!("../../data/get_length_256.bin") },
    Response { name: "get_chunked_256", bytes: include_bytes!("../../data/get_chunked_256.bin") },
];

/// The body that both responses carry.
pub const BODY: &[u8] = include_bytes!("../../data/body_256.bin");

/// Lengths of a segment; 0 is the whole response in one.
pub const SEGMENTS: &[usize] = &[0, 64];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_responses_have_the_documented_shape() {
        let [length, chunked] = RESPONSES else {
            panic!("two responses");
        };
        assert_eq!((length.bytes.len(), chunked.bytes.len()), (529, 559));
        assert_eq!(BODY.len(), 256);
        assert!(length.bytes.ends_with(BODY));
        for response in RESPONSES {
            let text = str::from_utf8(response.bytes).unwrap();
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            assert_eq!(head.lines().count(), 9, "{}", response.name);
        }
        let chunks = [&BODY[..64], &BODY[64..192], &BODY[192..]];
        let coded: Vec<u8> = chunks
            .iter()
            .flat_map(|chunk| {
                [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()
            })
            .chain(*b"0\r\n\r\n")
            .collect();
        assert!(chunked.bytes.ends_with(&coded));
    }
}
