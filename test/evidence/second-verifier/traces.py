"""Legal traces (section 3)."""

import canonical
import notes
from verdict import Invalid

MEMBERS = (
    *("format", "origin", "seq", "time", "monotonicMs", "boot", "act", "outcome"),
    *("vault", "object", "objectCommitment", "actor", "data", "prev"),
)


def read_trace(data, what):
    if len(data) > 60_000:
        raise Invalid(f"{what}: more than 60,000 bytes")
    trace = canonical.parse(data, what)
    canonical.format_one(trace, what)
    canonical.members(trace, MEMBERS, what, optional=("blocks",))
    canonical.text(trace["origin"], notes.ORIGIN, what)
    canonical.integer(trace["seq"], what)
    canonical.time(trace["time"], what)
    canonical.integer(trace["monotonicMs"], what)
    canonical.text(trace["boot"], r"[0-9a-f]{32}", what)
    canonical.text(trace["act"], r"[a-z-]{1,64}", what)
    canonical.text(trace["outcome"], "done|refused|failed", what)
    canonical.text(trace["prev"], canonical.HEX32, what)
    if trace["seq"] == 0 and trace["prev"] != "0" * 64:
        raise Invalid(f"{what}: the first trace has none before it")
    for name in ("vault", "object"):
        if trace[name] is not None:
            canonical.text(trace[name], canonical.UUID, f"{what}: {name}")
    for name in ("objectCommitment", "actor"):
        if trace[name] is not None:
            canonical.digests(trace[name], f"{what}: {name}")
    if not isinstance(trace["data"], dict):
        raise Invalid(f"{what}: data is no object")
    return trace
