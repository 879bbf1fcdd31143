//! The client while its link has an address: it alone has requests.

use super::{AsyncNetwork, Request, SafeHttpClient, Timer};
use crate::http::method::Method;
use crate::{Buffer, IntoUrl};
use core::fmt;
use core::marker::PhantomData;
use nal_link::LoopContext;

/// A client whose link has an IP address, lent together with the token: the twin of
/// [`Online`](crate::Online) whose requests are awaited. It alone has requests.
///
/// ```no_run
/// # use safe_http_client::asynch::*;
/// # use safe_http_client::ErrorOf;
/// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let mut response = online.get("http://192.168.1.20/state", &mut buffer).send().await?;
/// println!("{}", response.read_to_str().await?);
/// # Ok(()) }
/// ```
pub struct Online<'a, N: AsyncNetwork, C> {
    client: &'a mut SafeHttpClient<N, C>,
    /// The token stays lent as long as requests can be made.
    cx: PhantomData<&'a mut LoopContext>,
}

impl<'a, N: AsyncNetwork, C> Online<'a, N, C> {
    pub(super) fn new(client: &'a mut SafeHttpClient<N, C>, _cx: &'a mut LoopContext) -> Self {
        Self { client, cx: PhantomData }
    }
}

impl<N: AsyncNetwork, C: Timer> Online<'_, N, C> {
    /// A GET request.
    pub fn get<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Get, url, buffer)
    }

    /// A HEAD request: as GET, but its response has no body.
    pub fn head<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Head, url, buffer)
    }

    /// A POST request.
    pub fn post<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Post, url, buffer)
    }

    /// A PUT request.
    pub fn put<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Put, url, buffer)
    }

    /// A PATCH request.
    pub fn patch<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Patch, url, buffer)
    }

    /// A DELETE request.
    pub fn delete<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Delete, url, buffer)
    }

    /// A request of any method.
    pub fn request<'r, 'u, B: Buffer>(
        &'r mut self,
        method: Method<'_>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client.inner(), method, url.into_url(), buffer)
    }

    /// The client that this is lent from, to ask it about what has happened.
    pub fn client(&mut self) -> &mut SafeHttpClient<N, C> {
        self.client
    }
}

impl<N: AsyncNetwork, C> fmt::Debug for Online<'_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Online").field("client", &self.client).finish()
    }
}
