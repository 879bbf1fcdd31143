//! The client on stacks that others wrote, on [`EspAt`](safe_http_client::esp_at::EspAt), and on stacks that
//! pend, fail and lie. Each goes through the same scenarios, as far as it lets them be seen; what only one
//! stack can show stands in its own file.

mod embassy;
mod esp_at;
mod esp_at_nal;
mod extras;
mod hostile;
mod left;
mod smoltcp;
mod smoltcp_own;
mod std;
mod std_async;
mod w5500;
mod wakes;
