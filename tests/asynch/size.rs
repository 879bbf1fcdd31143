//! How much a future takes of its task's memory.

use crate::common::cx;
use crate::pending::{Peer, Pending, client};
use safe_http_client::{BodyLength, Config};
use std::mem::size_of_val;

/// The bar is 1 KiB, the buffer apart: it is lent.
#[test]
fn the_future_of_a_get_fits_a_kibibyte() {
    let mut cx = cx();
    let stack = Pending::new(Peer::Serves(9));
    let mut client = client(&stack, Config::new());
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    let get = size_of_val(&online.get("http://gate.local/", &mut buffer).send());
    let mut body: &[u8] = b"";
    let request = online.put("http://gate.local/", &mut buffer);
    let put = size_of_val(&request.send_from(&mut body, BodyLength::Chunked));
    println!("send: {get} bytes, send_from: {put} bytes, on {} bits", usize::BITS);
    assert!(get <= 1024, "{get}");
}
