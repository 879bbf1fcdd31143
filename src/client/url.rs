//! What a request takes as its URL.

use crate::error::UrlError;
use crate::http::url::Url;

mod sealed {
    pub trait Sealed {}
    impl<T: AsRef<str> + ?Sized> Sealed for &T {}
    impl Sealed for super::Url<'_> {}
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
    fn into_url(self) -> Result<Url<'a>, UrlError>;
}

impl<'a, T: AsRef<str> + ?Sized> IntoUrl<'a> for &'a T {
    fn into_url(self) -> Result<Url<'a>, UrlError> {
        Url::parse(self.as_ref())
    }
}

impl<'a> IntoUrl<'a> for Url<'a> {
    fn into_url(self) -> Result<Url<'a>, UrlError> {
        Ok(self)
    }
}
