"""Merkle trees (RFC 9162 section 2.1) with SHA-256: leaves, and roots from inclusion proofs."""

from hashlib import sha256

from verdict import Invalid


def leaf(data):
    return sha256(b"\0" + data).digest()


def node(left, right):
    return sha256(b"\1" + left + right).digest()


def root_from(hash_, index, size, path, what):
    """RFC 9162 section 2.1.3.2. A path of another length than the tree's shape asks for is invalid."""
    if not 0 <= index < size:
        raise Invalid(f"{what}: {index} is no leaf of a tree of {size}")
    fn, sn = index, size - 1
    for each in path:
        if sn == 0:
            raise Invalid(f"{what}: the path is too long")
        if fn & 1 or fn == sn:
            hash_ = node(each, hash_)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            hash_ = node(hash_, each)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Invalid(f"{what}: the path is too short")
    return hash_
