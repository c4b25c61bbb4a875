"""Several bundles in one zip (section 21)."""

import re
from collections import Counter
from hashlib import sha256

import canonical
import entries
from bundle import Bundle
from lat import BOX
from verdict import Invalid, Verdict

LISTING = "collection.json"
README = "README.txt"
BUNDLE = f"bundles/({canonical.UUID})\\.zip"


class Collection:
    def __init__(self, archive, anchors):
        self.archive, self.anchors = archive, anchors
        self.verdict = Verdict()
        self.objects = []
        self.files = {entry.name: entry for entry in archive.entries}

    def verify(self, document, require_witness):
        listing = None
        with self.verdict.check("entries"):
            listing = self._listing()
        if listing is None:
            return
        with self.verdict.check("digests"):
            for each in listing["entries"]:
                digest = sha256()
                for chunk in self.archive.chunks(self.files[each["name"]]):
                    digest.update(chunk)
                if digest.hexdigest() != each["sha256"]:
                    raise Invalid(f"{each['name']} was altered")
        held = None if document is None else entries.digest_file(document)
        matched = [self._bundle(each, listing, held, require_witness) for each in listing["entries"][1:]]
        if not self.objects:
            self.verdict.add("objects", "cannot-tell", "there is no bundle")
        if held is not None and not any(matched):
            self.verdict.add("document", "invalid", "the document given isn't that of any object")

    def _listing(self):
        names = [entry.name for entry in self.archive.entries]
        for name, count in Counter(names).items():
            if count > 1:
                raise Invalid(f"{name} is there twice")
            if name not in (LISTING, README) and not re.fullmatch(BUNDLE, name):
                raise Invalid(f"no collection has an entry {name}")
        listing = read_listing(self.archive.bytes(self.files[LISTING]))
        listed = {each["name"]: each["size"] for each in listing["entries"]}
        there = {entry.name: entry.size for entry in self.archive.entries if entry.name != LISTING}
        if len(listed) != len(listing["entries"]) or listed != there or README not in listed:
            raise Invalid("what is listed isn't what is there")
        # a README anywhere but first counts all the same
        listing["entries"].sort(key=lambda each: each["name"] != README)
        omitted = set()
        for omission in listing["omissions"]:
            name = omission["object"]
            if name in omitted or (f"bundles/{name}.zip" in listed) != (omission["part"] == "document"):
                raise Invalid(f"{name}: omitted, and not as it is said")
            omitted.add(name)
        return listing

    def _bundle(self, each, listing, held, require_witness):
        """One bundle, and whether the document given is one of its own."""
        name = re.fullmatch(BUNDLE, each["name"])[1]
        answer, matched = "invalid", False
        with self.verdict.check(name):
            bundle = Bundle(self.archive.inside(self.files[each["name"]]), self.anchors)
            bundle.verify(None, require_witness, held)
            answer, matched = bundle.verdict.answer(), bundle.matched
            found = bundle.manifest
            if found is not None and answer != "invalid":
                expected = {"object": name, "vault": listing["vault"], "box": listing["box"]}
                if any(found[key] != value for key, value in expected.items()):
                    raise Invalid(f"{each['name']}: of another object, vault or box")
        if answer != "valid":
            self.verdict.add(name, answer)
        self.objects.append({"object": name, "answer": answer})
        return matched


def read_listing(data):
    value = canonical.parse(data, LISTING)
    canonical.format_one(value, LISTING)
    names = ("format", "box", "vault", "selection", "journalSize", "entries", "omissions")
    _, box, vault, selection, size, listed, omissions = canonical.members(value, names, LISTING)
    canonical.text(box, BOX, f"{LISTING}: box")
    canonical.text(vault, canonical.UUID, f"{LISTING}: vault")
    canonical.text(selection, "vault|objects", f"{LISTING}: selection")
    canonical.integer(size, f"{LISTING}: journalSize")
    if not isinstance(listed, list) or not isinstance(omissions, list):
        raise Invalid(f"{LISTING}: no entries or omissions")
    for entry in listed:
        name, size, digest = canonical.members(entry, ("name", "size", "sha256"), LISTING)
        canonical.integer(size, f"{LISTING}: size")
        canonical.text(digest, canonical.HEX32, f"{LISTING}: digest")
        if not isinstance(name, str):
            raise Invalid(f"{LISTING}: an entry without a name")
    for omission in omissions:
        object_, part, reason = canonical.members(omission, ("object", "part", "reason"), LISTING)
        canonical.text(object_, canonical.UUID, f"{LISTING}: omission")
        canonical.text(part, "bundle|document", f"{LISTING}: omission")
        canonical.text(reason, "gone|altered", f"{LISTING}: omission")
    return value
