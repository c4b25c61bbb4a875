"""Blocks of traces, LATs and manifests (section 2)."""

import canonical
from verdict import CannotTell, Invalid

HEX = r"(?:[0-9a-f]{2})+"
NUMBER = r"0|-?[1-9][0-9]*"
ENTRY_TYPES = ("seal-signature", "seal-certificates", "cosignatures", "dating", "renewal")
UNCHECKED = ("cosignatures",)


def check_blocks(value, place, verdict, entries=(), unchecked=UNCHECKED):
    """The blocks of one place. One that isn't known or checked is reported, or the end of it where it is critical."""
    blocks = read_blocks(value, place)
    for block in blocks:
        kind, version, critical = block["type"], block["version"], block["critical"]
        with verdict.check("blocks"):
            if not is_known(block):
                unsettled = f"{place}: a block {kind} of version {version}, which isn't known"
            elif kind in unchecked:
                check_content(block, place, entries)
                unsettled = f"{place}: {kind} not checked"
            else:
                check_content(block, place, entries)
                continue
            if critical:
                raise CannotTell(unsettled)
            verdict.report(unsettled)
    return blocks


def read_blocks(value, place):
    if value is None:
        return []
    if not isinstance(value, list) or not value:
        raise Invalid(f"{place}: blocks that are none")
    for block in value:
        kind, version, critical, content = canonical.members(
            block, ("type", "version", "critical", "content"), f"{place}: block"
        )
        canonical.text(kind, r"[a-z0-9-]{1,64}", f"{place}: type of a block")
        canonical.integer(version, f"{place}: version of a block", low=1)
        if not isinstance(critical, bool) or not isinstance(content, dict):
            raise Invalid(f"{place}: a block that isn't one")
    if value != sorted(value, key=lambda block: block["type"]):
        raise Invalid(f"{place}: blocks out of order")
    return value


def is_known(block):
    return block["version"] == 1 and block["type"] in (
        *ENTRY_TYPES,
        "hardware-clock",
        "hardware-counter",
        "cms-signature",
    )


def check_content(block, place, entries):
    kind, content = block["type"], block["content"]
    home = {"hardware-clock": "trace", "hardware-counter": "trace", "cms-signature": "LAT"}
    if home.get(kind, "manifest") != place:
        raise Invalid(f"{place}: no place for a block {kind}")
    if kind in ENTRY_TYPES:
        (entry,) = canonical.members(content, ("entry",), kind)
        if entry not in entries:
            raise Invalid(f"{kind}: names {entry!r}, which the manifest doesn't list")
    elif kind == "cms-signature":
        canonical.base64_bytes(canonical.members(content, ("cms",), kind)[0], kind)
    elif kind == "hardware-counter":
        index, value = canonical.members(content, ("index", "value"), kind)
        canonical.text(index, HEX, kind)
        canonical.text(value, r"0|[1-9][0-9]*", kind)
    else:
        *numbers, safe = canonical.members(
            content, ("clock", "time", "resetCount", "restartCount", "safe"), kind
        )
        for number in numbers:
            if not canonical.is_integer(number):
                canonical.text(number, NUMBER, kind)
        if not isinstance(safe, bool):
            raise Invalid(f"{kind}: safe is no boolean")
