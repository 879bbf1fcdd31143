//! What a call keeps its bytes in.

/// The one buffer of a call: it holds the request, then the response's head, then what is read of its
/// body. The call owns it: an array, a `&mut` slice or array, a `&'static mut` one.
///
/// ```
/// use safe_http_client::Buffer;
/// fn room(buffer: &impl Buffer) -> usize {
///     buffer.as_ref().len()
/// }
/// assert_eq!(room(&[0; 1024]), 1024);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` stands where a request's buffer belongs",
    label = "no buffer: neither an array of bytes nor a `&mut` slice of them",
    note = "a request takes the URL and a buffer: `online.get(\"http://192.168.1.20/gate\", &mut buffer)`"
)]
pub trait Buffer: AsRef<[u8]> + AsMut<[u8]> {}

#[diagnostic::do_not_recommend]
impl<T: AsRef<[u8]> + AsMut<[u8]>> Buffer for T {}
