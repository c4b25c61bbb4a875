"""Commitments and their openings (section 5)."""

import struct
from hashlib import sha256, sha3_256

import canonical
from verdict import Invalid


def both_digests(data):
    return {"sha256": sha256(data).hexdigest(), "sha3-256": sha3_256(data).hexdigest()}


def lp(data):
    return struct.pack(">I", len(data)) + data


class Opening:
    def __init__(self, value, what):
        field, salt, committed = canonical.members(value, ("field", "salt", "value"), what)
        if not isinstance(field, str):
            raise Invalid(f"{what}: no field")
        self.field = field
        self.salt = bytes.fromhex(canonical.text(salt, canonical.HEX32, what))
        self.value = canonical.base64_bytes(committed, what)

    def check(self, commitment, field):
        parts = (b"probant/commitment/v1", self.field.encode(), self.salt, self.value)
        if self.field != field or both_digests(b"".join(map(lp, parts))) != commitment:
            raise Invalid(f"openings.json: doesn't open the commitment to the {field}")
