//! The same with nanofish, on a stream that somebody has connected.

use embedded_io_async::{Read, Write};
use nanofish::{DefaultHttpClient, Error, HttpClientRequest, HttpMethod};

pub async fn state<S: Read + Write>(stream: &mut S) -> Result<(), Error> {
    let mut buffer = [0; 1024];
    let request = HttpClientRequest {
        method: HttpMethod::GET,
        host: "192.168.1.20",
        path: "/state",
        query: None,
        headers: &[],
        body: None,
    };
    let (response, _) = DefaultHttpClient::new().request(stream, request, &mut buffer).await?;
    println!("{} {:?}", response.status_code.as_u16(), response.body);
    Ok(())
}

fn main() {}
