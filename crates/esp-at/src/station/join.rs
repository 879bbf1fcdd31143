//! Joining an access point, and joining it again.

use crate::error::{EspAtError, JoinError};
use crate::wire::{Command, is_quotable};
use crate::words::{CommandResult, Seen};
use heapless::Vec;
use nal_link::{IpConfig, LinkStatus, elapsed_ms};

/// Longer than the start-up, the firmware's 15 s for a join, and its answer.
const JOIN_MS: u32 = 30_000;

/// A modem that hasn't answered yet may be deaf for so long.
const DEAF_MS: u32 = 22_000;

/// So long the access point has to be gone until it is joined again: the firmware may do it by itself.
/// It doubles from the third try on.
const REJOIN_MS: u32 = 12_000;

/// So often it doubles.
const MOST_DOUBLINGS: u8 = 3;

/// What to join, for [`EspAt::join_with`](crate::EspAt::join_with) and
/// [`EspAt::start_join`](crate::EspAt::start_join). Name and password may be of any bytes. A hidden network is joined like any other.
///
/// ```
/// use esp_at::Join;
/// let upstairs = Join::new("ssid", "password").bssid([0x5c, 0xcf, 0x7f, 0, 1, 0xab]);
/// # let _ = upstairs;
/// ```
#[derive(Clone, Copy)]
pub struct Join<'a> {
    ssid: &'a [u8],
    password: &'a [u8],
    bssid: Option<[u8; 6]>,
}

impl<'a> Join<'a> {
    /// By name and password; an empty password for an open network. A name has 1 to 32 bytes
    /// (IEEE 802.11), a password up to 64 (`AT+CWJAP`): it is looked at when the join starts.
    ///
    /// ```
    /// # use esp_at::Join;
    /// let open = Join::new("guests", "");
    /// let bytes = Join::new(b"caf\xe9", "password"); // not UTF-8
    /// # let _ = (open, bytes);
    /// ```
    pub fn new(
        ssid: &'a (impl AsRef<[u8]> + ?Sized),
        password: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        Self { ssid: ssid.as_ref(), password: password.as_ref(), bssid: None }
    }

    /// Only the access point with this hardware address, where several have the name.
    #[must_use]
    pub fn bssid(mut self, address: [u8; 6]) -> Self {
        self.bssid = Some(address);
        self
    }
}

/// What a join needs, kept so that the access point can be joined again after a reset of the modem.
struct Credentials {
    ssid: Vec<u8, 32, u8>,
    password: Vec<u8, 64, u8>,
    bssid: Option<[u8; 6]>,
}

impl core::fmt::Debug for Join<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Never the password.
        f.debug_struct("Join").finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Never the password.
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    fn new(join: Join<'_>) -> Option<Self> {
        let mut bytes = join.ssid.iter().chain(join.password);
        if !bytes.all(|byte| is_quotable(*byte)) {
            return None;
        }
        let ssid = Vec::from_slice(join.ssid).ok().filter(|ssid| !ssid.is_empty())?;
        let password = Vec::from_slice(join.password).ok()?;
        Some(Self { ssid, password, bssid: join.bssid })
    }
}

/// What is to be joined, and how far that is.
#[derive(Debug)]
pub(crate) struct Joining {
    credentials: Option<Credentials>,
    state: JoinState,
    /// When a caller's join began.
    began: u32,
    /// How often the modem has reset by itself on the way to it.
    cuts: u8,
    /// The modem had joined with these credentials.
    member: bool,
    /// Since when there is no link, or since the last join of the driver's own.
    down_since: Option<u32>,
    /// Joins of the driver's own since.
    rejoins: u8,
    /// The modem has lost its access point by a reset: it is joined again once the modem is started.
    rejoin_soon: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JoinState {
    Idle,
    /// `own`: the driver does it by itself, after a reset.
    Wanted {
        own: bool,
    },
    Running {
        own: bool,
    },
    /// The modem has joined, and is asked for its addresses.
    Answered {
        own: bool,
    },
    Done(Result<(), JoinError>),
}

impl Joining {
    pub(super) const fn new() -> Self {
        Self {
            credentials: None,
            state: JoinState::Idle,
            began: 0,
            cuts: 0,
            member: false,
            down_since: None,
            rejoins: 0,
            rejoin_soon: false,
        }
    }

    /// A caller wants it.
    pub(crate) fn start(&mut self, join: Join<'_>, now: u32) -> Result<(), JoinError> {
        self.credentials = Some(Credentials::new(join).ok_or(JoinError::Credentials)?);
        self.state = JoinState::Wanted { own: false };
        self.began = now;
        self.cuts = 0;
        Ok(())
    }

    /// What a caller's join came to; `None` as long as it isn't over. It is told once. `hung` is what it comes
    /// to where the modem refuses to tell its address.
    pub(crate) fn poll(
        &mut self,
        status: LinkStatus,
        trouble: Option<EspAtError>,
        hung: Option<JoinError>,
        now: u32,
    ) -> Option<Result<IpConfig, JoinError>> {
        let answered = matches!(self.state, JoinState::Answered { .. });
        let cut_short = self.cuts > 1;
        let result = match (self.state, trouble) {
            (JoinState::Idle, _) => Err(JoinError::Failed),
            (JoinState::Done(result), _) => result,
            // It may be deaf: at work on what a program before this one has asked for.
            (_, Some(EspAtError::NoAnswer)) if elapsed_ms(now, self.began) < DEAF_MS => {
                return None;
            }
            (_, Some(error)) => Err(JoinError::Modem(error)),
            _ if elapsed_ms(now, self.began) >= JOIN_MS => Err(match (status, hung) {
                // It has joined, and doesn't tell its address.
                (_, Some(hung)) if answered => hung,
                (LinkStatus::NoAddress, _) if !(answered && cut_short) => JoinError::NoAddress,
                // As a weak supply does it, each time that the radio sends.
                _ if cut_short => JoinError::Modem(EspAtError::ModemReset),
                // It was never told to join.
                _ if matches!(self.state, JoinState::Wanted { .. }) => {
                    JoinError::Modem(EspAtError::AnswerMissed)
                }
                _ => JoinError::TimedOut,
            }),
            _ => return None,
        };
        self.state = JoinState::Idle;
        Some(match (result, status) {
            (Ok(()), LinkStatus::Up(config)) => Ok(config),
            // Lost again at once.
            (Ok(()), _) => Err(JoinError::Failed),
            (Err(error), _) => Err(error),
        })
    }

    pub(super) fn is_member(&self) -> bool {
        self.member
    }

    /// Whether the join that is wanted is the driver's own.
    pub(crate) fn is_own(&self) -> bool {
        self.state == JoinState::Wanted { own: true }
    }

    /// Whether the modem has to be told to join.
    pub(super) fn is_due(&mut self, is_up: bool, now: u32) -> bool {
        if is_up || !self.member {
            self.down_since = None;
            self.rejoins = 0;
        } else if elapsed_ms(now, *self.down_since.get_or_insert(now)) >= self.rejoin_pause() {
            self.down_since = Some(now);
            self.rejoins = self.rejoins.saturating_add(1);
            self.rejoin();
        }
        matches!(self.state, JoinState::Wanted { .. }) && self.credentials.is_some()
    }

    /// Whether the modem is to be told to join, or asked what came of it.
    pub(crate) fn is_under_way(&self) -> bool {
        !matches!(self.state, JoinState::Idle | JoinState::Done(_)) && self.credentials.is_some()
    }

    fn rejoin_pause(&self) -> u32 {
        let doublings = self.rejoins.saturating_sub(2).min(MOST_DOUBLINGS);
        REJOIN_MS.saturating_mul(1 << doublings)
    }

    fn rejoin(&mut self) {
        // A result that nobody has come for is of a link that is gone.
        let is_free = matches!(self.state, JoinState::Idle | JoinState::Done(_));
        if is_free && self.credentials.is_some() {
            self.state = JoinState::Wanted { own: true };
        }
    }

    pub(crate) fn spell(&self, cur: &str, saves: bool, command: &mut Command) {
        if saves && self.is_own() {
            // What was saved by the caller's join: nothing is written again.
            command.text("AT+CWJAP");
        } else if let Some(credentials) = &self.credentials {
            command.text("AT+CWJAP").text(cur).text("=").quoted(&credentials.ssid);
            command.text(",").quoted(&credentials.password);
            if let Some(address) = credentials.bssid {
                command.text(",").hardware_address(address);
            }
        }
    }

    /// The command was sent.
    pub(super) fn begun(&mut self) {
        if let JoinState::Wanted { own } = self.state {
            self.state = JoinState::Running { own };
        }
    }

    /// The modem has reset instead of answering, this or what comes before or behind it; `once`, where that may
    /// be its power-on.
    pub(crate) fn cut_short(&mut self, once: bool) {
        self.cuts = self.cuts.saturating_add(if once { 1 } else { 2 });
    }

    /// The command wasn't executed, or the modem has forgotten it.
    pub(super) fn requeue(&mut self) {
        if let JoinState::Running { own } | JoinState::Answered { own } = self.state {
            self.state = JoinState::Wanted { own };
        }
    }

    /// The command's end. `Some(Ok(()))` says that the modem may have joined; its addresses tell.
    pub(super) fn answered(
        &mut self,
        result: CommandResult,
        seen: Seen,
    ) -> Option<Result<(), JoinError>> {
        let JoinState::Running { own } = self.state else {
            return None;
        };
        let error = match (result, seen.join_code) {
            (CommandResult::Ok | CommandResult::Missed, 0) => {
                self.state = JoinState::Answered { own };
                return Some(Ok(()));
            }
            // The firmware says `1` also where DHCP never answered.
            (_, 1) if seen.associated => JoinError::NoAddress,
            (_, 1) => JoinError::TimedOut,
            (_, 2) => JoinError::WrongPassword,
            (_, 3) => JoinError::NoAccessPoint,
            _ => JoinError::Failed,
        };
        self.over(Err(error));
        Some(Err(error))
    }

    /// Ends the join that is on its way, if there is one.
    pub(super) fn over(&mut self, result: Result<(), JoinError>) {
        if let JoinState::Running { own } | JoinState::Answered { own } = self.state {
            self.member |= result.is_ok();
            self.state = if own { JoinState::Idle } else { JoinState::Done(result) };
        }
    }

    /// The access point is gone. A join that is under way begins with that, where the modem was on another.
    pub(super) fn link_lost(&mut self) {
        if let JoinState::Answered { .. } = self.state {
            self.over(Err(JoinError::Failed));
        }
    }

    /// The modem has left the access point because it was told to.
    pub(super) fn leave(&mut self) {
        self.credentials = None;
        self.member = false;
    }

    /// The modem was reset, or answers no more.
    pub(super) fn modem_lost(&mut self) {
        self.rejoin_soon |= self.member;
        self.requeue();
    }

    pub(super) fn modem_started(&mut self) {
        if core::mem::take(&mut self.rejoin_soon) {
            self.rejoin();
        }
    }
}
