//! Networks that wrap another one.

/// Implements these traits of a wrapper by the network in its field `inner`, so that a wrapper writes down
/// what it changes and no more: `delegate!(Counted: Dns, Link)`.
#[macro_export]
macro_rules! delegate {
    ($wrapper:ident: $($part:ident),+) => {
        $($crate::delegate!(@$part $wrapper);)+
    };
    (@Dns $wrapper:ident) => {
        impl<N: safe_http_client::Network> embedded_nal::Dns for $wrapper<N> {
            type Error = <N as embedded_nal::Dns>::Error;

            fn get_host_by_name(
                &mut self,
                hostname: &str,
                addr_type: embedded_nal::AddrType,
            ) -> embedded_nal::nb::Result<core::net::IpAddr, Self::Error> {
                self.inner.get_host_by_name(hostname, addr_type)
            }

            fn get_host_by_address(
                &mut self,
                addr: core::net::IpAddr,
                result: &mut [u8],
            ) -> embedded_nal::nb::Result<usize, Self::Error> {
                self.inner.get_host_by_address(addr, result)
            }
        }
    };
    (@Link $wrapper:ident) => {
        impl<N: safe_http_client::Network> safe_http_client::Link for $wrapper<N> {
            fn link_status(&mut self) -> safe_http_client::LinkStatus {
                self.inner.link_status()
            }

            fn has_loopback(&self) -> bool {
                self.inner.has_loopback()
            }

            fn own_network(&mut self) -> Option<safe_http_client::IpConfig> {
                self.inner.own_network()
            }
        }
    };
    (@Network $wrapper:ident) => {
        impl<N: safe_http_client::Network> safe_http_client::Network for $wrapper<N> {
            fn quirks(&self) -> safe_http_client::StackQuirks {
                self.inner.quirks()
            }

            fn poll_network(&mut self) {
                self.inner.poll_network();
            }

            fn has_unread(&mut self, socket: &mut Self::TcpSocket) -> bool {
                self.inner.has_unread(socket)
            }

            fn has_tls(&self) -> bool {
                self.inner.has_tls()
            }

            fn secure(
                &mut self,
                socket: &mut Self::TcpSocket,
                server_name: &str,
            ) -> Result<(), safe_http_client::NoTls> {
                self.inner.secure(socket, server_name)
            }
        }
    };
    (@Diagnostics $wrapper:ident) => {
        impl<N: safe_http_client::Network> safe_http_client::Diagnostics for $wrapper<N> {
            fn tcp_fault(
                &self,
                error: &<Self as embedded_nal::TcpClientStack>::Error,
            ) -> safe_http_client::StackFault {
                self.inner.tcp_fault(error)
            }

            fn dns_fault(
                &self,
                error: &<Self as embedded_nal::Dns>::Error,
            ) -> safe_http_client::StackFault {
                self.inner.dns_fault(error)
            }

            fn status(&self) -> safe_http_client::StackStatus<'_> {
                self.inner.status()
            }

            fn ping(
                &mut self,
                host: core::net::IpAddr,
            ) -> embedded_nal::nb::Result<Option<u32>, safe_http_client::NoPing> {
                self.inner.ping(host)
            }

            fn signal_strength(
                &mut self,
            ) -> embedded_nal::nb::Result<Option<i8>, core::convert::Infallible> {
                self.inner.signal_strength()
            }
        }
    };
}
