"""What dates a bundle from outside, what renewed that, and what was retired (sections 19 and 20)."""

from hashlib import sha512

import canonical
import entries
import merkle
import signers
from certificates import read_pem
from notes import root_hash
from outside import Outside, Trust, algorithms_of, worst
from records import Record
from tokens import Token
from traces import read_trace
from verdict import CannotTell, Invalid

OWN = {"sha256", "ecdsa-p256-sha256"}


class Dating:
    def __init__(self, bundle, at):
        self.bundle, self.verdict, self.trust = bundle, bundle.verdict, Trust(bundle.anchors, at)
        self.held, self.by_sha3, self.renewals = [], False, {}

    def check(self):
        """`held` are the times of the tokens that hold."""
        blocks = self.bundle.manifest.get("blocks") or []
        kinds = {each["type"] for each in blocks if each["version"] == 1}
        if "dating" in kinds:
            with self.verdict.check("dating", decisive=False):
                self._dating()
        if "renewal" in kinds:
            critical = any(each["critical"] for each in blocks if each["type"] == "renewal")
            with self.verdict.check("renewal", decisive=critical):
                self._renewal(blocks)

    def _dating(self):
        file = self.bundle.file
        checkpoint, seal = file("blocks/dated-checkpoint"), file("blocks/dated-seal")
        note = signers.read_checkpoint(checkpoint, self.bundle.manifest)
        group = b"".join(sorted(sha512(each).digest() for each in (checkpoint, seal)))
        if file("blocks/dated-group") != group:
            raise Invalid("dating: another group")
        self._journal(note.checkpoint)
        self._seal(read_trace(seal, "dating: seal"), note.checkpoint)
        faults = []
        try:
            signers.check_checkpoint(note, self.bundle.manifest, self.bundle.anchors.journal)
        except CannotTell as error:
            faults.append(error)
        found = [self._token(n, (checkpoint, seal), sha512(group).digest()) for n in self._numbers()]
        bad = worst([each for _, each in found])
        good = [time for time, fault in found if fault is None]
        if good and not isinstance(bad, Invalid):
            bad = None
        if not found:
            bad = CannotTell("dating: no token")
        fault = worst([*faults, bad])
        if fault is not None:
            raise fault
        self.held = good

    def _numbers(self):
        n = 1
        while n <= 10 and f"blocks/dated-token-{n}" in self.bundle.files:
            yield n
            n += 1

    def _journal(self, dated):
        """The stamped checkpoint covers the deposit, and one of the two trees continues the other."""
        if dated.size <= min(self.bundle.traces):
            raise Invalid("dating: the checkpoint doesn't cover the deposit")
        other = self.bundle.note.checkpoint
        proof = self.bundle.optional("blocks/dated-consistency")
        hashes = [] if proof is None else read_hashes(proof)
        old, new = sorted((dated, other), key=lambda each: each.size)
        merkle.check_consistency(old.size, new.size, hashes, old.root, new.root, "dating")

    def _seal(self, trace, dated):
        if trace["act"] != "seal" or trace["origin"] != dated.origin or trace["seq"] >= dated.size:
            raise Invalid("dating: no seal of this journal")
        path = self.bundle.optional("blocks/dated-sha3-path")
        if path is None:
            return
        deposit = min(self.bundle.traces)
        leaf = merkle.leaf(self.bundle.file(f"traces/{deposit}.json"), "sha3_256")
        size, expected = trace["data"].get("size"), trace["data"].get("sha3Root")
        canonical.integer(size, "dating: seal")
        canonical.text(expected, canonical.HEX32, "dating: seal")
        if merkle.root_from(leaf, deposit, size, read_hashes(path), "dating", "sha3_256").hex() != expected:
            raise Invalid("dating: the deposit isn't in the tree of the seal")
        self.by_sha3 = True

    def _token(self, n, objects, imprint):
        """Its time, and what is wrong or missing, by itself and by its record."""
        data, trust = self.bundle.file(f"blocks/dated-token-{n}"), self._more(self.trust, "dated", n)
        token = Outside(data, "sha512", imprint, trust, f"token {n}")
        if token.time is None:
            return None, token.fault
        until = max(token.time, trust.at if trust.at is not None else token.time)
        alone = worst([token.fault, token.held(until, trust, f"token {n}")])
        record = self.bundle.optional(f"blocks/renewal-{n}")
        if record is None:
            return token.time, alone
        self.renewals[n] = None
        try:
            Record(record).check(data, objects, self._more(trust, "renewal", n))
        except (Invalid, CannotTell) as error:
            self.renewals[n] = error
        both = [alone, self.renewals[n]]
        fault = worst(both)
        return token.time, fault if isinstance(fault, Invalid) or None not in both else None

    def _more(self, trust, kind, n):
        pem = self.bundle.optional(f"blocks/{kind}-certificates-{n}")
        lists = self.bundle.optional(f"blocks/{kind}-lists-{n}")
        found = [] if lists is None else read_pem(lists, "X509 CRL", "lists")
        return trust.with_more(entries.convenient(pem), found)

    def _renewal(self, blocks):
        parts = ("", "certificates-", "lists-")
        known = {f"blocks/renewal-{part}{n}" for n in self.renewals for part in parts}
        for each in blocks:
            if each["type"] == "renewal" and each["version"] == 1 and each["content"].get("entry") not in known:
                raise Invalid("renewal: of no token")
        faults = list(self.renewals.values())
        bad = worst(faults)
        if bad is not None and (isinstance(bad, Invalid) or None not in faults):
            raise bad

    def algorithms(self):
        """Where something that the box's own evidence rests on was retired: whether it existed before."""
        trust = self.trust
        used = set(OWN)
        try:
            token = Token(self.bundle.lat.token)
            others = entries.convenient(self.bundle.optional("certificates/tsa.pem"))
            used |= algorithms_of(token, token.verify_reception(self.bundle.lat.root(), self.bundle.anchors, others)[0])
        except (Invalid, CannotTell):
            pass  # said by lat-token
        days = {name: trust.retirement(name) for name in used | {"sha3-256"}}
        gone = {name for name, day in days.items() if day is not None and trust.at is not None and day <= trust.at}
        if not gone & used:
            return
        with self.verdict.check("algorithms"):
            if "sha256" in gone and (not self.by_sha3 or "sha3-256" in gone):
                raise CannotTell("nothing but SHA-256 leads from the deposit to a token")
            first = min(days[name] for name in gone & used)
            if not any(time < first for time in self.held):
                raise CannotTell("no token outside shows that it existed before")


def read_hashes(data):
    """One base64 hash a line."""
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Invalid("dating: not a proof") from None
    if lines[-1] != "" or not 1 <= len(lines) - 1 <= 128:
        raise Invalid("dating: not a proof")
    return [root_hash(line, "dating") for line in lines[:-1]]
