"""Tokens of authorities outside, and until when they hold (sections 19 and 20)."""

import re
from datetime import datetime, timezone

import certificates
import der
from certificates import HASHES, check_path
from tokens import TIME_STAMPING, TST_INFO, Token, purposes_of
from verdict import CannotTell, Invalid

# the digests of time-stamps, records and signed attributes
DIGESTS = {**HASHES, "2.16.840.1.101.3.4.2.8": "sha3_256", "2.16.840.1.101.3.4.2.10": "sha3_512"}
HARMLESS_LATER = (3, 4, 5)


class Trust:
    """What outside tokens are verified with; certificates and lists are no anchors."""

    def __init__(self, anchors, at):
        self.roots, self.at = anchors.outside or [], at
        self.retired = {} if at is None else anchors.retired or {}
        self.certificates, self.lists = [], []

    def with_more(self, certificates_, lists):
        more = Trust.__new__(Trust)
        more.roots, more.at, more.retired = self.roots, self.at, self.retired
        more.certificates = [*self.certificates, *certificates_]
        more.lists = [*self.lists, *lists]
        return more

    def retirement(self, algorithm):
        """The day from which an algorithm proves nothing, of the names that it is or is made of."""
        names = [
            name
            for name in self.retired
            if name == algorithm or algorithm.startswith(f"{name}-") or algorithm.endswith(f"-{name}")
        ]
        return min((self.retired[name] for name in names), default=None)


class Outside:
    """One token, verified as of its own time; `fault` is what is wrong or missing."""

    def __init__(self, data, digest, imprint, trust, what):
        self.fault, self.time, self.end, self.algorithms = None, None, None, set()
        try:
            token = Token(data)
            self.time = token.time
            self._verify(token, digest, imprint, trust, what)
        except (Invalid, CannotTell) as error:
            self.fault = error

    def _verify(self, token, digest, imprint, trust, what):
        if DIGESTS.get(token.imprint_algorithm) != digest or token.imprint != imprint:
            raise Invalid(f"{what}: its imprint is of something else")
        others = [*token.cms.certificates, *trust.certificates]
        signer = token.cms.verify(token.cms.content, TST_INFO, others + trust.roots)
        with der.shaped(what):
            if purposes_of(signer.extensions) != {TIME_STAMPING} or not signer.extensions["2.5.29.37"][0]:
                raise Invalid(f"{what}: its certificate isn't for time-stamping alone")
        if not signer.not_before <= token.time <= signer.not_after:
            raise Invalid(f"{what}: its certificate wasn't valid then")
        if not trust.roots:
            raise CannotTell(f"{what}: no outside-tsa.pem was given")
        try:
            path = check_path(signer, others, trust.roots, token.time, "timestampsign", what)
        except Invalid as error:
            raise CannotTell(str(error)) from None
        self.end = min(each.not_after for each in path)
        self.algorithms = algorithms_of(token, path)
        check_revocation(path, trust.lists, token.time, what)

    def held(self, until, trust, what, more=()):
        """Whether all that it rests on still held then."""
        if self.end is not None and self.end < until:
            return CannotTell(f"{what}: its path had ended")
        for algorithm in sorted({*self.algorithms, *more}):
            day = trust.retirement(algorithm)
            if day is not None and day <= until:
                return CannotTell(f"{what}: {algorithm} was retired")
        return None


def worst(faults):
    """What is false before what can't be told; None when neither is."""
    found = [each for each in faults if each is not None]
    return next((each for each in found if isinstance(each, Invalid)), found[0] if found else None)


def algorithms_of(token, path):
    digest = DIGESTS[token.cms.digest_oid]
    found = {written(DIGESTS[token.imprint_algorithm]), written(digest)}
    found.add(signature_name(path[0], token.cms.algorithm, digest))
    for certificate, issuer in zip(path, path[1:]):
        found.add(signature_name(issuer, certificate.signature_algorithm, None))
    return found


def written(digest):
    return digest.replace("_", "-")


def signature_name(certificate, algorithm, digest):
    kind = certificate.check_algorithm(algorithm, digest)
    if kind == "ed25519":
        return kind
    if kind == "pss":
        return "rsa-pss-sha256"
    if kind == "rsa":
        return f"rsa-pkcs1-{digest or certificates.RSA_PKCS1[algorithm.oid]}"
    hash_ = certificates.ECDSA[algorithm.oid]
    return {"sha256": "ecdsa-p256", "sha384": "ecdsa-p384", "sha512": "ecdsa-p521"}[hash_] + f"-{hash_}"


def check_revocation(path, lists, at, what):
    """A certificate that a list signed by its issuer names was revoked; lists that don't count say nothing."""
    for certificate, issuer in zip(path, path[1:]):
        for data in lists:
            try:
                revoked = revoked_in(data, issuer, at)
            except (Invalid, CannotTell, IndexError, KeyError):
                continue
            if certificate.serial in revoked:
                when, reason = revoked[certificate.serial]
                if reason != 8 and not (when > at and reason in HARMLESS_LATER):
                    raise Invalid(f"{what}: a certificate of it was revoked")


def revoked_in(data, issuer, at):
    """Serial numbers with date and reason, of a list that is current then and signed by that issuer."""
    outer = der.read(data).expect(0x30).items()
    fields = outer[0].expect(0x30).items()
    fields = fields[1:] if fields[0].tag == 0x02 else fields
    if fields[1].raw != issuer.subject or fields[3].tag not in (0x17, 0x18) or fields[3].time() < at:
        return {}
    algorithm = certificates.Algorithm(outer[1])
    digest = {**certificates.ECDSA, **certificates.RSA_PKCS1, certificates.PSS: "sha256"}.get(algorithm.oid)
    issuer.verify(algorithm, digest, outer[0].raw, outer[2].bits(), "list")
    usage = issuer.extensions.get("2.5.29.15")
    if usage is not None and not der.read(usage[1]).bits()[0] & 0x02:
        return {}
    found = {}
    for entry in fields[4].items() if len(fields) > 4 and fields[4].tag == 0x30 else []:
        parts, reason = entry.items(), None
        for extension in parts[2].items() if len(parts) > 2 else []:
            name, *_, value = extension.items()
            if name.oid() == "2.5.29.21":
                reason = der.read(value.content).content[0]
        found[parts[0].content] = (parts[1].time(), reason)
    return found


def retirements(lines):
    """`retired.txt`: a name and a day a line."""
    digests = ("sha256", "sha384", "sha512", "sha3-256", "sha3-512")
    schemes = ("ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", "ml-dsa-44", "rsa", "rsa-pkcs1", "rsa-pss")
    both = ("ecdsa-p256-sha256", "ecdsa-p384-sha384", "ecdsa-p521-sha512", "rsa-pss-sha256")
    rsa = tuple(f"rsa-pkcs1-{digest}" for digest in ("sha256", "sha384", "sha512"))
    found = {}
    for line in lines:
        match = re.fullmatch(r"([a-z0-9-]+) +(\d{4}-\d{2}-\d{2})", line)
        if match is None or match[1] not in digests + schemes + both + rsa or match[1] in found:
            raise Invalid(f"not an algorithm and a day, once: {line}")
        found[match[1]] = day(match[2])
    return found


def day(text):
    """Seconds since 1970 of its beginning; ValueError for a day that doesn't exist."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()
