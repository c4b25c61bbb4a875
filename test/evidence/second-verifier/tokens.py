"""Time-stamp tokens (RFC 3161) and clients' seals (section 9)."""

from hashlib import sha256

import der
from certificates import check_path
from cms import SignedData
from verdict import CannotTell, Invalid

TST_INFO, DATA = "1.2.840.113549.1.9.16.1.4", "1.2.840.113549.1.7.1"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
SHA256 = "2.16.840.1.101.3.4.2.1"
SEAL_PURPOSES = {
    "2.5.29.37.0",
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.4.1.311.10.3.12",
    "1.2.840.113583.1.1.5",
}


class Token:
    """What a token says, before anything of it is verified."""

    def __init__(self, data):
        self.cms = SignedData(data, "token")
        if self.cms.content_type != TST_INFO or self.cms.content is None:
            raise Invalid("token: no TSTInfo in it")
        with der.shaped("token"):
            fields = der.read(self.cms.content).expect(0x30).items()
            imprint = fields[2].expect(0x30).items()
            self.imprint_algorithm = imprint[0].items()[0].oid()
            self.imprint = imprint[1].expect(4).content
            self.time = fields[4].expect(0x18).time()

    def verify(self, root, authorities, others):
        """Over this root of a batch, by an authority whose root is given, as of its genTime."""
        if self.imprint_algorithm != SHA256 or self.imprint != sha256(root).digest():
            raise Invalid("token: its imprint is of something else")
        others = [*self.cms.certificates, *others]
        signer = self.cms.verify(self.cms.content, TST_INFO, others)
        if authorities is None:
            raise CannotTell("token: no tsa.pem was given")
        with der.shaped("token"):
            # openssl passes over purposes that it doesn't know
            if purposes_of(signer.extensions) != {TIME_STAMPING}:
                raise Invalid("token: its certificate isn't for time-stamping alone")
            return check_path(signer, others, authorities, self.time, "timestampsign", "token")

    def verify_reception(self, root, anchors, others):
        """Path, and whether it is of an authority independent of the boxes alone (section 9)."""
        own, outside = anchors.tsa or [], anchors.outside or []
        why = None
        try:
            return self.verify(root, anchors.tsa, others), False
        except (Invalid, CannotTell) as error:
            if not outside:
                raise
            why = error
        try:
            path = self.verify(root, outside, others)
        except Invalid:
            raise why from None
        except CannotTell:
            if isinstance(why, Invalid):
                raise
            raise why from None
        return path, not own or isinstance(why, Invalid)


def verify_seal(data, signed_bytes, roots, at):
    """One CMS over the 64 bytes, as of the token's genTime."""
    cms = SignedData(data, "seal")
    if cms.content_type != DATA or cms.content is not None:
        raise Invalid("seal: not detached, or of another content")
    signer = cms.verify(signed_bytes, DATA)
    with der.shaped("seal"):
        check_signer(signer.extensions)
        if roots is None:
            raise CannotTell("seal: no seal.pem was given")
        check_path(signer, cms.certificates, roots, at, "any", "seal")


def check_signer(extensions):
    """Made for signatures over documents, and no authority's."""
    check_usage(extensions)
    purposes = purposes_of(extensions)
    if purposes is not None and not purposes & SEAL_PURPOSES:
        raise Invalid("seal: its certificate has another purpose")
    if "2.5.29.19" in extensions:
        fields = der.read(extensions["2.5.29.19"][1]).items()
        if fields and fields[0].tag == 1 and fields[0].boolean():
            raise Invalid("seal: by the certificate of an authority")


def purposes_of(extensions):
    """Of the extended key usage; None where there is none."""
    if "2.5.29.37" not in extensions:
        return None
    return {each.oid() for each in der.read(extensions["2.5.29.37"][1]).items()}


def check_usage(extensions):
    """digitalSignature (bit 0) or nonRepudiation (bit 1), and no other."""
    if "2.5.29.15" not in extensions:
        raise Invalid("seal: its certificate doesn't say what its key is for")
    bits = der.read(extensions["2.5.29.15"][1]).bits()
    if not bits or not bits[0] & 0xC0 or bits[0] & 0x3F or any(bits[1:]):
        raise Invalid("seal: its certificate's key is for something else")
