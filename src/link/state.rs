//! The client's two states, as types.

/// The state of a client whose link hasn't been seen with an IP address. It has no requests.
///
/// ```compile_fail,E0277
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut offline: SafeHttpClient<N, C, Offline>, mut cx: LoopContext) {
/// let mut buffer = [0; 512];
/// let request = offline.get(&mut cx, "http://192.168.1.20/", &mut buffer); // doesn't compile
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Offline(());

/// The state of a client whose link held an IP address when
/// [`wait_online`](crate::SafeHttpClient::wait_online) returned.
///
/// A link can be lost later: each request asks it again before it connects, and answers
/// [`ErrorKind::Link`](crate::ErrorKind::Link) where it is down.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext) {
/// let mut buffer = [0; 512];
/// let request = online.get(&mut cx, "http://192.168.1.20/", &mut buffer);
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Online(());

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Online {}
}

/// The states in which requests can be made: [`Online`] alone.
///
/// ```no_run
/// # use safe_http_client::*;
/// fn report<N: Network, C: Clock, S: HasIp>(
///     client: &mut SafeHttpClient<N, C, S>,
///     cx: &mut LoopContext,
/// ) -> Result<u16, ErrorOf<N>> {
///     let mut buffer = [0; 512];
///     Ok(client.get(cx, "http://192.168.1.20/alive", &mut buffer).send()?.status())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "no request can be made: this client has no IP address yet",
    label = "this client is `Offline`",
    note = "call `wait_online(&mut cx)` first: it consumes the offline client and returns the \
            online one, which has requests"
)]
pub trait HasIp: sealed::Sealed {}

impl HasIp for Online {}

/// A transition that didn't happen: the client as it was, and why.
///
/// ```
/// use safe_http_client::Failed;
/// let failed = Failed { client: "the client", error: "no address" };
/// let client = failed.client; // try again with it
/// # assert_eq!(client, "the client");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Failed<C, E> {
    /// The client, unchanged.
    pub client: C,
    /// Why it stays in its state.
    pub error: E,
}
