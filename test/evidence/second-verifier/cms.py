"""CMS SignedData (RFC 5652) with one signer, as tokens and seals are: parsing and the signer's signature."""

import hashlib

import der
from certificates import HASHES, Algorithm, Certificate
from verdict import CannotTell, Invalid

SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


class SignedData:
    def __init__(self, data, what):
        self.what = what
        with der.shaped(what):
            self._parse(data)

    def _parse(self, data):
        outer = der.read(data).expect(0x30).items()
        if outer[0].oid() != SIGNED_DATA or len(outer) != 2:
            raise Invalid(f"{self.what}: not signed data")
        fields = outer[1].expect(0xA0).items()[0].expect(0x30).items()
        content = fields[2].expect(0x30).items()
        self.content_type = content[0].oid()
        self.content = content[1].expect(0xA0).items()[0].octets() if len(content) > 1 else None
        rest = fields[3:]
        self.certificates = []
        if rest[0].tag == 0xA0:
            self.certificates = [Certificate(each.raw) for each in rest[0].items() if each.tag == 0x30]
            rest = rest[1:]
        if rest[0].tag == 0xA1:
            rest = rest[1:]
        signers = rest[0].expect(0x31).items()
        if len(signers) != 1 or len(rest) != 1:
            raise Invalid(f"{self.what}: not exactly one signer")
        self._signer(signers[0].expect(0x30).items())

    def _signer(self, fields):
        self.signer_id = fields[1]
        self.digest_oid = Algorithm(fields[2]).oid
        attributes = fields[3].expect(0xA0)
        # what is signed is the same set under its own tag (RFC 5652 section 5.4)
        self.signed_attributes = b"\x31" + attributes.raw[1:]
        self.attributes = {}
        for attribute in attributes.items():
            kind, values = attribute.expect(0x30).items()
            found = values.expect(0x31).items()
            if len(found) != 1 or kind.oid() in self.attributes:
                raise Invalid(f"{self.what}: an attribute that isn't there exactly once")
            self.attributes[kind.oid()] = found[0]
        self.algorithm = Algorithm(fields[4])
        self.signature = fields[5].expect(0x04).content

    def attribute(self, oid):
        if oid not in self.attributes:
            raise Invalid(f"{self.what}: no signed attribute {oid}")
        return self.attributes[oid]

    def signer(self, certificates):
        """The signer's certificate, found by what the CMS says of it."""
        for certificate in certificates:
            if self.signer_id.tag == 0x80:
                if certificate.key_identifier == self.signer_id.content:
                    return certificate
            else:
                issuer, serial = self.signer_id.expect(0x30).items()
                if (certificate.issuer, certificate.serial) == (issuer.raw, serial.content):
                    return certificate
        raise CannotTell(f"{self.what}: the signer's certificate isn't in it")

    def verify(self, content, content_type, certificates=None):
        """Signed attributes and signature; returns the signer's certificate, of which nothing is known yet."""
        with der.shaped(self.what):
            return self._verify(content, content_type, certificates or self.certificates)

    def _verify(self, content, content_type, certificates):
        if self.attribute(CONTENT_TYPE).oid() != content_type:
            raise Invalid(f"{self.what}: another content type is signed")
        digest = HASHES.get(self.digest_oid)
        if digest is None:
            raise CannotTell(f"{self.what}: the digest {self.digest_oid} isn't judged")
        if self.attribute(MESSAGE_DIGEST).expect(4).content != hashlib.new(digest, content).digest():
            raise Invalid(f"{self.what}: signs other content")
        signer = self.signer(certificates)
        if SIGNING_CERTIFICATE_V2 not in self.attributes and SIGNING_CERTIFICATE in self.attributes:
            raise CannotTell(f"{self.what}: what names its certificate rests on SHA-1")
        named = self.attribute(SIGNING_CERTIFICATE_V2).expect(0x30).items()[0].items()[0].items()
        certificate_digest = "sha256"
        if named[0].tag == 0x30:
            certificate_digest = HASHES.get(Algorithm(named[0]).oid)
            named = named[1:]
        if certificate_digest is None:
            raise CannotTell(f"{self.what}: the digest of the certificate isn't judged")
        if named[0].expect(4).content != hashlib.new(certificate_digest, signer.der).digest():
            raise Invalid(f"{self.what}: signingCertificateV2 names another certificate")
        signer.verify(self.algorithm, digest, self.signed_attributes, self.signature, self.what)
        return signer
