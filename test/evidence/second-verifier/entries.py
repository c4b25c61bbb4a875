"""The manifest, the names of entries, and the copies that a bundle carries for convenience (sections 15 and 23)."""

import re
from collections import Counter
from hashlib import sha256, sha3_256

import canonical
import notes
from certificates import Certificate, read_pem
from lat import BOX
from verdict import Invalid, Unusable

ALWAYS = {
    *("README.txt", "verify.sh", "lat.json", "statement.json", "signed-bytes.bin", "signature.der"),
    *("token.tst", "certificates/lat.pem", "checkpoint.txt", "openings.json"),
}
SOMETIMES = {"attestation.fr.pdf", "attestation.en.pdf", "certificates/tsa.pem", "audit-receipt.txt", "metadata.json"}
OF_DESTRUCTION = {"README.txt", "checkpoint.txt", "openings.json"}
TRACE = r"traces/(?:0|[1-9][0-9]*)\.(?:json|tlog-proof)"
BLOCK = r"blocks/[a-z0-9-]{1,64}"
STATES = "accepted|witnessed|dated"


def read_manifest(data):
    value = canonical.parse(data, "manifest.json")
    destruction = is_destruction(value)
    if not destruction:
        canonical.format_one(value, "manifest.json")
    names = ("format", "box", "origin", "vault", "object", "state", "entries")
    _, box, origin, vault, object_, state, listed, own, _ = canonical.members(
        value, (*names, "kind" if destruction else "documents"), "manifest.json", optional=("blocks",)
    )
    canonical.text(box, BOX, "manifest.json: box")
    canonical.text(origin, notes.ORIGIN, "manifest.json: origin")
    canonical.text(vault, canonical.UUID, "manifest.json: vault")
    canonical.text(object_, canonical.UUID, "manifest.json: object")
    canonical.text(state, STATES, "manifest.json: state")
    if destruction:
        canonical.text(own, "destruction", "manifest.json: kind")
    documents = [] if destruction else own
    if not isinstance(documents, list) or not isinstance(listed, list):
        raise Invalid("manifest.json: no documents or entries")
    for at, document in enumerate(documents):
        name, size, digests = canonical.members(
            document, ("name", "size", "digests"), "manifest.json: document"
        )
        canonical.integer(size, "manifest.json: size")
        canonical.digests(digests, "manifest.json: digests")
        if name != f"document/{at + 1}":
            raise Invalid(f"manifest.json: a document named {name!r}")
    for entry in listed:
        name, digest = canonical.members(entry, ("name", "sha256"), "manifest.json: entry")
        canonical.text(digest, canonical.HEX32, "manifest.json: digest")
        if not isinstance(name, str):
            raise Invalid("manifest.json: an entry without a name")
    return value


def is_destruction(value):
    """Format 2 is of an object's destruction; of any other manifest section 15 speaks."""
    return isinstance(value, dict) and canonical.is_integer(value.get("format")) and value["format"] == 2


def check_names(there, manifest):
    """Names that are known, each once, and the same in the zip as in the manifest."""
    listed = [entry["name"] for entry in manifest["entries"]]
    for names in (there, listed):
        for name, count in Counter(names).items():
            if count > 1:
                raise Invalid(f"{name} is there twice")
    documents = [document["name"] for document in manifest.get("documents", [])]
    always, sometimes = ALWAYS, SOMETIMES
    if is_destruction(manifest):
        always, sometimes = OF_DESTRUCTION, {"audit-receipt.txt"}
    rest = {name for name in there if name not in documents} - {"manifest.json"}
    if rest != set(listed):
        raise Invalid(f"listed and there differ: {sorted(rest ^ set(listed))}")
    for name in listed:
        if name not in always | sometimes and not re.fullmatch(f"{TRACE}|{BLOCK}", name):
            raise Invalid(f"no bundle has an entry {name}")
        if name.endswith(".tlog-proof") and name.replace(".tlog-proof", ".json") not in listed:
            raise Invalid(f"{name}: the proof of a trace that isn't there")
    missing = always - set(listed)
    if missing:
        raise Invalid(f"missing: {sorted(missing)}")


def check_block_entries(listed, found):
    named = [block["content"].get("entry") for block in found]
    for name in listed:
        if name.startswith("blocks/") and name not in named:
            raise Invalid(f"{name}: no block names it")


def convenient(data):
    """Certificates that may lead to a root, which is all that they are good for."""
    return [] if data is None else [Certificate(each) for each in read_pem(data, "CERTIFICATE", "tsa.pem")]


def digest_chunks(chunks):
    first, second, size = sha256(), sha3_256(), 0
    for chunk in chunks:
        first.update(chunk)
        second.update(chunk)
        size += len(chunk)
    return {"sha256": first.hexdigest(), "sha3-256": second.hexdigest()}, size


def digest_file(path):
    try:
        with open(path, "rb") as file:
            return digest_chunks(iter(lambda: file.read(1 << 20), b""))
    except OSError as error:
        raise Unusable(f"the document can't be read: {error}") from None
