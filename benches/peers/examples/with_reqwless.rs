//! The same with reqwless.

use embedded_nal_async::{Dns, TcpConnect};
use reqwless::{Error, client::HttpClient, request::Method};

pub async fn state<T: TcpConnect, D: Dns>(client: &mut HttpClient<'_, T, D>) -> Result<(), Error> {
    let mut buffer = [0; 1024];
    let mut request = client.request(Method::GET, "http://192.168.1.20/state").await?;
    let response = request.send(&mut buffer).await?;
    let status = response.status.0;
    println!("{status} {:?}", response.body().read_to_end().await?);
    Ok(())
}

fn main() {}
