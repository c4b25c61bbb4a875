"""Merkle trees (RFC 9162 section 2.1): leaves, and roots from inclusion and consistency proofs."""

import hashlib

from verdict import Invalid


def leaf(data, digest="sha256"):
    return hashlib.new(digest, b"\0" + data).digest()


def node(left, right, digest="sha256"):
    return hashlib.new(digest, b"\1" + left + right).digest()


def root_from(hash_, index, size, path, what, digest="sha256"):
    """RFC 9162 section 2.1.3.2. A path of another length than the tree's shape asks for is invalid."""
    if not 0 <= index < size:
        raise Invalid(f"{what}: {index} is no leaf of a tree of {size}")
    fn, sn = index, size - 1
    for each in path:
        if sn == 0:
            raise Invalid(f"{what}: the path is too long")
        if fn & 1 or fn == sn:
            hash_ = node(each, hash_, digest)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            hash_ = node(hash_, each, digest)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Invalid(f"{what}: the path is too short")
    return hash_


def check_consistency(old, new, proof, old_root, new_root, what):
    """RFC 9162 section 2.1.4.2; of one size the roots are the same and the proof is empty."""
    if old == new:
        if proof or old_root != new_root:
            raise Invalid(f"{what}: two trees of one size")
        return
    proof = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof:
        raise Invalid(f"{what}: no consistency proof")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = proof[0]
    for each in proof[1:]:
        if sn == 0:
            raise Invalid(f"{what}: the consistency proof is too long")
        if fn & 1 or fn == sn:
            first, second = node(each, first), node(each, second)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node(second, each)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or first != old_root or second != new_root:
        raise Invalid(f"{what}: one tree doesn't continue the other")
