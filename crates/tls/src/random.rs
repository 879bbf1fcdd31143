//! The board's random numbers.

use core::fmt::{self, Debug, Formatter};
use rand_core::{CryptoRng, RngCore};

/// Random numbers that nobody can guess: the handshake's key is made of 64 bytes of them.
///
/// ```
/// use safe_http_client_tls::{FnRandom, SecureRandom};
/// # fn hardware_rng_fill(bytes: &mut [u8]) { bytes.fill(7); }
/// let mut random = FnRandom(|bytes: &mut [u8]| hardware_rng_fill(bytes));
/// random.fill(&mut [0; 32]);
/// ```
///
/// # Boards
///
/// | board | what there is | how |
/// |---|---|---|
/// | STM32 with an RNG, nRF52, nRF53 | a generator made for it, with tests of its own | `RandCore06(rng)` around embassy-stm32's `Rng` and embassy-nrf's `Rng`, or `FnRandom` |
/// | ESP32s | one as well, **while Wi-Fi or Bluetooth is on** or its entropy source was started; pseudo-random numbers before | `FnRandom` around `esp_hal::rng::Trng`, which asks for the source; its `Rng` doesn't |
/// | RP2350 | a generator made for it | `FnRandom` around embassy-rp's `Trng` |
/// | RP2040 | a bit of a ring oscillator's, which the datasheet calls unfit for security by itself | many of them into a seed, as below |
/// | STM32F1, AVR and others without any | nothing | a chip beside it (ATECC608), or TLS in the modem |
///
/// Not good enough: a counter, the time, the uptime, a chip's serial number, an ADC's lowest bit by itself, a
/// seed compiled in, a seed in flash that isn't replaced at each start before it is used.
///
/// A weak source is conditioned once, at the start, and feeds a cryptographic generator from then on. Here it
/// is taken that a bit of the oscillator's has a tenth of a bit that nobody can guess, so that 8,192 of them
/// have three times what a seed needs. Neighbouring bits depend on one another, the more so the faster they
/// are read; temperature, supply and whoever has the board in his hands change the oscillator, which mustn't
/// be the processor's clock at the same time.
///
/// ```
/// use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// use safe_http_client_tls::{RandCore06, SecureRandom};
/// use sha2::{Digest, Sha256};
///
/// /// A seed of a weak source's bits; `None` where it stands still.
/// fn seed(mut bit: impl FnMut() -> bool) -> Option<[u8; 32]> {
///     let (mut hash, mut last, mut equal) = (Sha256::new(), false, 0);
///     for _ in 0..8192 {
///         let bit = bit(); // RoscRng's, or ROSC.randombit; a few microseconds apart
///         equal = if bit == last { equal + 1 } else { 1 };
///         last = bit;
///         // As NIST SP 800-90B section 4.4.1 has it: once in 2^20 starts a sound source does this.
///         if equal > 200 {
///             return None;
///         }
///         hash.update([u8::from(bit)]);
///     }
///     Some(hash.finalize().into())
/// }
///
/// # let mut state = 1_u32;
/// # let oscillator = || { state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); state >> 31 == 1 };
/// let mut random = RandCore06(ChaCha20Rng::from_seed(seed(oscillator).expect("the oscillator turns")));
/// random.fill(&mut [0; 32]);
/// assert_eq!(seed(|| true), None);
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
