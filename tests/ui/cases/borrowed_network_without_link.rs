//! A bare stack, lent to the client.
//! note: attach the stack to its link: `NalNetwork::new(stack, link, StackQuirks::…)`, where the link can be a `&LinkEvents` that your event handlers fill in

use safe_http_client::{FnClock, SafeHttpClient};

fn main() {
    let mut stack = std_embedded_nal::Stack::default();
    let client = SafeHttpClient::new(&mut stack, FnClock(|| 0));
}
