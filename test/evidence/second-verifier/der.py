"""DER (X.690), as much of it as tokens, seals and certificates take, and BER, which CMS allows around it."""

from contextlib import contextmanager
from datetime import datetime, timezone

from verdict import Invalid


@contextmanager
def shaped(what):
    """Values that are DER, but not in the places where a structure has them, are invalid."""
    try:
        yield
    except (IndexError, ValueError, AttributeError):
        raise Invalid(f"{what}: not of the structure that it should be") from None


class Value:
    """One value: its tag octet, its content, and its bytes with tag and length."""

    def __init__(self, tag, content, raw):
        self.tag, self.content, self.raw = tag, content, raw

    def octets(self):
        """An OCTET STRING, in one piece or, as BER allows it, in several."""
        if self.tag == 0x24:
            return b"".join(each.octets() for each in self.items())
        return self.expect(0x04).content

    def items(self):
        found, at = [], 0
        while at < len(self.content):
            value, at = _one(self.content, at)
            found.append(value)
        return found

    def expect(self, tag):
        if self.tag != tag:
            raise Invalid(f"DER: tag {self.tag:#x} where {tag:#x} belongs")
        return self

    def oid(self):
        body = self.expect(0x06).content
        if not body or body[-1] & 0x80:
            raise Invalid("DER: an object identifier that is cut short")
        numbers, value = [], 0
        for octet in body:
            if value == 0 and octet == 0x80:
                raise Invalid("DER: an object identifier with padding")
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                numbers.append(value)
                value = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(str(each) for each in (first, numbers[0] - 40 * first, *numbers[1:]))

    def integer(self):
        if not self.expect(0x02).content:
            raise Invalid("DER: an empty integer")
        return int.from_bytes(self.content, "big", signed=True)

    def boolean(self):
        if self.expect(0x01).content not in (b"\0", b"\xff"):
            raise Invalid("DER: a boolean that isn't one")
        return self.content == b"\xff"

    def bits(self):
        """A bit string's whole octets; the bits that count for nothing are zero."""
        if not self.expect(0x03).content or self.content[0] > 7:
            raise Invalid("DER: a bit string that can't be read")
        return self.content[1:]

    def time(self):
        """Seconds since 1970, with a fraction where a GeneralizedTime has one."""
        try:
            text = self.content.decode("ascii")
            if self.tag == 0x17:
                text = ("19" if text >= "50" else "20") + text
            elif self.tag != 0x18:
                raise ValueError
            whole, _, fraction = text.removesuffix("Z").partition(".")
            if not text.endswith("Z") or len(whole) != 14 or "." in text and not fraction.isdigit():
                raise ValueError
            at = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
            return at.timestamp() + (float(f"0.{fraction}") if fraction else 0)
        except ValueError:
            raise Invalid("DER: a time that can't be read") from None


def read(data):
    """The one value that these bytes are."""
    value, end = _one(data, 0)
    if end != len(data):
        raise Invalid("DER: something after the value")
    return value


def _one(data, at):
    if at + 2 > len(data):
        raise Invalid("DER: cut short")
    tag, length, body = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise Invalid("DER: a tag of several octets")
    if length == 0x80 and tag & 0x20:
        return _indefinite(tag, data, at)
    if length & 0x80:
        count = length & 0x7F
        octets = data[body : body + count]
        length, body = int.from_bytes(octets, "big"), body + count
        if not 1 <= count <= 8 or len(octets) != count:
            raise Invalid("DER: a length that can't be read")
    end = body + length
    if end > len(data):
        raise Invalid("DER: cut short")
    return Value(tag, data[body:end], data[at:end]), end


def _indefinite(tag, data, at):
    """A value that ends where two zero octets stand in place of another."""
    end = at + 2
    while data[end : end + 2] != b"\0\0":
        _, end = _one(data, end)
    return Value(tag, data[at + 2 : end], data[at : end + 2]), end + 2
