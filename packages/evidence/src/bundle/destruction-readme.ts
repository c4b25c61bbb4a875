/** `README.txt` of a proof of destruction. */
export const destructionReadme = `PROOF OF DESTRUCTION

This file shows that the journal of a digital vault states the destruction of one object: its key, its archive proof, what
opened its metadata and its digests were erased in the same moment as the trace was written, then its file. What remains is
in the traces, which never held more than random identifiers and commitments. Whoever kept an evidence bundle of the object
from before knows it by its identifier, which both carry.

To verify it with the published verifier, offline:

  probant verify THIS.zip --anchors ANCHORS

ANCHORS is your own folder of keys that you trust, never taken from this file. By hand:

 1. manifest.json lists the other files with their SHA-256:  sha256sum FILE
 2. The first trace has "act":"deposit", a later one "act":"destroy" and "outcome":"done", both this object's identifier.
    In the latter, "lastCopyExpires" is when the last copy of the object's key that a backup may hold opens no more.
 3. openings.json opens the commitment "grounds" of that trace: its value, in base64, is the reason.
 4. traces/N.tlog-proof leads from traces/N.json to the root on the third line of checkpoint.txt (RFC 9162).
 5. checkpoint.txt is signed by the journal's key (the line of its origin in ANCHORS/journal.vkeys). Its other signature
    lines are witnesses': a third party saw this checkpoint.

Times are the box's own claim; that of a cosignature is the witness's, who is independent.
`
