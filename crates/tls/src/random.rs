//! The board's random numbers.

use core::fmt::{self, Debug, Formatter};
use rand_core::{CryptoRng, RngCore};

/// Random numbers that nobody can guess: the handshake's key is made of 64 bytes of them.
///
/// A hardware generator of the board's, or a cryptographic generator that was seeded by one. What isn't
/// good enough: a counter, the time, the uptime, a chip's serial number, an ADC's lowest bit by itself, a
/// seed compiled in.
///
/// ```
/// use safe_http_client_tls::{FnRandom, SecureRandom};
/// # fn hardware_rng_fill(bytes: &mut [u8]) { bytes.fill(7); }
/// let mut random = FnRandom(|bytes: &mut [u8]| hardware_rng_fill(bytes));
/// random.fill(&mut [0; 32]);
/// ```
pub trait SecureRandom {
    /// Fills all of `bytes`. A generator that can't mustn't return.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<R: SecureRandom + ?Sized> SecureRandom for &mut R {
    fn fill(&mut self, bytes: &mut [u8]) {
        R::fill(self, bytes);
    }
}

/// [`SecureRandom`] by a function or closure.
///
/// ```
/// use safe_http_client_tls::FnRandom;
/// # fn trng_read(bytes: &mut [u8]) {}
/// let random = FnRandom(trng_read);
/// # let _ = random;
/// ```
#[derive(Clone, Copy)]
pub struct FnRandom<F>(
    /// Fills all of what it is given.
    pub F,
);

impl<F: FnMut(&mut [u8])> SecureRandom for FnRandom<F> {
    fn fill(&mut self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }
}

impl<F> Debug for FnRandom<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("FnRandom")
    }
}

/// A generator that implements `CryptoRng` of rand_core 0.6, as most boards' crates do. For those of a later
/// version: `FnRandom(|bytes| rng.fill_bytes(bytes))`.
///
/// ```
/// # fn f<R: rand_core::RngCore + rand_core::CryptoRng>(trng: R) {
/// let random = safe_http_client_tls::RandCore06(trng);
/// # let _ = random;
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct RandCore06<R>(
    /// The generator.
    pub R,
);

impl<R: RngCore + CryptoRng> SecureRandom for RandCore06<R> {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

impl<R> Debug for RandCore06<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("RandCore06")
    }
}

/// As embedded-tls wants it.
pub(crate) struct Adapter<'r, R>(pub(crate) &'r mut R);

impl<R: SecureRandom> RngCore for Adapter<'_, R> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl<R: SecureRandom> CryptoRng for Adapter<'_, R> {}

/// Whether a generator is dead: a key of equal bytes would be looked for for ever, or be found by anybody.
pub(crate) fn is_dead(random: &mut impl SecureRandom) -> bool {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    let [first, rest @ ..] = &bytes;
    rest.iter().all(|byte| byte == first)
}
