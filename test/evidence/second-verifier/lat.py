"""The archive proof: statement, place in its batch, token and signature (section 9)."""

from hashlib import sha256

import canonical
import merkle
from commitments import both_digests
from verdict import CannotTell, Invalid

MEDIA_TYPE = r"(?=.{3,255}\Z)[\x20-\x7e]+/[\x20-\x7e]+"
BOX = r"[\x21-\x7e]{1,200}"


class Lat:
    def __init__(self, data):
        value = canonical.parse(data, "lat.json")
        canonical.format_one(value, "lat.json")
        _, statement, tree, token, signature, self.blocks = canonical.members(
            value, ("format", "statement", "tree", "token", "signature"), "lat.json", ("blocks",)
        )
        self.statement = canonical.base64_bytes(statement, "lat.json: statement")
        self.token = canonical.base64_bytes(token, "lat.json: token")
        self.index, self.size, path = canonical.members(
            tree, ("index", "size", "path"), "lat.json: tree"
        )
        canonical.integer(self.index, "lat.json: index")
        canonical.integer(self.size, "lat.json: size", low=1)
        if not isinstance(path, list):
            raise Invalid("lat.json: no path")
        self.path = [
            bytes.fromhex(canonical.text(each, canonical.HEX32, "lat.json: path")) for each in path
        ]
        self.algorithm, self.key, value = canonical.members(
            signature, ("algorithm", "key", "value"), "lat.json: signature"
        )
        if not isinstance(self.algorithm, str):
            raise Invalid("lat.json: no algorithm")
        canonical.text(self.key, canonical.HEX32, "lat.json: key")
        self.signature = canonical.base64_bytes(value, "lat.json: signature")

    def root(self):
        return merkle.root_from(merkle.leaf(self.statement), self.index, self.size, self.path, "lat.json")

    def signed_bytes(self):
        return self.root() + sha256(self.token).digest()

    def check_algorithm(self):
        if self.algorithm != "ecdsa-p256-sha256":
            raise CannotTell(f"lat.json: the algorithm {self.algorithm} isn't known")


def read_statement(data):
    value = canonical.parse(data, "statement")
    canonical.format_one(value, "statement")
    names = ("box", "vault", "object", "nonce", "receivedAt", "digests", "size", "mediaType")
    more = ("files", "depositor", "metadata", "retention")
    _, box, vault, object_, nonce, received, digests, size, media, files, depositor, metadata, retention = (
        canonical.members(value, ("format", *names, *more), "statement")
    )
    canonical.text(box, BOX, "statement: box")
    canonical.text(vault, canonical.UUID, "statement: vault")
    canonical.text(object_, canonical.UUID, "statement: object")
    canonical.text(nonce, canonical.HEX32, "statement: nonce")
    canonical.time(received, "statement: receivedAt")
    canonical.digests(depositor, "statement: depositor")
    canonical.digests(metadata, "statement: metadata")
    check_file({"digests": digests, "size": size, "mediaType": media})
    if not isinstance(files, list) or not files:
        raise Invalid("statement: no files")
    for file in files:
        check_file(file)
    check_retention(retention)
    return value


def check_file(file):
    digests, size, media = canonical.members(
        file, ("digests", "size", "mediaType"), "statement: file"
    )
    canonical.digests(digests, "statement: digests")
    canonical.integer(size, "statement: size")
    canonical.text(media, MEDIA_TYPE, "statement: mediaType")


def check_retention(retention):
    if retention is None:
        return
    name, days, end = canonical.members(
        retention, ("class", "days", "earliestEnd"), "statement: retention"
    )
    if not isinstance(name, str):
        raise Invalid("statement: class of retention")
    if days is not None:
        canonical.integer(days, "statement: days")
    if end is not None:
        canonical.time(end, "statement: earliestEnd")


def check_own_digests(statement):
    """One file: its own. Several: those of the JCS of `files`."""
    files = statement["files"]
    whole = canonical.write(files)
    expected = (both_digests(whole), sum(file["size"] for file in files))
    if len(files) == 1:
        expected = (files[0]["digests"], files[0]["size"])
    if (statement["digests"], statement["size"]) != expected:
        raise Invalid("statement: its digests aren't those of its files")
