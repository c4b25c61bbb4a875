"""The checks of a bundle, in the order of section 15, and of a proof of destruction (section 23)."""

import re
from hashlib import sha256

import blocks
import canonical
import destruction
import entries
import signers
from commitments import Opening, both_digests
from dating import Dating
from lat import Lat, check_own_digests, read_statement
from notes import read_proof
import merkle
from signatures import P256, digest_signature
from tokens import Token, verify_seal
from traces import read_trace
from verdict import CannotTell, Invalid, Unusable, Verdict


class Bundle:
    def __init__(self, archive, anchors):
        self.archive, self.anchors = archive, anchors
        self.verdict = Verdict()
        self.state = None
        self.matched = False  # whether a file that may be one of the documents is
        self.files = {}
        for entry in archive.entries:
            self.files.setdefault(entry.name, entry)

    def verify(self, document, require_witness, held=None):
        """Later checks need what earlier ones read: each says what it lacks when that is missing."""
        check = self.verdict.check
        self.manifest = self.lat = self.statement = self.openings = self.note = None
        self.traces = {}
        with check("entries"):
            self.manifest = entries.read_manifest(self.file("manifest.json"))
        if self.manifest is None:
            return
        with check("entries"):
            entries.check_names([entry.name for entry in self.archive.entries], self.manifest)
        with check("entry-digests"):
            self._entry_digests()
        if entries.is_destruction(self.manifest):
            self._proof_of_destruction(document, require_witness)
            return
        with check("manifest"):
            lat = Lat(self.file("lat.json"))
            lat.check_algorithm()
            self.lat = lat
        with check("statement"):
            if self.lat is not None:
                self.statement = read_statement(self.lat.statement)
                check_own_digests(self.statement)
        if self.lat is None or self.statement is None:
            return
        with check("manifest"):
            self._copies()
        with check("box", decisive=False):
            self._box(self.statement["box"])
        with check("documents"):
            self._documents(document, held)
        self._lat()
        with check("openings"):
            self._openings()
        self._traces(self._deposit)
        self._heads(require_witness)
        dating = Dating(self, self.anchors.at)
        if self.note is not None and self.traces:
            dating.check()
        self._blocks()
        with check("verify-script", decisive=False):
            self._script()
        dating.algorithms()

    def _proof_of_destruction(self, document, require_witness):
        check = self.verdict.check
        with check("box", decisive=False):
            self._box(self.manifest["box"])
        if document is not None:
            self.verdict.add("documents", "cannot-tell", "a proof of destruction holds no digest")
        self._traces(destruction.check_deposit)
        self._heads(require_witness)
        with check("destruction"):
            destruction.check_destruction(self.traces, self._seqs(), self.file("openings.json"))
        listed = [each["name"] for each in self.manifest["entries"]]
        with check("blocks"):
            destruction.check_blocks(self.manifest, self.traces, self.verdict, listed)
        destruction.check_algorithms(self.anchors, self.verdict)

    def _heads(self, require_witness):
        """What the traces are in, and who signed that."""
        check = self.verdict.check
        with check("checkpoint"):
            self.note = signers.read_checkpoint(self.file("checkpoint.txt"), self.manifest)
        with check("checkpoint"):
            if self.note is not None:
                signers.check_checkpoint(self.note, self.manifest, self.anchors.journal)
        with check("inclusion"):
            self._inclusion()
        if self.note is not None:
            self.state = signers.check_cosignatures(
                self.verdict, self.note, self.anchors.witness, require_witness
            )
            if "audit-receipt.txt" in self.files:
                with check("audit-receipt", decisive=False):
                    signers.check_audit(
                        self.file("audit-receipt.txt"), self.note, self.anchors.audit, self.traces
                    )

    def file(self, name):
        if name not in self.files:
            raise Invalid(f"{name} isn't there")
        return self.archive.bytes(self.files[name])

    def optional(self, name):
        return self.file(name) if name in self.files else None

    def _entry_digests(self):
        for each in self.manifest["entries"]:
            if sha256(self.file(each["name"])).hexdigest() != each["sha256"]:
                raise Invalid(f"{each['name']} was altered")

    def _copies(self):
        """The manifest against the LAT, and what the bundle repeats of it."""
        for name in ("box", "vault", "object"):
            if self.manifest[name] != self.statement[name]:
                raise Invalid(f"manifest.json: another {name} than the statement's")
        stated = [(each["digests"], each["size"]) for each in self.statement["files"]]
        if [(each["digests"], each["size"]) for each in self.manifest["documents"]] != stated:
            raise Invalid("manifest.json: other documents than the statement's")
        copies = {
            "statement.json": self.lat.statement,
            "signed-bytes.bin": self.lat.signed_bytes(),
            "signature.der": self.lat.signature,
            "token.tst": self.lat.token,
        }
        for name, expected in copies.items():
            if self.file(name) != expected:
                raise Invalid(f"{name}: not what the LAT holds")

    def _box(self, box):
        if self.anchors.boxes is None:
            raise CannotTell("no box.txt was given")
        if box not in self.anchors.boxes:
            raise Invalid(f"the box {box} isn't among those given")

    def _documents(self, given, held):
        expected = [(each["digests"], each["size"]) for each in self.statement["files"]]
        compared = 0
        for entry in self.archive.entries:
            match = re.fullmatch(r"document/([1-9][0-9]*)", entry.name)
            if match and int(match[1]) <= len(expected):
                found = entries.digest_chunks(self.archive.chunks(entry))
                if found != expected[int(match[1]) - 1]:
                    raise Invalid(f"{entry.name} isn't the document of the proof")
                compared += 1
        if given is not None:
            if entries.digest_file(given) not in expected:
                raise Invalid("the document given isn't that of the proof")
            compared += 1
        self.matched = held in expected
        if compared == 0 and not self.matched:
            self.verdict.report("no document was compared")

    def _lat(self):
        check, lat = self.verdict.check, self.lat
        token, signed = None, None
        with check("lat-tree"):
            signed = lat.signed_bytes()
        if signed is None:
            return
        with check("lat-token"):
            token = Token(lat.token)
            others = entries.convenient(self.optional("certificates/tsa.pem"))
            _, independent = token.verify_reception(lat.root(), self.anchors, others)
            if not independent:
                self.verdict.report("the time of reception is the box's claim")
        with check("lat-signature"):
            if self.anchors.lat is None:
                raise CannotTell("no lat.pem was given")
            key = next((each for each in self.anchors.lat if sha256(each).hexdigest() == lat.key), None)
            if key is None:
                raise Invalid("signed by a LAT key that isn't among those given")
            digest_signature(key, "sha256", signed, lat.signature, "lat.json")
        seals = [each for each in self._read_blocks(lat.blocks, "LAT") if each["type"] == "cms-signature"]
        for seal in seals:
            if token is None or not blocks.is_known(seal):
                continue
            with check("lat-seal", decisive=seal["critical"]):
                (cms,) = canonical.members(seal["content"], ("cms",), "seal")
                data = canonical.base64_bytes(cms, "seal")
                verify_seal(data, signed, self.anchors.seal, token.time)

    def _read_blocks(self, value, place):
        try:
            return blocks.read_blocks(value, place)
        except Invalid:
            return []  # said by the check of blocks

    def _openings(self):
        value = canonical.parse(self.file("openings.json"), "openings.json")
        names = ("object", "depositor", "metadata")
        found = zip(names, canonical.members(value, names, "openings.json"))
        self.openings = {
            name: None if each is None else Opening(each, f"openings.json: {name}")
            for name, each in found
        }
        for name in ("depositor", "metadata"):
            if self.openings[name] is not None:
                self.openings[name].check(self.statement[name], name)
        opened, metadata = self.openings["metadata"], self.optional("metadata.json")
        if (None if opened is None else opened.value) != metadata:
            raise Invalid("metadata.json: not what openings.json opens")

    def _seqs(self):
        matches = [re.fullmatch(r"traces/(0|[1-9][0-9]*)\.json", name) for name in self.files]
        return sorted(int(match[1]) for match in matches if match)

    def _traces(self, check_deposit):
        seqs = self._seqs()
        for seq in seqs:
            name = f"traces/{seq}.json"
            with self.verdict.check("deposit-trace" if seq == seqs[0] else "inclusion"):
                self.traces[seq] = read_trace(self.file(name), name)
        with self.verdict.check("deposit-trace"):
            if not seqs:
                raise Invalid("no trace of the deposit")
            first = self.traces.get(seqs[0])
            if first is not None:
                check_deposit(first)

    def _deposit(self, trace):
        if (trace["act"], trace["outcome"]) != ("deposit", "done"):
            raise Invalid("the first trace isn't that of a deposit")
        if trace["objectCommitment"] is None:
            raise Invalid("the trace of the deposit commits to nothing")
        if self.openings is None:
            return
        opening = self.openings["object"]
        if opening is None:
            raise CannotTell("openings.json: the opening of the deposit's trace was erased")
        opening.check(trace["objectCommitment"], "object")
        deposited = {
            "digests": self.statement["digests"],
            "lat": both_digests(self.file("lat.json")),
            "size": self.statement["size"],
        }
        if opening.value != canonical.write(deposited):
            raise Invalid("the trace of the deposit commits to another LAT")

    def _inclusion(self):
        for seq, trace in self.traces.items():
            what = f"traces/{seq}"
            expected = [self.manifest[name] for name in ("origin", "vault", "object")]
            if [trace[name] for name in ("origin", "vault", "object")] != expected:
                raise Invalid(f"{what}: of another object or journal")
            if trace["seq"] != seq:
                raise Invalid(f"{what}: of another number")
            index, path, note = read_proof(self.file(f"{what}.tlog-proof"), what)
            if index != seq:
                raise Invalid(f"{what}: the path of another leaf")
            if note != self.file("checkpoint.txt"):
                raise Invalid(f"{what}: a proof under another checkpoint")
            if self.note is not None:
                leaf = merkle.leaf(self.file(f"{what}.json"))
                checkpoint = self.note.checkpoint
                if merkle.root_from(leaf, seq, checkpoint.size, path, what) != checkpoint.root:
                    raise Invalid(f"{what}: not in the journal of the checkpoint")

    def _blocks(self):
        listed = [each["name"] for each in self.manifest["entries"]]
        check = self.verdict.check
        with check("blocks"):
            blocks.check_blocks(self.lat.blocks, "LAT", self.verdict)
            for trace in self.traces.values():
                blocks.check_blocks(trace.get("blocks"), "trace", self.verdict)
            found = blocks.check_blocks(self.manifest.get("blocks"), "manifest", self.verdict, listed)
            entries.check_block_entries(listed, found)
            self._seal_copies(found)

    def _seal_copies(self, found):
        """What the manifest's blocks say to repeat of the seal."""
        seals = [each for each in self.lat.blocks or [] if each["type"] == "cms-signature"]
        for block in found:
            if block["type"] not in ("seal-signature", "seal-certificates") or block["version"] != 1:
                continue
            if not seals:
                raise Invalid(f"a block {block['type']}, and no seal")
            cms = canonical.base64_bytes(seals[0]["content"].get("cms"), "seal")
            if block["type"] == "seal-signature" and self.file(block["content"]["entry"]) != cms:
                raise Invalid("the copy of the seal isn't the LAT's")

    def _script(self):
        release = self.anchors.release
        if release is None or "verify.sh" not in release:
            raise CannotTell("there is no digest to compare verify.sh with")
        if sha256(self.file("verify.sh")).hexdigest() not in release["verify.sh"]:
            raise CannotTell("verify.sh isn't the published one")
