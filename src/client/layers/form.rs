//! Names and values in a request.

use crate::client::{Buffer, Request};
use nal_link::{Clock, Network};

impl<N: Network, C: Clock, B: Buffer> Request<'_, '_, N, C, B> {
    /// Adds `name=value` to the URL's query. Both are percent-encoded here: give them as they are.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// // GET /search?place=front%20door&n=2
    /// let request = online.get("http://192.168.1.20/search", &mut buffer);
    /// request.query("place", "front door").query("n", "2").send()?;
    /// # Ok(()) }
    /// ```
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.head().query(name, value);
        self
    }

    /// A body of names and values, as a browser sends a form (`application/x-www-form-urlencoded`), with its
    /// `Content-Type`. It is copied into the buffer, and percent-encoded here: give all as it is.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let request = online.post("http://192.168.1.20/login", &mut buffer);
    /// request.form(&[("user", "admin"), ("password", "p&s=w")]).send()?;
    /// # Ok(()) }
    /// ```
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        if self.takes_body() {
            self.head().form(pairs);
        }
        self
    }
}
