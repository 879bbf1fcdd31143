//! Certificates, made afresh.

use crate::programs::find;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, PKCS_RSA_SHA384,
    PKCS_RSA_SHA512, SignatureAlgorithm,
};
use safe_http_client_tls::Failure;
use time::{Duration, OffsetDateTime};

/// The host that certificates are for.
pub const HOST: &str = "gate.test";

pub use crate::served::Served;

/// A certificate with its key, which may sign.
pub struct Made {
    params: CertificateParams,
    pub key: KeyPair,
    pub der: Vec<u8>,
}

pub fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).unwrap()
}

/// A certificate valid for a year around now.
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - Duration::days(30);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(335);
    params.use_authority_key_identifier_extension = true;
    params
}

pub fn authority(name: &str, most: Option<u8>) -> CertificateParams {
    let mut params = params(name);
    let constraint = most.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained);
    params.is_ca = IsCa::Ca(constraint);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub fn leaf(names: &[&str]) -> CertificateParams {
    let mut leaf = params("server");
    let names = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    leaf.subject_alt_names = names.unwrap().subject_alt_names;
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf
}

pub fn root_of(params: CertificateParams, algorithm: &'static SignatureAlgorithm) -> Made {
    let key = key(algorithm);
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Made { params, key, der }
}

pub fn root() -> Made {
    root_of(authority("Test Root", None), &PKCS_ECDSA_P256_SHA256)
}

impl Made {
    pub fn sign(&self, params: CertificateParams, key: KeyPair) -> Made {
        let issuer = Issuer::from_params(&self.params, &self.key);
        let der = params.signed_by(&key, &issuer).unwrap().der().to_vec();
        Made { params, key, der }
    }

    pub fn sign_p256(&self, params: CertificateParams) -> Made {
        self.sign(params, key(&PKCS_ECDSA_P256_SHA256))
    }

    pub fn served(&self, between: &[&Made], root: &Made) -> Served {
        let others = between.iter().map(|made| made.der.clone());
        Served {
            chain: std::iter::once(self.der.clone()).chain(others).collect(),
            key: first_version(self.key.serialize_der()),
            root: root.der.clone(),
        }
    }
}

/// Ed25519 keys of ring's have their public key in them, which OpenSSL doesn't take (RFC 5958 section 2).
fn first_version(key: Vec<u8>) -> Vec<u8> {
    const SECOND: &[u8] = &[0x30, 0x51, 2, 1, 1, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    match key.strip_prefix(SECOND) {
        Some(rest) => {
            let mut first = SECOND.to_vec();
            (first[1], first[4]) = (0x2e, 0);
            first.extend_from_slice(&rest[..32]);
            first
        }
        None => key,
    }
}

/// A kind of chain, made.
pub struct Kind {
    pub name: &'static str,
    pub host: &'static str,
    pub served: Served,
    /// Why it is refused, with what is shown of it.
    pub refused: Option<(Failure, &'static str)>,
    /// Why curl decides otherwise.
    pub differs: Option<&'static str>,
}

fn kind(name: &'static str, host: &'static str, served: Served) -> Kind {
    Kind { name, host, served, refused: None, differs: None }
}

impl Kind {
    fn refused(mut self, why: Failure, shown: &'static str) -> Self {
        self.refused = Some((why, shown));
        self
    }

    fn but_curl(mut self, why: &'static str) -> Self {
        self.differs = Some(why);
        self
    }
}

/// A chain of a leaf and one intermediate authority, each as the closures make them.
fn with_middle(
    leaf_params: impl FnOnce(&mut CertificateParams),
    middle_params: impl FnOnce(&mut CertificateParams),
) -> Served {
    let root = root();
    let mut middle = authority("Test Intermediate", Some(0));
    middle_params(&mut middle);
    let middle = root.sign_p256(middle);
    let mut leaf = leaf(&[HOST]);
    leaf_params(&mut leaf);
    middle.sign_p256(leaf).served(&[&middle], &root)
}

fn nothing(_: &mut CertificateParams) {}

/// What most servers of these tests show: a certificate for [`HOST`], by a root.
pub fn served() -> Served {
    from_root(leaf(&[HOST]))
}

fn from_root(leaf: CertificateParams) -> Served {
    let root = root();
    root.sign_p256(leaf).served(&[], &root)
}

fn expired(params: &mut CertificateParams) {
    params.not_before = OffsetDateTime::now_utc() - Duration::days(30);
    params.not_after = OffsetDateTime::now_utc() - Duration::days(2);
}

fn not_yet(params: &mut CertificateParams) {
    params.not_before = OffsetDateTime::now_utc() + Duration::days(2);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(30);
}

fn constraints(permitted: &[&str], excluded: &[&str]) -> Option<NameConstraints> {
    let trees = |names: &[&str]| {
        names.iter().map(|name| GeneralSubtree::DnsName(name.to_string())).collect()
    };
    Some(NameConstraints {
        permitted_subtrees: trees(permitted),
        excluded_subtrees: trees(excluded),
    })
}

/// A server's certificate that no other has signed.
pub fn self_signed() -> Made {
    let (key, params) = (key(&PKCS_ECDSA_P256_SHA256), leaf(&[HOST]));
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Made { params, key, der }
}

/// The same, as `openssl req -x509` makes it: one that says that it is an authority.
fn authority_alone() -> Made {
    let mut params = authority("server", None);
    params.subject_alt_names = leaf(&[HOST]).subject_alt_names;
    params.key_usages.clear();
    root_of(params, &PKCS_ECDSA_P256_SHA256)
}

/// A root that may sign for some names alone.
fn limited_root(permitted: &[&str], excluded: &[&str]) -> Made {
    let mut params = authority("Limited Root", None);
    params.name_constraints = constraints(permitted, excluded);
    root_of(params, &PKCS_ECDSA_P256_SHA256)
}

/// The kinds that are accepted.
pub fn accepted() -> Vec<Kind> {
    let root = root();
    let middle = root.sign_p256(authority("Test Intermediate", Some(1)));
    let lower = middle.sign_p256(authority("Test Lower", Some(0)));
    let deep = lower.sign_p256(leaf(&[HOST]));
    let other = self::root();
    let direct = root.sign_p256(leaf(&[HOST]));
    let big = root_of(authority("Test Root", None), &PKCS_ECDSA_P384_SHA384);
    let middle_of_big =
        big.sign(authority("Test Intermediate", Some(0)), key(&PKCS_ECDSA_P384_SHA384));
    let alone = self_signed();
    let old = {
        let mut params = authority("Old Root", None);
        expired(&mut params);
        root_of(params, &PKCS_ECDSA_P256_SHA256)
    };
    let no_usage = {
        let mut leaf = leaf(&[HOST]);
        leaf.extended_key_usages.clear();
        leaf.key_usages.clear();
        leaf
    };
    let both_uses = {
        let mut leaf = leaf(&[HOST]);
        leaf.extended_key_usages.insert(0, ExtendedKeyUsagePurpose::ClientAuth);
        leaf
    };
    let edwards = root_of(authority("Test Root", None), &PKCS_ED25519);
    let mut kinds = vec![
        kind(
            "Ed25519",
            HOST,
            edwards.sign(leaf(&[HOST]), key(&PKCS_ED25519)).served(&[], &edwards),
        ),
        kind("a leaf by the root", HOST, direct.served(&[], &root)),
        kind("an intermediate", HOST, with_middle(nothing, nothing)),
        kind("two intermediates", HOST, deep.served(&[&lower, &middle], &root)),
        kind("intermediates in the wrong order", HOST, deep.served(&[&middle, &lower], &root)),
        kind("a stranger among them", HOST, deep.served(&[&other, &lower, &middle], &root)),
        kind("the root sent along", HOST, direct.served(&[&root], &root)),
        kind("a wildcard", "front.gate.test", from_root(leaf(&["*.gate.test"]))),
        kind("an address", "127.0.0.1", from_root(leaf(&["127.0.0.1"]))),
        kind(
            "the last of several names",
            HOST,
            from_root(leaf(&["a.test", "10.0.0.1", "*.b.test", HOST])),
        ),
        kind("a name in capitals", HOST, from_root(leaf(&["GATE.TEST"]))),
        kind("a path just short enough", HOST, deep.served(&[&lower, &middle], &root)),
        kind(
            "name constraints that permit it",
            HOST,
            with_middle(nothing, |middle| {
                middle.name_constraints = constraints(&["test"], &["other.test"]);
            }),
        ),
        kind("a root for these names", HOST, {
            let root = limited_root(&["gate.test"], &[]);
            root.sign_p256(leaf(&[HOST])).served(&[], &root)
        }),
        kind("an international name", "xn--tr-xka.test", from_root(leaf(&["xn--tr-xka.test"]))),
        kind("no key usages at all", HOST, from_root(no_usage)),
        kind("a client's and a server's", HOST, from_root(both_uses)),
        kind(
            "a leaf of P-384",
            HOST,
            root.sign(leaf(&[HOST]), key(&PKCS_ECDSA_P384_SHA384)).served(&[], &root),
        ),
        kind("signed by itself, and trusted", HOST, alone.served(&[], &alone)),
        kind("a root that has expired", HOST, old.sign_p256(leaf(&[HOST])).served(&[], &old))
            .but_curl(
                "refuses it; here whoever trusts a root trusts it whatever its own dates say",
            ),
        kind(
            "P-384 above a leaf of P-256",
            HOST,
            middle_of_big.sign_p256(leaf(&[HOST])).served(&[&middle_of_big], &big),
        ),
    ];
    kinds.extend(rsa_kinds());
    kinds
}

/// A key of RSA's, which `ring` doesn't make; `None` without OpenSSL.
fn rsa_key(bits: u32, algorithm: &'static SignatureAlgorithm) -> Option<KeyPair> {
    let made = std::process::Command::new(find("openssl")?)
        .args(["genpkey", "-algorithm", "RSA", "-pkeyopt"])
        .arg(format!("rsa_keygen_bits:{bits}"))
        .stderr(std::process::Stdio::null())
        .output()
        .unwrap();
    let pem = String::from_utf8(made.stdout).unwrap();
    Some(KeyPair::from_pkcs8_pem_and_sign_algo(&pem, algorithm).unwrap())
}

fn rsa_kinds() -> Vec<Kind> {
    let root = |bits, algorithm| {
        let (params, key) = (authority("Test Root", None), rsa_key(bits, algorithm)?);
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Some(Made { params, key, der })
    };
    let make = || {
        let (large, middle) = (root(4096, &PKCS_RSA_SHA512)?, root(3072, &PKCS_RSA_SHA384)?);
        let (ec, other) = (self::root(), rsa_key(3072, &PKCS_RSA_SHA256)?);
        let small = rsa_key(2048, &PKCS_RSA_SHA256)?;
        let below =
            large.sign(authority("Test Intermediate", Some(0)), rsa_key(2048, &PKCS_RSA_SHA256)?);
        Some(vec![
            kind(
                "RSA, 2048 bits below 4096",
                HOST,
                below.sign(leaf(&[HOST]), small).served(&[&below], &large),
            ),
            kind(
                "RSA above a leaf of P-256",
                HOST,
                middle.sign_p256(leaf(&[HOST])).served(&[], &middle),
            ),
            kind("P-256 above a leaf of RSA", HOST, ec.sign(leaf(&[HOST]), other).served(&[], &ec)),
        ])
    };
    make().unwrap_or_default()
}

/// A name for each kind that is refused.
pub fn refused() -> Vec<Kind> {
    let root = root();
    let other = self::root();
    let middle = root.sign_p256(authority("Test Intermediate", Some(0)));
    let lower = middle.sign_p256(authority("Test Lower", None));
    let direct = root.sign_p256(leaf(&[HOST]));
    let alone = self_signed();
    let of_elsewhere = root_of(authority("Elsewhere", None), &PKCS_ECDSA_P256_SHA256);
    let tampered = {
        let mut served = direct.served(&[], &root);
        // Within the signature's second number.
        let last = served.chain[0].len() - 3;
        served.chain[0][last] ^= 1;
        served
    };
    let impostor = {
        let mut served = other.sign_p256(leaf(&[HOST])).served(&[], &other);
        served.root = root.der.clone();
        served
    };
    let stranger = {
        let mut served = of_elsewhere.sign_p256(leaf(&[HOST])).served(&[], &of_elsewhere);
        served.root = root.der.clone();
        served
    };
    let common_name = {
        let mut params = leaf(&["elsewhere.test"]);
        params.distinguished_name.push(DnType::CommonName, HOST);
        params
    };
    let common_name_alone = {
        let mut params = leaf(&[]);
        params.distinguished_name.push(DnType::CommonName, HOST);
        params
    };
    let authority_as_server = {
        let mut params = leaf(&[HOST]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages.push(KeyUsagePurpose::KeyCertSign);
        root.sign_p256(params)
    };
    let critical = {
        let mut params = leaf(&[HOST]);
        let mut extension =
            CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions.push(extension);
        params
    };
    let changed = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = leaf(&[HOST]);
        change(&mut params);
        from_root(params)
    };
    vec![
        kind("signed by itself", HOST, alone.served(&[], &root))
            .refused(Failure::UnknownAuthority, "server"),
        kind("signed by itself, as an authority", HOST, authority_alone().served(&[], &root))
            .refused(Failure::UnknownAuthority, "server"),
        kind("signed by itself, as an authority that is trusted", HOST, {
            let alone = authority_alone();
            alone.served(&[], &alone)
        })
        .refused(Failure::NotForServers, "")
        .but_curl("takes an authority for a server"),
        kind("a root for other names", HOST, {
            let root = limited_root(&["other.test"], &[]);
            root.sign_p256(leaf(&[HOST])).served(&[], &root)
        })
        .refused(Failure::NotAllowedToSign, ""),
        kind("an unknown authority", HOST, stranger)
            .refused(Failure::UnknownAuthority, "Elsewhere"),
        kind("an intermediate left out", HOST, middle.sign_p256(leaf(&[HOST])).served(&[], &root))
            .refused(Failure::UnknownAuthority, "Test Intermediate"),
        kind("an authority of the same name", HOST, impostor).refused(Failure::BadSignature, ""),
        kind("a changed signature", HOST, tampered).refused(Failure::BadSignature, ""),
        kind("expired", HOST, changed(&expired)).refused(Failure::Expired, "until "),
        kind("not valid yet", HOST, changed(&not_yet)).refused(Failure::NotYetValid, "from "),
        kind("an intermediate expired", HOST, with_middle(nothing, expired))
            .refused(Failure::Expired, "until "),
        kind("an intermediate not valid yet", HOST, with_middle(nothing, not_yet))
            .refused(Failure::NotYetValid, "from "),
        kind("another host", HOST, from_root(leaf(&["elsewhere.test", "10.0.0.1"])))
            .refused(Failure::WrongHost, "elsewhere.test, 10.0.0.1"),
        kind("the host in the common name alone", HOST, from_root(common_name))
            .refused(Failure::WrongHost, "elsewhere.test"),
        kind("a wildcard one label short", "a.front.gate.test", from_root(leaf(&["*.gate.test"])))
            .refused(Failure::WrongHost, "*.gate.test"),
        kind("a wildcard for its own domain", HOST, from_root(leaf(&["*.gate.test"])))
            .refused(Failure::WrongHost, "*.gate.test"),
        kind("another address", "127.0.0.1", from_root(leaf(&["127.0.0.2"])))
            .refused(Failure::WrongHost, "127.0.0.2"),
        kind(
            "a client's",
            HOST,
            changed(&|leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        )
        .refused(Failure::NotForServers, ""),
        kind(
            "a code signer's",
            HOST,
            changed(&|leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]),
        )
        .refused(Failure::NotForServers, ""),
        kind(
            "an intermediate that is no authority",
            HOST,
            with_middle(nothing, |middle| middle.is_ca = IsCa::ExplicitNoCa),
        )
        .refused(Failure::NotAllowedToSign, ""),
        kind(
            "an intermediate that may not sign",
            HOST,
            with_middle(nothing, |middle| middle.key_usages = vec![KeyUsagePurpose::CrlSign]),
        )
        .refused(Failure::NotAllowedToSign, ""),
        kind(
            "an intermediate for clients alone",
            HOST,
            with_middle(nothing, |middle| {
                middle.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]
            }),
        )
        .refused(Failure::NotForServers, ""),
        kind(
            "a path too long",
            HOST,
            lower.sign_p256(leaf(&[HOST])).served(&[&lower, &middle], &root),
        )
        .refused(Failure::NotAllowedToSign, ""),
        kind(
            "name constraints that exclude it",
            HOST,
            with_middle(nothing, |middle| {
                middle.name_constraints = constraints(&[], &["gate.test"])
            }),
        )
        .refused(Failure::NotAllowedToSign, ""),
        kind(
            "name constraints that don't permit it",
            HOST,
            with_middle(nothing, |middle| {
                middle.name_constraints = constraints(&["elsewhere.test"], &[])
            }),
        )
        .refused(Failure::NotAllowedToSign, ""),
        kind("a critical extension that nobody knows", HOST, from_root(critical))
            .refused(Failure::MalformedCertificate, ""),
        kind(
            "a key that may not sign",
            HOST,
            changed(&|leaf| leaf.key_usages = vec![KeyUsagePurpose::KeyAgreement]),
        )
        .refused(Failure::NotForServers, "")
        .but_curl(
            "takes keyAgreement for enough, where RFC 8446 section 4.4.2.2 wants digitalSignature",
        ),
        kind("the common name, and no other", HOST, from_root(common_name_alone))
            .refused(Failure::WrongHost, "no alternative name")
            .but_curl("falls back on the common name"),
        kind("an authority's own", HOST, authority_as_server.served(&[], &root))
            .refused(Failure::NotForServers, "")
            .but_curl("takes an authority for a server"),
    ]
}
