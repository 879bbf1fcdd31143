//! The client while its link has an address: it alone has requests. And what those take as their URL.

use super::{Buffer, Request, SafeHttpClient};
use crate::error::UrlError;
use crate::http::method::Method;
use crate::http::url::Url;
use core::fmt;
use core::marker::PhantomData;
use nal_link::{Clock, LoopContext, Network};

/// A client whose link has an IP address, lent together with the token of the main loop. It alone has
/// requests: no other code path can make one.
///
/// The link can be lost later: each call asks it again before it connects, and ends in
/// [`ErrorKind::Link`](crate::ErrorKind::Link) where it is down.
///
/// Each request takes its URL and the one [`Buffer`] that holds the request, then the response's head,
/// then what is read of its body. It sends nothing yet, and can't fail: what is wrong is said when the
/// request is sent or started.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// let mut online = client.online(cx)?;
/// let mut buffer = [0; 1024];
/// println!("{}", online.get("http://192.168.1.20/state", &mut buffer).send()?.read_to_str()?);
/// online.post("http://192.168.1.20/gate", &mut buffer).body("open").send()?;
/// # Ok(()) }
/// ```
pub struct Online<'a, N: Network, C> {
    client: &'a mut SafeHttpClient<N, C>,
    /// The token stays lent as long as requests can be made.
    cx: PhantomData<&'a mut LoopContext>,
}

impl<'a, N: Network, C> Online<'a, N, C> {
    pub(super) fn new(client: &'a mut SafeHttpClient<N, C>, _cx: &'a mut LoopContext) -> Self {
        Self { client, cx: PhantomData }
    }
}

impl<N: Network, C: Clock> Online<'_, N, C> {
    /// A GET request.
    pub fn get<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client, const { &Method::Get.traits() }, url, buffer)
    }

    /// A HEAD request: as GET, but its response has no body.
    pub fn head<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client, const { &Method::Head.traits() }, url, buffer)
    }

    /// A POST request.
    pub fn post<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client, const { &Method::Post.traits() }, url, buffer)
    }

    /// A PUT request.
    pub fn put<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client, const { &Method::Put.traits() }, url, buffer)
    }

    /// A PATCH request.
    pub fn patch<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client, const { &Method::Patch.traits() }, url, buffer)
    }

    /// A DELETE request.
    pub fn delete<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client, const { &Method::Delete.traits() }, url, buffer)
    }

    /// A request of any method.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let mut buffer = [0; 512];
    /// let allow = online.request(Method::Options, "http://192.168.1.20/", &mut buffer).send()?;
    /// # Ok(()) }
    /// ```
    pub fn request<'r, 'u, B: Buffer>(
        &'r mut self,
        method: Method<'_>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client, &method.traits(), url, buffer)
    }

    /// The client that this is lent from, to ask it about what has happened.
    pub fn client(&mut self) -> &mut SafeHttpClient<N, C> {
        self.client
    }
}

impl<N: Network, C> fmt::Debug for Online<'_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Online").field("client", &self.client).finish()
    }
}

mod sealed {
    use super::{Network, Online, Url};

    pub trait Sealed {}
    impl<N: Network, C> Sealed for Online<'_, N, C> {}
    impl<T: AsRef<str> + ?Sized> Sealed for &T {}
    impl Sealed for Url<'_> {}
}

/// What has an IP address, and so requests: [`Online`] alone.
#[diagnostic::on_unimplemented(
    message = "no request can be made: this client has no IP address yet",
    label = "this client may be offline",
    note = "call `online(&mut cx)` or `wait_online(&mut cx)` first: it lends the `Online` client, which has \
            requests"
)]
pub trait HasIp: sealed::Sealed {}

impl<N: Network, C> HasIp for Online<'_, N, C> {}

/// Here for what the compiler says to whoever calls them: requests are [`Online`]'s.
#[doc(hidden)]
impl<N: Network, C: Clock> SafeHttpClient<N, C> {
    pub fn get<'u, B: Buffer>(
        &mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'_, 'static, N, C, B>
    where
        Self: HasIp,
    {
        self.request(Method::Get, url, buffer)
    }

    pub fn head<'u, B: Buffer>(
        &mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'_, 'static, N, C, B>
    where
        Self: HasIp,
    {
        self.request(Method::Head, url, buffer)
    }

    pub fn post<'u, B: Buffer>(
        &mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'_, 'static, N, C, B>
    where
        Self: HasIp,
    {
        self.request(Method::Post, url, buffer)
    }

    pub fn put<'u, B: Buffer>(
        &mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'_, 'static, N, C, B>
    where
        Self: HasIp,
    {
        self.request(Method::Put, url, buffer)
    }

    pub fn patch<'u, B: Buffer>(
        &mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'_, 'static, N, C, B>
    where
        Self: HasIp,
    {
        self.request(Method::Patch, url, buffer)
    }

    pub fn delete<'u, B: Buffer>(
        &mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'_, 'static, N, C, B>
    where
        Self: HasIp,
    {
        self.request(Method::Delete, url, buffer)
    }

    pub fn request<'u, B: Buffer>(
        &mut self,
        method: Method<'_>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'_, 'static, N, C, B>
    where
        Self: HasIp,
    {
        Request::new(self, &method.traits(), url, buffer)
    }
}

/// What a request takes as its URL: a text (`&str`, `&String`, `&heapless::String`), or a [`Url`] that was
/// parsed before, as the macro [`url!`](crate::url!) does at compile time.
///
/// ```
/// use safe_http_client::{IntoUrl, Url, UrlError, url};
/// const GATE: Url<'static> = url!("http://192.168.1.20/gate");
/// assert_eq!(GATE.into_url(), "http://192.168.1.20/gate".into_url());
/// assert_eq!("gate.local".into_url(), Err(UrlError::MissingScheme));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` stands where a request's URL belongs",
    label = "not a URL: neither a reference to a text nor a `Url`",
    note = "a request takes the URL and a buffer: `online.get(\"http://192.168.1.20/gate\", &mut buffer)`"
)]
pub trait IntoUrl<'a>: sealed::Sealed {
    /// The URL.
    ///
    /// # Errors
    ///
    /// A [`UrlError`] says what is wrong with a text. A [`Url`] has nothing wrong with it.
    fn into_url(self) -> Result<Url<'a>, UrlError>
    where
        Self: Sized,
    {
        let mut url = Url::NOWHERE;
        self.put_into(&mut url).map(|()| url)
    }

    // A URL is large: it is read where it will stand.
    #[doc(hidden)]
    fn put_into(self, url: &mut Url<'a>) -> Result<(), UrlError>;
}

impl<'a, T: AsRef<str> + ?Sized> IntoUrl<'a> for &'a T {
    fn put_into(self, url: &mut Url<'a>) -> Result<(), UrlError> {
        url.set(self.as_ref().as_bytes())
    }
}

impl<'a> IntoUrl<'a> for Url<'a> {
    fn put_into(self, url: &mut Url<'a>) -> Result<(), UrlError> {
        *url = self;
        Ok(())
    }
}
