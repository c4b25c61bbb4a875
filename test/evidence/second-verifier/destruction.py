"""What a proof of destruction shows (section 23)."""

import blocks
import canonical
import entries
from commitments import Opening
from dating import OWN
from outside import Trust
from verdict import CannotTell, Invalid


def check_deposit(trace):
    if (trace["act"], trace["outcome"]) != ("deposit", "done"):
        raise Invalid("the first trace isn't that of a deposit")


def check_destruction(traces, seqs, openings):
    """A trace that can't be read may be the one that is looked for: the check of traces says so."""
    (opened,) = canonical.members(canonical.parse(openings, "openings.json"), ("grounds",), "openings.json")
    opening = None if opened is None else Opening(opened, "openings.json: grounds")
    found = [traces[seq] for seq in sorted(traces) if is_destruction(traces[seq])]
    if not found:
        if len(traces) < len(seqs):
            return
        raise Invalid("no trace of a destruction")
    if opening is None:
        return
    opening.check(found[0]["data"].get("grounds"), "grounds")
    try:
        opening.value.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("openings.json: a reason that isn't text") from None


def is_destruction(trace):
    return (trace["act"], trace["outcome"]) == ("destroy", "done")


def check_blocks(manifest, traces, verdict, listed):
    """What the manifest's blocks of known types are about, a LAT and tokens, isn't here: none of them is checked."""
    for trace in traces.values():
        blocks.check_blocks(trace.get("blocks"), "trace", verdict)
    found = blocks.check_blocks(manifest.get("blocks"), "manifest", verdict, listed, blocks.ENTRY_TYPES)
    entries.check_block_entries(listed, found)


def check_algorithms(anchors, verdict):
    """There is no token here to show that anything existed before."""
    trust = Trust(anchors, anchors.at)
    days = {name: trust.retirement(name) for name in OWN}
    gone = [name for name, day in days.items() if day is not None and trust.at is not None and day <= trust.at]
    if gone:
        with verdict.check("algorithms"):
            raise CannotTell(f"retired: {', '.join(sorted(gone))}")
