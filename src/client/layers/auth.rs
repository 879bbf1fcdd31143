//! Credentials of a request.

use crate::client::{Buffer, Request};
use nal_link::{Clock, Network};

impl<N: Network, C: Clock, B: Buffer> Request<'_, '_, N, C, B> {
    /// Adds `Authorization: Basic` with this user name and password (RFC 7617), in place of those of the URL
    /// or of an earlier call.
    /// They need no percent-encoding here. Over `http` everybody on the way can read them.
    ///
    /// A user name with a colon, or a control character in either, is refused when the request is sent:
    /// [`InvalidCredentials`](crate::RequestError::InvalidCredentials).
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// online.get("http://192.168.1.20/", &mut buffer).basic("admin", "p@ss:word").send()?;
    /// # Ok(()) }
    /// ```
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.plain_head().basic(user, password);
        self
    }

    /// Adds `Authorization: Bearer` with this token (RFC 6750), in place of the URL's credentials or of an
    /// earlier call's. Over `http` everybody on the way can read it.
    ///
    /// A token with a character that none has, such as a line end, is refused when the request is sent:
    /// [`InvalidCredentials`](crate::RequestError::InvalidCredentials).
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// online.get("http://192.168.1.20/", &mut buffer).bearer("mF_9.B5f-4.1JqM").send()?;
    /// # Ok(()) }
    /// ```
    pub fn bearer(mut self, token: &str) -> Self {
        self.plain_head().bearer(token);
        self
    }
}
