"""Who signed what the bundle shows: the checkpoint, its witnesses, the audit receipt (sections 6 and 13)."""

from notes import AuditReceipt, Checkpoint, Note, signed_by
from verdict import CannotTell, Invalid


def read_checkpoint(data, manifest):
    note = Note(data, "checkpoint.txt")
    note.checkpoint = Checkpoint(note, "checkpoint.txt")
    if note.checkpoint.origin != manifest["origin"]:
        raise Invalid("checkpoint.txt: of another journal")
    return note


def check_checkpoint(note, manifest, keys):
    if keys is None:
        raise CannotTell("no journal.vkeys was given")
    signed_by(note, keys, {manifest["origin"]}, "checkpoint.txt")


def check_cosignatures(verdict, note, keys, required):
    """Each by a given key, a witness being one name. Returns the state that these make, whatever the manifest says."""
    names = set()
    for key, signature in note.by(keys or []):
        with verdict.check("cosignatures", decisive=False):
            seconds = key.verify(note, signature, f"cosignature of {key.name}, type {key.type}")
            verdict.report(f"{key.name} states that it saw the checkpoint at {seconds}")
            names.add(key.name)
    if len(names) < max(required, 1):
        with verdict.check("cosignatures", decisive=required > 0):
            raise CannotTell(f"{len(names)} given witnesses' cosignatures could be checked")
    return "witnessed" if names else "accepted"


def check_audit(data, note, keys, traces):
    """Nothing in a receipt counts before a given key has signed it."""
    signed = Note(data, "audit-receipt.txt")
    names = {name for name, _, _ in signed.signatures}
    signed_by(signed, keys or [], names, "audit-receipt.txt")
    receipt, checkpoint = AuditReceipt(signed), note.checkpoint
    if receipt.origin != checkpoint.origin:
        raise Invalid("audit-receipt.txt: of another journal")
    if receipt.size == checkpoint.size and receipt.root != checkpoint.root:
        raise Invalid("audit-receipt.txt: another root at the size of the checkpoint")
    if receipt.size <= max(traces, default=0):
        raise Invalid("audit-receipt.txt: doesn't cover the traces")
