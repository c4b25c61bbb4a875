"""Signed notes, verifier keys, checkpoints, cosignatures, inclusion proofs and audit receipts (sections 6, 10, 13)."""

import re
import struct
from hashlib import sha256

import canonical
from signatures import ED25519, ML_DSA_44, P256, digest_signature, whole_signature
from verdict import CannotTell, Invalid

NAME = r"[^\s+\x00-\x1f\x7f]+"
ORIGIN = r"[A-Za-z0-9./-]{1,200}"
KEY_BYTES = {1: 32, 2: 91, 4: 32, 6: 1312}
MAX_SIZE = 2**53 - 1


class Key:
    """A C2SP vkey."""

    def __init__(self, line):
        parts = line.split("+", 2)
        if len(parts) != 3:
            raise Invalid(f"not a verifier key: {line}")
        self.name = canonical.text(parts[0], NAME, "name of a key")
        self.id = bytes.fromhex(canonical.text(parts[1], r"[0-9a-f]{8}", "id of a key"))
        data = canonical.base64_bytes(parts[2], "verifier key")
        self.type, self.public = data[0] if data else None, data[1:]
        if KEY_BYTES.get(self.type) != len(self.public):
            raise Invalid(f"a key of a type or length that isn't known: {line}")
        named = self.name.encode() + b"\n" + data
        hashed = self.public if self.type == 2 else named
        if sha256(hashed).digest()[:4] != self.id:
            raise Invalid(f"the id isn't that of the key: {line}")
        if self.type == 2:
            check_p256(self.public)

    def verify(self, note, signature, what):
        """Returns the POSIX seconds that a cosignature states, else None."""
        if self.type == 2:
            return digest_signature(self.public, "sha256", note.text, signature, what)
        if self.type == 1:
            return whole_signature(ED25519 + self.public, note.text, length(signature, 64, what), what)
        if self.type == 4:
            seconds = struct.unpack(">Q", length(signature, 72, what)[:8])[0]
            message = f"cosignature/v1\ntime {seconds}\n".encode() + note.text
            whole_signature(ED25519 + self.public, message, signature[8:], what)
        else:
            seconds = struct.unpack(">Q", length(signature, 2428, what)[:8])[0]
            checkpoint = Checkpoint(note)
            name, origin = self.name.encode(), checkpoint.origin.encode()
            message = b"subtree/v1\n\0" + bytes([len(name)]) + name + signature[:8]
            message += bytes([len(origin)]) + origin + struct.pack(">QQ", 0, checkpoint.size)
            whole_signature(ML_DSA_44 + self.public, message + checkpoint.root, signature[8:], what)
        return seconds


def length(signature, expected, what):
    if len(signature) != expected:
        raise Invalid(f"{what}: a signature of {len(signature)} bytes")
    return signature


def check_p256(spki):
    """An uncompressed point that lies on the curve."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x, y = (int.from_bytes(spki[at : at + 32], "big") for at in (27, 59))
    if spki[:27] != P256 or max(x, y) >= prime or (y * y - x**3 + 3 * x - b) % prime:
        raise Invalid("not a key of P-256")


class Note:
    """A C2SP signed note: its text, and the signature lines in order."""

    def __init__(self, data, what):
        if len(data) > 524_288:
            raise Invalid(f"{what}: too long")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid(f"{what}: not UTF-8") from None
        text, found, lines = whole.rpartition("\n\n")
        if not found or not lines.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", whole):
            raise Invalid(f"{what}: not a signed note")
        self.text = (text + "\n").encode()
        self.signatures = [self._signature(line, what) for line in lines[:-1].split("\n")]
        if len(self.signatures) > 100:
            raise Invalid(f"{what}: more than 100 signatures")

    def _signature(self, line, what):
        match = re.fullmatch(rf"— ({NAME}) (\S+)", line)
        if match is None:
            raise Invalid(f"{what}: a line that is no signature")
        data = canonical.base64_bytes(match[2], f"{what}: signature")
        if len(data) < 5:
            raise Invalid(f"{what}: a signature without one")
        return match[1], data[:4], data[4:]

    def by(self, keys):
        """The lines that name one of these keys, with it."""
        for name, key_id, signature in self.signatures:
            for key in keys:
                if (key.name, key.id) == (name, key_id):
                    yield key, signature


class Checkpoint:
    """A tlog-checkpoint without extension lines."""

    def __init__(self, note, what="checkpoint"):
        lines = note.text.decode().split("\n")
        if len(lines) != 4:
            raise Invalid(f"{what}: not of three lines")
        self.origin = canonical.text(lines[0], ORIGIN, f"{what}: origin")
        self.size = decimal(lines[1], what)
        self.root = root_hash(lines[2], what)


def decimal(line, what):
    canonical.text(line, r"0|[1-9][0-9]{0,15}", f"{what}: size")
    if int(line) > MAX_SIZE:
        raise Invalid(f"{what}: a size of 2^53 or more")
    return int(line)


def root_hash(line, what):
    root = canonical.base64_bytes(line, f"{what}: hash")
    if len(root) != 32:
        raise Invalid(f"{what}: a hash of {len(root)} bytes")
    return root


def read_proof(data, what):
    """A tlog-proof: index, path, and the bytes of the note in it."""
    head, found, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Invalid(f"{what}: not a proof") from None
    if not found or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2:
        raise Invalid(f"{what}: not a proof")
    if not lines[1].startswith("index "):
        raise Invalid(f"{what}: no index")
    return decimal(lines[1][6:], what), [root_hash(line, what) for line in lines[2:]], note


class AuditReceipt:
    def __init__(self, note):
        lines = note.text.decode().split("\n")
        if len(lines) != 6 or lines[0] != "probant.audit/v1":
            raise Invalid("audit receipt: not of its five lines")
        self.origin = canonical.text(lines[1], ORIGIN, "audit receipt: origin")
        self.size = decimal(lines[2], "audit receipt")
        self.root = root_hash(lines[3], "audit receipt")
        self.time = canonical.time(lines[4], "audit receipt")


def signed_by(note, keys, names, what):
    """By at least one of the keys of these names; and no line by one of them may be false."""
    named = [key for key in keys if key.name in names]
    if not named:
        raise CannotTell(f"{what}: no key of {', '.join(sorted(names))} was given")
    found = list(note.by(named))
    if not found:
        raise Invalid(f"{what}: not signed by a given key of that name")
    for key, signature in found:
        key.verify(note, signature, what)
