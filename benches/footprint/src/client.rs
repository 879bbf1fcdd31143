//! A GET with this crate's client, and what a failed one ends in.

use crate::{millis, put};
use safe_http_client::{Clock, ErrorOf, FnClock, LoopContext, Network, SafeHttpClient};

pub fn get(url: &str, buffer: &mut [u8]) -> bool {
    let Some(mut cx) = LoopContext::take() else { return false };
    let clock = FnClock(|| unsafe { millis() });
    #[cfg(not(feature = "esp-at"))]
    let mut network = crate::stack::Stack;
    #[cfg(feature = "esp-at")]
    let mut network = safe_http_client::esp_at::EspAt::new(crate::serial::Port, &clock);
    #[cfg(feature = "esp-at")]
    // The URL is as good a name and password as any.
    if network.join(&mut cx, url, url).is_err() {
        return false;
    }
    #[cfg(feature = "tls")]
    return over_tls(&mut network, |network| request(network, &clock, &mut cx, url, buffer));
    #[cfg(not(feature = "tls"))]
    let got = request(&mut network, &clock, &mut cx, url, buffer);
    #[cfg(feature = "second")]
    let got = got && request(&mut crate::second::Second, &clock, &mut cx, url, buffer);
    #[cfg(not(feature = "tls"))]
    got
}

/// A request over TLS, verified. Root, time and random numbers come at run time.
#[cfg(feature = "tls")]
fn over_tls<N: Network>(
    network: N,
    request: impl FnOnce(&mut safe_http_client_tls::Tls<'_, N>) -> bool,
) -> bool {
    use safe_http_client_tls::{Authority, FULL_RECORD, FnRandom, Pipe, Tls, WallTime};
    let (mut read, mut write) = ([0; FULL_RECORD], [0; 1024]);
    let root = unsafe { millis() }.to_le_bytes();
    let Ok(root) = safe_http_client_tls::anchor(&root) else { return false };
    let (anchors, pipe) = ([root], Pipe::new());
    let verify = Authority::new(&anchors, WallTime::Utc(u64::from(unsafe { millis() })));
    let random = FnRandom(|bytes: &mut [u8]| bytes.fill(unsafe { millis() } as u8));
    let session = core::pin::pin!(safe_http_client_tls::session(
        &pipe, &mut read, &mut write, verify, random
    ));
    request(&mut Tls::new(network, &pipe, session))
}

/// The request with the layer that this variant has. (As a function it would be one move more than without.)
macro_rules! with_layer {
    ($request:expr, $url:expr) => {{
        #[cfg(feature = "basic")]
        // The URL is as good a password as any.
        {
            $request.basic($url, $url)
        }
        #[cfg(feature = "bearer")]
        {
            $request.bearer($url)
        }
        #[cfg(feature = "redirect")]
        {
            $request.follow(5)
        }
        #[cfg(feature = "retry")]
        {
            $request.retry(safe_http_client::RetryPolicy::new(unsafe { millis() }))
        }
        #[cfg(feature = "digest")]
        {
            $request.digest($url, $url, unsafe { millis() }.into())
        }
        #[cfg(feature = "layers")]
        {
            $request
                .follow(5)
                .retry(safe_http_client::RetryPolicy::new(unsafe { millis() }))
                .digest($url, $url, unsafe { millis() }.into())
        }
        #[cfg(feature = "json")]
        {
            $request.json(&unsafe { millis() })
        }
        #[cfg(feature = "form")]
        {
            $request.query("door", $url).form(&[("door", $url)])
        }
        #[cfg(feature = "lenient")]
        {
            $request.lenient()
        }
        #[cfg(not(any(
            feature = "basic",
            feature = "digest",
            feature = "form",
            feature = "lenient",
            feature = "json",
            feature = "bearer",
            feature = "layers",
            feature = "redirect",
            feature = "retry"
        )))]
        $request
    }};
}

fn request<N: Network, C: Clock>(
    network: N,
    clock: &C,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) -> bool {
    let mut client = SafeHttpClient::new(network, clock);
    let Ok(mut online) = client.wait_online(cx) else { return false };
    #[cfg(not(feature = "checked"))]
    let target = url;
    #[cfg(feature = "checked")]
    let target = safe_http_client::url!("http://gate.local:8080/state?door=2");
    #[cfg(any(feature = "download", feature = "events", feature = "multipart"))]
    let got = crate::bodies::exchange(&mut online, target, buffer);
    #[cfg(feature = "backoff")]
    let got = sent_again(&mut online, target, buffer);
    #[cfg(feature = "led")]
    let got = led(&mut online, target, 5, buffer);
    #[cfg(not(any(
        feature = "download",
        feature = "events",
        feature = "multipart",
        feature = "backoff",
        feature = "led"
    )))]
    let got = match with_layer!(online.get(target, buffer), url).send() {
        #[cfg(feature = "json")]
        Ok(mut response) => match response.json::<u32>() {
            Ok(number) => {
                put(&number.to_le_bytes());
                Ok(())
            }
            Err(safe_http_client::JsonError::Response(error)) => Err(error),
            Err(_) => return false,
        },
        #[cfg(not(feature = "json"))]
        Ok(mut response) => response.read_to_end().map(put),
        #[cfg(any(feature = "digest", feature = "layers"))]
        Err(safe_http_client::LayerError::Challenge { why, .. }) => {
            put(&[why == safe_http_client::ChallengeError::Weak].map(u8::from));
            return false;
        }
        #[cfg(any(feature = "redirect", feature = "layers"))]
        Err(safe_http_client::LayerError::Redirect { why, .. }) => {
            put(match why {
                safe_http_client::RedirectError::Loop => b"loop",
                _ => b"redirect",
            });
            return false;
        }
        #[cfg(any(
            feature = "redirect",
            feature = "retry",
            feature = "digest",
            feature = "layers"
        ))]
        Err(safe_http_client::LayerError::Request { error, .. }) => Err(error),
        #[cfg(not(any(
            feature = "redirect",
            feature = "retry",
            feature = "digest",
            feature = "layers"
        )))]
        Err(error) => Err(error),
        #[cfg(any(
            feature = "redirect",
            feature = "retry",
            feature = "digest",
            feature = "layers"
        ))]
        Err(_) => return false,
    };
    if let Err(error) = &got {
        tell(&mut client, cx, url, error);
    }
    got.is_ok()
}

/// A loop of one's own in place of the layer, without the request's own copy and `Retry-After`.
#[cfg(feature = "backoff")]
fn sent_again<N: Network, C: Clock>(
    online: &mut safe_http_client::Online<'_, N, C>,
    url: &str,
    buffer: &mut [u8],
) -> Result<(), ErrorOf<N>> {
    use safe_http_client::{Backoff, RetryPolicy, Verdict};
    let mut backoff = Backoff::new(RetryPolicy::new(unsafe { millis() }));
    loop {
        let sent = online.get(url, &mut *buffer).send();
        let got = sent.and_then(|mut response| response.read_to_end().map(put));
        let Err(error) = &got else { return got };
        match backoff.next(None) {
            Some(wait) if Verdict::of(&error.kind) != Verdict::Final => {
                put(&(wait.as_millis() as u32).to_le_bytes());
            }
            _ => return got,
        }
    }
}

/// Redirects that are followed by one's own code, in place of the layer. Where the last one leads is asked.
#[cfg(feature = "led")]
fn led<'u, N: Network, C: Clock>(
    online: &mut safe_http_client::Online<'_, N, C>,
    url: impl safe_http_client::IntoUrl<'u>,
    hops: u8,
    buffer: &mut [u8],
) -> Result<(), ErrorOf<N>> {
    url.into_url().map_or(Ok(()), |url| follow(online, url, hops, buffer))
}

#[cfg(feature = "led")]
fn follow<N: Network, C: Clock>(
    online: &mut safe_http_client::Online<'_, N, C>,
    url: safe_http_client::Url<'_>,
    hops: u8,
    buffer: &mut [u8],
) -> Result<(), ErrorOf<N>> {
    let mut place = [0; 128];
    let mut response = online.get(url, &mut *buffer).send()?;
    let next = match response.redirect() {
        Some(redirect) if hops > 0 => redirect.resolve(&url, &mut place),
        _ => return response.read_to_end().map(put),
    };
    drop(response);
    match next {
        Ok(next) => follow(online, next, hops - 1, buffer),
        Err(_) => Ok(put(b"!")),
    }
}

fn tell<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    error: &ErrorOf<N>,
) {
    #[cfg(feature = "cause")]
    put(&[client.cause(error).number()]);
    #[cfg(feature = "codes")]
    {
        put(&[client.diagnosis(error).cause().number()]);
        let report = client.diagnose(cx, url);
        put(&[report.diagnosis().map_or(0, |found| found.cause().number())]);
    }
    #[cfg(feature = "texts")]
    {
        use core::fmt::Write;
        // There is nothing to do about a console that fails.
        let _ = write!(Console, "{error}\n{}\n", client.diagnosis(error));
        let _ = write!(Console, "{}", client.diagnose(cx, url));
    }
    #[cfg(feature = "defmt")]
    defmt::error!("{}", error);
    let _ = (client, cx, url, error);
}

#[cfg(feature = "texts")]
struct Console;

#[cfg(feature = "texts")]
impl core::fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        put(text.as_bytes());
        Ok(())
    }
}
