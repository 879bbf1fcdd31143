//! Calls that say what isn't so.

use super::{BODY, HOST, Session};
use safe_http_client::sans_io::Goal;

impl Session<'_> {
    /// One of them; it is chosen by the byte.
    pub(super) fn lie(&mut self, op: u8, number: usize) {
        self.lies = true;
        let (exchange, buffer, now) = (&mut self.exchange, &mut self.buffer, self.now);
        match op % 16 {
            0 => drop(exchange.received(buffer, number, now)),
            1 => exchange.sent(number, now),
            2 => exchange.begun(None, now),
            3 => exchange.begun(Some(&(HOST, 80).into()), now),
            4 => {
                exchange.resolves_to(HOST.into());
                exchange.resolved(now);
            }
            5 => drop(exchange.connected(now)),
            6 => drop(exchange.send_blocked(now)),
            7 => drop(exchange.answer_came(number, now)),
            8 => exchange.start_over(now),
            9 => drop(exchange.ended(number.is_multiple_of(2), now)),
            10 => drop(exchange.received_directly(number, now)),
            11 => exchange.take_early(number),
            12 => exchange.stage_body(buffer, &BODY[..number.min(BODY.len())]),
            13 => exchange.stream_blocked(now),
            14 => drop(exchange.next(buffer, &BODY, Goal::End, now)),
            _ => match &mut self.upload {
                Some(upload) if number.is_multiple_of(2) => upload.state.flushed(exchange),
                Some(upload) => drop(upload.state.commit(exchange, number)),
                None => exchange.stream_written(),
            },
        }
    }
}
