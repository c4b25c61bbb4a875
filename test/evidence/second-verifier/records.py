"""Evidence records (RFC 4998) that renewed a token (section 20)."""

import hashlib

import der
from outside import DIGESTS, Outside, worst, written
from tokens import Token
from verdict import CannotTell, Invalid


class Stamp:
    """One archive time-stamp."""

    def __init__(self, value):
        fields = items(value, 0x30)
        self.raw, self.oid, self.tree = value.raw, None, []
        if fields and fields[0].tag == 0xA0:
            self.oid = digest_oid(items(fields.pop(0), 0xA0))
        if fields and fields[0].tag == 0xA1:
            check_attributes(fields.pop(0), 0xA1)
        if fields and fields[0].tag == 0xA2:
            lists = some(items(fields.pop(0), 0xA2))
            self.tree = [[strict(each, 0x04).content for each in some(items(list_, 0x30))] for list_ in lists]
        if len(fields) != 1:
            raise Invalid("record: an archive time-stamp that isn't one")
        self.token = strict(fields[0], 0x30).raw

    def algorithm(self):
        return self.oid if self.oid is not None else Token(self.token).imprint_algorithm


class Record:
    def __init__(self, data):
        fields = items(der.read(data), 0x30)
        version = strict(fields.pop(0), 0x02).content if fields else b""
        if len(version) != 1 or version == b"\0":
            raise Invalid("record: no version")
        if version != b"\1":
            raise CannotTell("record: of another version")
        self.named = [digest_oid(items(each, 0x30)) for each in some(items(some(fields)[0], 0x30))]
        fields.pop(0)
        if fields and fields[0].tag == 0xA0:
            check_attributes(fields.pop(0), 0xA0)
        if fields and fields[0].tag == 0xA1:
            raise CannotTell("record: of encrypted data")
        if len(fields) != 1:
            raise Invalid("record: not of its members")
        self.chains_raw = some(items(fields[0], 0x30))
        self.chains = [[Stamp(each) for each in some(items(chain, 0x30))] for chain in self.chains_raw]
        self.stamps = [stamp for chain in self.chains for stamp in chain]
        if len(self.stamps) > 100:
            raise Invalid("record: more than 100 time-stamps")

    def check(self, token, objects, trust):
        """Raises what is wrong, or else what can't be told, of the whole record."""
        links = [self._link(at, nth, objects) for at, chain in enumerate(self.chains) for nth in range(len(chain))]
        tokens = [
            Outside(stamp.token, digest, imprint, trust, "record") if fault is None else None
            for stamp, (digest, imprint, fault) in zip(self.stamps, links)
        ]
        faults = [fault for _, _, fault in links]
        times = [each.time if each else None for each in tokens]
        for at, each in enumerate(tokens):
            if each is None or each.time is None:
                faults.append(each and each.fault)
                continue
            after = times[at + 1] if at + 1 < len(tokens) else trust.at
            if at + 1 < len(tokens) and after is not None and after < each.time:
                faults.append(Invalid("record: a renewal that is older than what it renews"))
            until = max(each.time, after if after is not None else each.time)
            faults += [each.fault, each.held(until, trust, "record", (written(links[at][0]),))]
        if self.stamps[0].token != token:
            faults.append(Invalid("record: of another token"))
        if None not in tokens:
            used = list(dict.fromkeys(stamp.algorithm() for stamp in self.stamps))
            if used != self.named:
                faults.append(Invalid("record: names other digests than it uses"))
        fault = worst(faults)
        if fault is not None:
            raise fault

    def _link(self, at, nth, objects):
        """Digest, imprint that the token has to have, and what is wrong with it."""
        stamp, digest = self.chains[at][nth], None
        try:
            digest = DIGESTS.get(stamp.algorithm())
            if digest is None:
                raise CannotTell("record: a digest that isn't judged")
            before = self.chains[at][nth - 1] if nth else None
            if before is not None and before.algorithm() != stamp.algorithm():
                raise Invalid("record: a chain that goes on with another digest")
            hashes = [hash_of(digest, each) for each in ([before.token] if before else objects)]
            if at and not before:
                sequence = encoded(0x30, b"".join(each.raw for each in self.chains_raw[:at]))
                hashes = [hash_of(digest, each + hash_of(digest, sequence)) for each in hashes]
            return digest, root(digest, stamp.tree, hashes), None
        except (Invalid, CannotTell) as error:
            return digest, None, error


def root(digest, tree, hashes):
    length = hashlib.new(digest).digest_size
    if not tree:
        if len(hashes) != 1:
            raise Invalid("record: one hash for several objects")
        return hashes[0]
    if any(len(each) != length for list_ in tree for each in list_):
        raise Invalid("record: hashes of another length")
    if any(each not in tree[0] for each in hashes):
        raise Invalid("record: not over what it should be")
    worth = []
    for list_ in tree:
        joined = [*list_, *worth]
        worth = [joined[0] if len(joined) == 1 else hash_of(digest, b"".join(sorted(joined)))]
    return worth[0]


def hash_of(digest, data):
    return hashlib.new(digest, data).digest()


def encoded(tag, content):
    length = len(content)
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, length] if length < 128 else [tag, 0x80 | len(octets), *octets]) + content


def strict(value, tag):
    """A DER length is definite and as short as can be."""
    if value.expect(tag).raw != encoded(tag, value.content):
        raise Invalid("record: not DER")
    return value


def items(value, tag):
    found = strict(value, tag).items()
    for each in found:
        strict(each, each.tag)
    return found


def some(values):
    if not values:
        raise Invalid("record: something empty")
    return values


def digest_oid(fields):
    null = [each for each in fields[1:] if each.raw == b"\x05\0"]
    if not fields or len(fields) > 2 or len(null) != len(fields) - 1:
        raise Invalid("record: a digest algorithm that isn't one")
    return fields[0].oid()


def check_attributes(value, tag):
    for attribute in some(items(value, tag)):
        if [each.tag for each in items(attribute, 0x30)] != [0x06, 0x31]:
            raise Invalid("record: an attribute that isn't one")
