"""Canonical JSON (RFC 8785) as section 1 restricts it, and the shapes of values in it."""

import base64
import binascii
import json
import re
from datetime import datetime

from verdict import CannotTell, Invalid

MAX_INTEGER = 2**53 - 1
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
HEX32 = r"[0-9a-f]{64}"


def parse(data, what):
    """The value of canonical bytes. Bytes that aren't canonical are invalid, never repaired."""
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
        same = write(value) == data
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{what}: not canonical JSON ({error})") from None
    if not same:
        raise Invalid(f"{what}: JSON, but not in its canonical form")
    return value


def write(value):
    return _write(value, 0).encode("utf-8")


def _write(value, depth):
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("an integer beyond 2^53")
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if depth == 32:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return "[" + ",".join(_write(each, depth + 1) for each in value) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(f"{_write(key, depth)}:{_write(value[key], depth + 1)}" for key in keys) + "}"


def _unique(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member twice")
    return value


def _refuse(text):
    raise ValueError(f"the number {text}")


def members(value, names, what, optional=()):
    """An object with exactly these members, as a list in the order of `names` then `optional`."""
    if not isinstance(value, dict):
        raise Invalid(f"{what}: not an object")
    for name in names:
        if name not in value:
            raise Invalid(f"{what}: no {name}")
    for name in value:
        if name not in names and name not in optional:
            raise Invalid(f"{what}: a member {name} that isn't known")
    return [value.get(name) for name in (*names, *optional)]


def format_one(value, what):
    """Section 1: a later format can't be judged, an earlier one never was."""
    if not isinstance(value, dict):
        raise Invalid(f"{what}: not an object")
    number = value.get("format")
    if not is_integer(number) or number < 1:
        raise Invalid(f"{what}: no format")
    if number > 1:
        raise CannotTell(f"{what}: format {number} isn't known")


def is_integer(value, low=None):
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and (low is None or value >= low)


def integer(value, what, low=0):
    if not is_integer(value, low):
        raise Invalid(f"{what}: not an integer from {low}")
    return value


def text(value, pattern, what):
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
        raise Invalid(f"{what}: {value!r} doesn't fit")
    return value


def base64_bytes(value, what):
    """RFC 4648 section 4 with padding, one text for given bytes."""
    if not isinstance(value, str):
        raise Invalid(f"{what}: not base64")
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Invalid(f"{what}: not base64") from None
    if base64.b64encode(data).decode() != value:
        raise Invalid(f"{what}: base64 with stray bits")
    return data


def time(value, what):
    text(value, r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", what)
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        raise Invalid(f"{what}: {value} is no date") from None
    if value[17:19] > "59":
        raise Invalid(f"{what}: {value} is no time")
    return value


def digests(value, what):
    pair = members(value, ("sha256", "sha3-256"), what)
    for each in pair:
        text(each, HEX32, what)
    return value
