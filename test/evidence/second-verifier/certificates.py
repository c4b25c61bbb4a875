"""Signature algorithms, and X.509 certificates from a signer up to a given root (section 9)."""

import re
from functools import cached_property

import canonical
import der
from signatures import digest_signature, openssl, pem, whole_signature
from verdict import CannotTell, Invalid

EC, RSA, ED25519 = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1", "1.3.101.112"
PSS = "1.2.840.113549.1.1.10"
HASHES = {f"2.16.840.1.101.3.4.2.{n}": name for n, name in ((1, "sha256"), (2, "sha384"), (3, "sha512"))}
CURVE_HASHES = {
    "1.2.840.10045.3.1.7": "sha256",
    "1.3.132.0.34": "sha384",
    "1.3.132.0.35": "sha512",
}
ECDSA = {f"1.2.840.10045.4.3.{n}": name for n, name in ((2, "sha256"), (3, "sha384"), (4, "sha512"))}
RSA_PKCS1 = {f"1.2.840.113549.1.1.{n}": name for n, name in ((11, "sha256"), (12, "sha384"), (13, "sha512"))}
# RSASSA-PSS-params: SHA-256, MGF1 with SHA-256, 32 bytes of salt; with and without NULL parameters
SHA256_ID = [bytes.fromhex("300d06096086480165030402010500"), bytes.fromhex("300b0609608648016503040201")]


class Algorithm:
    """An AlgorithmIdentifier."""

    def __init__(self, value):
        items = value.expect(0x30).items()
        self.oid = items[0].oid() if items else ""
        self.parameters = items[1] if len(items) == 2 else None


class Certificate:
    def __init__(self, data):
        self.der = data
        outer = der.read(data).expect(0x30).items()
        if len(outer) != 3:
            raise Invalid("a certificate that isn't one")
        self.signature_algorithm = Algorithm(outer[1])
        items = outer[0].expect(0x30).items()
        if items and items[0].tag == 0xA0:
            items = items[1:]
        if len(items) < 6:
            raise Invalid("a certificate that isn't one")
        self.serial, self.issuer, self.subject = items[0].content, items[2].raw, items[4].raw
        self.not_before, self.not_after = (each.time() for each in items[3].items())
        self.spki = items[5].raw
        self._rest = items[6:]

    @cached_property
    def extensions(self):
        """Criticality and content by identifier."""
        found = {}
        for field in self._rest:
            for extension in field.items()[0].items() if field.tag == 0xA3 else []:
                parts = extension.items()
                critical = len(parts) == 3 and parts[1].boolean()
                found[parts[0].oid()] = (critical, parts[-1].expect(0x04).content)
        return found

    @cached_property
    def key_identifier(self):
        _, value = self.extensions.get("2.5.29.14", (False, None))
        return der.read(value).content if value else None

    def verify(self, algorithm, digest, data, signature, what):
        """By this certificate's key, where algorithm and key are among those of section 9."""
        kind = self.check_algorithm(algorithm, digest)
        if kind == "ed25519":
            whole_signature(self.spki, data, signature, what)
            return
        pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")
        digest_signature(self.spki, digest, data, signature, what, pss if kind == "pss" else ())

    def check_algorithm(self, algorithm, digest):
        """`digest` is None where the algorithm alone names it."""
        key = Algorithm(der.read(self.spki).items()[0])
        oid = algorithm.oid
        if key.oid == EC and oid in ECDSA and key.parameters is not None:
            curve = CURVE_HASHES.get(key.parameters.oid() if key.parameters.tag == 6 else "")
            if curve == ECDSA[oid] and digest in (None, curve):
                return "ecdsa"
        elif key.oid == ED25519 and oid == ED25519 and digest in (None, "sha512"):
            return "ed25519"
        elif key.oid == RSA and self.rsa_bits() >= 2048:
            if oid in RSA_PKCS1 and digest in (None, RSA_PKCS1[oid]):
                return "rsa"
            if oid == RSA and digest in HASHES.values():
                return "rsa"
            if oid == PSS and digest in (None, "sha256") and is_pss_with_sha256(algorithm):
                return "pss"
        raise CannotTell(f"a signature by {oid} with a key of {key.oid} isn't among those that are judged")

    def rsa_bits(self):
        key = der.read(der.read(self.spki).items()[1].bits()).items()
        return key[0].integer().bit_length()


def is_pss_with_sha256(algorithm):
    if algorithm.parameters is None:
        return False
    fields = {each.tag: each.items()[0] for each in algorithm.parameters.items()}
    if set(fields) - {0xA3} != {0xA0, 0xA1, 0xA2}:
        return False
    mask = fields[0xA1].items()
    return (
        fields[0xA0].raw in SHA256_ID
        and mask[0].oid() == "1.2.840.113549.1.1.8"
        and mask[1].raw in SHA256_ID
        and fields[0xA2].integer() == 32
    )


def check_path(signer, others, roots, at, purpose, what):
    """By `openssl verify` at that second: names, signatures, validity, constraints, purpose. The path, root last."""
    for certificate in path(signer, others, roots):
        issuer = next(each for each in (*roots, *others) if each.subject == certificate.issuer)
        issuer.check_algorithm(certificate.signature_algorithm, None)
    options = ["-untrusted", "others"] if others else []
    said = []
    # each root alone: of two with one name openssl would try the first only
    for root in roots:
        done = openssl(
            *("verify", "-attime", str(int(at)), "-purpose", purpose, "-partial_chain"),
            *("-CAfile", "root", *options, "signer"),
            files={"root": pems([root]), "others": pems(others), "signer": pems([signer])},
        )
        if done.returncode == 0:
            return [*path(signer, others, [root]), root]
        said += re.findall(r"error (\d+) at \d+ depth lookup: (.*)", done.stderr)
    if any(number == "34" for number, _ in said):
        raise CannotTell(f"{what}: a critical extension that isn't known")
    reasons = ", ".join(dict.fromkeys(reason for _, reason in said))
    raise Invalid(f"{what}: no path to a given root ({reasons})")


def pems(certificates):
    return "".join(pem("CERTIFICATE", each.der) for each in certificates).encode()


def path(signer, others, roots):
    """The certificates from the signer up to, but without, the root; as far as names lead."""
    found, at = [], signer
    while at not in found and at.der not in [root.der for root in roots] and len(found) < 16:
        issuer = next((each for each in (*roots, *others) if each.subject == at.issuer), None)
        if issuer is None:
            return found
        found.append(at)
        at = issuer
    return found


def read_pem(data, label, what):
    """The DER values of a PEM file; text between them counts for nothing."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{what}: not text") from None
    found = re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----\r?\n(.*?)-----END \1-----", text, re.DOTALL)
    if not found or text.count("-----BEGIN") != len(found):
        raise Invalid(f"{what}: no PEM in it, or broken")
    if any(each != label for each, _ in found):
        raise Invalid(f"{what}: something else than {label}")
    return [canonical.base64_bytes(re.sub(r"\s", "", body), what) for _, body in found]
