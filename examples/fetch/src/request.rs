//! The request as the options ask for it, and the layer of the client that it goes through.

use crate::options::{HeaderOption, Options};
use crate::report::Failure;
use crate::transfer::{Attempt, PAUSE, Work, failure, or_wait, respond};
use crate::upload::{Body, Pieces};
use embedded_nal::TcpClientStack;
use safe_http_client::{
    Call, Clock, Download, ErrorOf, Hops, LayerError, LoopContext, Method, Network, Online,
    RedirectError, Request, SafeHttpClient, Upload, UrlError, nb,
};
use std::fmt::{Display, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::TryRecvError;

/// A network whose errors have words.
pub(crate) trait PcNet: Network + TcpClientStack<Error: Display> {}
impl<N: Network + TcpClientStack<Error: Display>> PcNet for N {}

/// What is asked for, put together from the options once, for each time that it is sent.
pub(crate) struct Asked<'o> {
    pub(crate) options: &'o Options,
    pub(crate) file: Option<PathBuf>,
    url: String,
    address: Option<SocketAddr>,
    headers: Vec<HeaderOption>,
    credentials: Option<(&'o str, &'o str)>,
    body: Body,
}

impl<'o> Asked<'o> {
    pub(crate) fn new(options: &'o Options, given: &str) -> Result<Self, Failure> {
        let url = options.url(given)?;
        let (body, content_type) = options.body()?;
        Ok(Self {
            options,
            // By the name that `-T` gives to a folder, `-O` would replace the very file that is sent.
            file: options.file(given)?,
            address: options.tls.resolved(&url)?,
            url,
            headers: options.headers(content_type)?,
            credentials: options.credentials()?,
            body,
        })
    }

    /// Put together. Mistakes in it come out when it is started; nothing is sent yet.
    fn request<'r, 'b, N: Network, C: Clock>(
        &'b self,
        online: &'r mut Online<'_, N, C>,
        download: Option<&Download>,
    ) -> Request<'r, 'b, N, C, Vec<u8>> {
        let buffer = vec![0; self.options.buffer];
        let mut request: Request<'r, 'b, N, C, Vec<u8>> = match download {
            Some(download) => download.request(online, &self.url, buffer),
            None => online.request(Method::from_name(self.options.method()), &self.url, buffer),
        };
        if let Some(address) = self.address {
            request = request.connect_to(address);
        }
        // As curl has it, a header of one's own goes before -u.
        let is_own = |header: &HeaderOption| header.name().eq_ignore_ascii_case("authorization");
        if let Some((user, password)) = self.credentials
            && !self.options.digest
            && !self.headers.iter().any(is_own)
        {
            request = request.basic(user, password);
        }
        for header in &self.headers {
            request = match header {
                HeaderOption::Send(name, value) => request.header(name, value),
                HeaderOption::LeaveOut(name) => request.without_header(name),
            };
        }
        match &self.body {
            Body::Whole(bytes) => request.body(bytes),
            Body::None | Body::Stream { .. } => request,
        }
    }
}

/// Sends the request once, by whatever layer it needs, and passes the response on.
pub(crate) fn attempt<N: PcNet, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    asked: &Asked<'_>,
    work: &mut Work<'_>,
) -> Result<Attempt, Failure> {
    let options = asked.options;
    // A PC's link is always up, so this doesn't wait; a chip waits here until it has an address. What
    // is lent here has requests, the client itself has none.
    let mut online = match client.wait_online(cx) {
        Ok(online) => online,
        Err(why) => return Err(failure(client, why.into())),
    };
    let request = asked.request(&mut online, work.resumed.as_ref().map(|it| &it.download));
    if let Body::Stream { length, pieces } = &asked.body {
        let upload = request.start_upload(*length).map_err(|error| failure(client, error))?;
        let call = send_pieces(client, cx, upload, pieces)?;
        return plain(client, cx, call, asked, work);
    }
    let credentials = asked.credentials.filter(|_| options.digest && cfg!(feature = "digest"));
    if !options.location && credentials.is_none() {
        let call = request.start().map_err(|error| failure(client, error))?;
        return plain(client, cx, call, asked, work);
    }
    let layered = match credentials {
        #[cfg(feature = "digest")]
        Some((user, password)) => {
            let mut random = [0; 8];
            crate::tls::random(&mut random);
            let layered = request.digest(user, password, u64::from_ne_bytes(random));
            if options.location { layered.follow(options.redirects()) } else { layered }
        }
        _ => request.follow(options.redirects()),
    };
    let mut layered = match layered.start() {
        Ok(layered) => layered,
        Err(error) => return Err(stopped(client, error, None)),
    };
    loop {
        match layered.poll(client, cx) {
            Ok(()) => {
                let (way, last) = way(Some(layered.hops()));
                work.led_to = Some(last).filter(|url| !url.is_empty());
                let done = respond(client, cx, layered.into_call(), asked, work);
                return done.map_err(|failure| match &work.led_to {
                    Some(last) if failure.is_of_answer() => failure.led(&way, last),
                    _ => failure,
                });
            }
            Err(nb::Error::WouldBlock) => std::thread::sleep(PAUSE),
            Err(nb::Error::Other(error)) => {
                return Err(stopped(client, error, Some(layered.hops())));
            }
        }
    }
}

/// A call without a layer: until the response's head is there. Firmware would blink and sample in between.
fn plain<N: PcNet, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    mut call: Call<'_, Vec<u8>>,
    asked: &Asked<'_>,
    work: &mut Work<'_>,
) -> Result<Attempt, Failure> {
    while let Err(error) = call.poll(client, cx) {
        or_wait(client, error)?;
    }
    respond(client, cx, call, asked, work)
}

/// Why it went no further, and where it had been.
fn stopped<N: PcNet, C: Clock>(
    client: &SafeHttpClient<N, C>,
    error: LayerError<ErrorOf<N>>,
    hops: Option<Hops<'_>>,
) -> Failure {
    let why = match error {
        LayerError::Request { error, .. } => {
            let failure = failure(client, error);
            let (way, last) = way(hops);
            return if last.is_empty() { failure } else { failure.led(&way, &last) };
        }
        LayerError::Redirect { why, .. } => why,
        other => {
            return Failure::of_answer(crate::report::HTTP_ERROR, "digest", &other.to_string());
        }
    };
    let message = format!("{why}{}", way(hops).0);
    let (status, code) = match why {
        RedirectError::TooMany { .. } => (47, "too_many_redirects"),
        RedirectError::Loop => (47, "redirect_loop"),
        RedirectError::Location(UrlError::UnsupportedScheme) => (1, "redirect_location"),
        RedirectError::Downgrade => (1, "redirect_downgrade"),
        RedirectError::Buffer { .. } => (27, "buffer_too_small"),
        RedirectError::Location(_) | _ => (3, "redirect_location"),
    };
    Failure::of_answer(status, code, &message)
}

/// The URLs that were asked, in words; and the last of them, if redirects led to it.
fn way(hops: Option<Hops<'_>>) -> (String, String) {
    let (mut way, mut last, mut is_led) = (String::new(), "", false);
    for hop in hops.into_iter().flatten() {
        // What stands behind it may be a secret.
        last = hop.url().split('?').next().unwrap_or_default();
        let _ = match hop.status() {
            Some(status) => write!(way, "; {last} answered {status}"),
            None => write!(way, "; asked last was {last}"),
        };
        is_led |= hop.status().is_some();
    }
    (way, if is_led { last.into() } else { String::new() })
}

/// Sends a body that comes in pieces, and returns the call that brings the response.
fn send_pieces<N: PcNet, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    mut upload: Upload<Vec<u8>>,
    pieces: &Pieces,
) -> Result<Call<'static, Vec<u8>>, Failure> {
    'pieces: loop {
        let piece = match pieces.try_recv() {
            Ok(piece) => piece.map_err(|error| Failure::of_upload(&error))?,
            Err(TryRecvError::Empty) => {
                std::thread::sleep(PAUSE);
                continue;
            }
            Err(TryRecvError::Disconnected) => break,
        };
        let mut rest = piece.as_slice();
        while !rest.is_empty() {
            match upload.poll_write(client, cx, rest) {
                // The server has answered, and wants no more.
                Ok(0) => break 'pieces,
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) => or_wait(client, error)?,
            }
        }
    }
    upload.finish(client).map_err(|error| failure(client, error))
}
