//! A bare stack, of which nothing says whether it has an IP address.
//! note: attach the stack to its link: `NalNetwork::new(stack, link, StackQuirks::…)`, where the link can be a `&LinkEvents` that your event handlers fill in

use safe_http_client::{FnClock, SafeHttpClient};

fn main() {
    let client = SafeHttpClient::new(std_embedded_nal::Stack::default(), FnClock(|| 0));
}
