//! A server that has the keys and keeps to no rule: the handshake and records of TLS 1.3, as a test writes them.
#![allow(dead_code, reason = "tests and fuzzers share it, and need different parts")]

use crate::memory::Peer;
use crate::served::Served;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::DecodePrivateKey as _;
use sha2::{Digest as _, Sha256};

pub const HANDSHAKE: u8 = 22;
pub const APPLICATION_DATA: u8 = 23;

/// Keys of one direction, with the number of the next record.
struct Keys {
    key: [u8; 16],
    iv: [u8; 12],
    next: u64,
}

fn expand<const N: usize>(secret: &[u8; 32], label: &str, context: &[u8]) -> [u8; N] {
    let label = format!("tls13 {label}");
    let mut info = u16::try_from(N).unwrap().to_be_bytes().to_vec();
    info.push(u8::try_from(label.len()).unwrap());
    info.extend_from_slice(label.as_bytes());
    info.push(u8::try_from(context.len()).unwrap());
    info.extend_from_slice(context);
    let mut out = [0; N];
    Hkdf::<Sha256>::from_prk(secret).unwrap().expand(&info, &mut out).unwrap();
    out
}

fn extract(salt: &[u8; 32], input: &[u8]) -> [u8; 32] {
    Hkdf::<Sha256>::extract(Some(salt), input).0.into()
}

impl Keys {
    fn of(secret: &[u8; 32]) -> Self {
        Self { key: expand(secret, "key", &[]), iv: expand(secret, "iv", &[]), next: 0 }
    }
}

/// A record in the clear.
pub fn plain(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 3];
    record.extend_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
    record.extend_from_slice(content);
    record
}

/// A message of the handshake.
pub fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&u32::try_from(content.len()).unwrap().to_be_bytes()[1..]);
    message.extend_from_slice(content);
    message
}

/// What a test has of a connection whose ServerHello is sent.
pub struct Evil {
    served: Served,
    transcript: Sha256,
    handshake_secret: [u8; 32],
    traffic_secret: [u8; 32],
    keys: Keys,
    pub out: Vec<u8>,
}

impl Evil {
    /// A record as it is, sealed: content, type and padding are the caller's.
    pub fn seal(&mut self, inner: &[u8]) {
        let length = u16::try_from(inner.len() + 16).unwrap().to_be_bytes();
        let header = [APPLICATION_DATA, 3, 3, length[0], length[1]];
        let mut nonce = self.keys.iv;
        for (place, byte) in nonce[4..].iter_mut().zip(self.keys.next.to_be_bytes()) {
            *place ^= byte;
        }
        self.keys.next += 1;
        let cipher = Aes128Gcm::new(&self.keys.key.into());
        let payload = Payload { msg: inner, aad: &header };
        self.out.extend_from_slice(&header);
        self.out.extend(cipher.encrypt(Nonce::from_slice(&nonce), payload).unwrap());
    }

    /// A record of this type.
    pub fn say(&mut self, kind: u8, content: &[u8]) {
        self.seal(&[content, &[kind]].concat());
    }

    /// Messages of the handshake in one record.
    pub fn messages(&mut self, messages: &[&[u8]]) {
        let whole = self.noted(messages.concat());
        self.say(HANDSHAKE, &whole);
    }

    /// A message that counts as said.
    pub fn noted(&mut self, message: Vec<u8>) -> Vec<u8> {
        self.transcript.update(&message);
        message
    }

    pub fn hash(&self) -> [u8; 32] {
        self.transcript.clone().finalize().into()
    }

    pub fn certificate(&self) -> Vec<u8> {
        let mut entries = Vec::new();
        for der in &self.served.chain {
            entries.extend_from_slice(&u32::try_from(der.len()).unwrap().to_be_bytes()[1..]);
            entries.extend_from_slice(der);
            entries.extend_from_slice(&[0, 0]);
        }
        let mut content = vec![0];
        content.extend_from_slice(&u32::try_from(entries.len()).unwrap().to_be_bytes()[1..]);
        content.extend_from_slice(&entries);
        message(11, &content)
    }

    /// The proof of having the key, behind what was said so far.
    pub fn proof(&self) -> Vec<u8> {
        let mut text = vec![b' '; 64];
        text.extend_from_slice(b"TLS 1.3, server CertificateVerify\0");
        text.extend_from_slice(&self.hash());
        let key = p256::ecdsa::SigningKey::from_pkcs8_der(&self.served.key).unwrap();
        let signature: p256::ecdsa::DerSignature = key.sign(&text);
        let mut content = vec![4, 3];
        content
            .extend_from_slice(&u16::try_from(signature.as_bytes().len()).unwrap().to_be_bytes());
        content.extend_from_slice(signature.as_bytes());
        message(15, &content)
    }

    pub fn finished(&self) -> Vec<u8> {
        let key: [u8; 32] = expand(&self.traffic_secret, "finished", &[]);
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&key).unwrap();
        mac.update(&self.hash());
        message(20, &mac.finalize().into_bytes())
    }

    /// EncryptedExtensions, without any.
    pub fn honest_start(&mut self) {
        self.messages(&[&message(8, &[0, 0])]);
    }

    /// What every server says.
    pub fn honest(&mut self) {
        self.honest_start();
        let certificate = self.certificate();
        self.messages(&[&certificate]);
        let proof = self.proof();
        self.messages(&[&proof]);
        self.finish();
    }

    /// The server's Finished; what follows is under the keys for data.
    pub fn finish(&mut self) {
        let finished = self.finished();
        self.messages(&[&finished]);
        self.change_keys();
    }

    /// To the keys for data.
    pub fn change_keys(&mut self) {
        let empty: [u8; 32] = Sha256::digest([]).into();
        let derived = expand(&self.handshake_secret, "derived", &empty);
        let master = extract(&derived, &[0; 32]);
        self.keys = Keys::of(&expand(&master, "s ap traffic", &self.hash()));
    }
}

/// A ServerHello with this share of a key, and what else tests change.
pub fn server_hello(random: [u8; 32], suite: u16, version: u16, share: &[u8]) -> Vec<u8> {
    let mut content = vec![3, 3];
    content.extend_from_slice(&random);
    content.push(0);
    content.extend_from_slice(&suite.to_be_bytes());
    content.push(0);
    let mut extensions = vec![0, 43, 0, 2];
    extensions.extend_from_slice(&version.to_be_bytes());
    extensions.extend_from_slice(&[0, 51]);
    extensions.extend_from_slice(&u16::try_from(share.len()).unwrap().to_be_bytes());
    extensions.extend_from_slice(share);
    content.extend_from_slice(&u16::try_from(extensions.len()).unwrap().to_be_bytes());
    content.extend_from_slice(&extensions);
    message(2, &content)
}

type Script = Box<dyn FnMut(&mut Evil)>;

/// The peer: it answers the ClientHello by a script, and the request by another.
pub struct EvilPeer {
    served: Served,
    /// The ServerHello, of a share of a key.
    pub hello: fn(&[u8]) -> Vec<u8>,
    handshake: Script,
    data: Script,
    /// What it says whenever it is listened to, once it has answered.
    pub more: fn(&mut Evil),
    heard: Vec<u8>,
    state: Option<Evil>,
    answered: bool,
}

impl EvilPeer {
    pub fn new(
        served: &Served,
        handshake: impl FnMut(&mut Evil) + 'static,
        data: impl FnMut(&mut Evil) + 'static,
    ) -> Self {
        Self {
            served: served.clone(),
            hello: |share| plain(HANDSHAKE, &server_hello([7; 32], 0x1301, 0x0304, share)),
            handshake: Box::new(handshake),
            data: Box::new(data),
            more: |_| {},
            heard: Vec::new(),
            state: None,
            answered: false,
        }
    }

    fn start(&mut self) -> Vec<u8> {
        let hello = &self.heard[5..];
        let at = hello.windows(5).position(|five| five == [0, 0x17, 0, 0x41, 4]).unwrap() + 4;
        let theirs = p256::PublicKey::from_sec1_bytes(&hello[at..at + 65]).unwrap();
        let secret = p256::SecretKey::from_slice(&[0x42; 32]).unwrap();
        let shared = p256::ecdh::diffie_hellman(secret.to_nonzero_scalar(), theirs.as_affine());
        let ours = p256::EncodedPoint::from(secret.public_key());
        let record = (self.hello)(&[&[0, 0x17, 0, 0x41][..], ours.as_bytes()].concat());

        let mut transcript = Sha256::new();
        transcript.update(hello);
        transcript.update(&record[5..]);
        let hash: [u8; 32] = transcript.clone().finalize().into();
        let empty: [u8; 32] = Sha256::digest([]).into();
        let early = extract(&[0; 32], &[0; 32]);
        let handshake_secret =
            extract(&expand(&early, "derived", &empty), shared.raw_secret_bytes());
        let traffic_secret = expand(&handshake_secret, "s hs traffic", &hash);
        let mut evil = Evil {
            served: self.served.clone(),
            transcript,
            handshake_secret,
            traffic_secret,
            keys: Keys::of(&traffic_secret),
            out: record,
        };
        (self.handshake)(&mut evil);
        let out = std::mem::take(&mut evil.out);
        self.state = Some(evil);
        out
    }
}

impl Peer for EvilPeer {
    fn exchange(&mut self, sent: &[u8]) -> Vec<u8> {
        self.heard.extend_from_slice(sent);
        let whole = |bytes: &[u8]| {
            bytes.len() >= 5
                && bytes.len() - 5 >= usize::from(u16::from_be_bytes([bytes[3], bytes[4]]))
        };
        let Some(evil) = &mut self.state else {
            return if whole(&self.heard) {
                let out = self.start();
                self.heard.clear();
                out
            } else {
                Vec::new()
            };
        };
        // The client's Finished is a record of 58 bytes; the request is another.
        if !self.answered && self.heard.len() > 80 && whole(&self.heard[58..]) {
            self.answered = true;
            (self.data)(evil);
        } else if self.answered {
            (self.more)(evil);
        }
        std::mem::take(&mut evil.out)
    }
}
