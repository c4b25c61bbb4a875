"""Zip files (PKWARE APPNOTE), read so that no other tool could see other entries in them."""

import re
import struct
import zlib
from contextlib import contextmanager

from verdict import Invalid, Unusable

CHUNK = 1 << 20
MAX_ENTRIES = 100_000
ALLOWED_FLAGS = 0x0006 | 0x0008 | 0x0800  # how hard it was deflated, descriptor, UTF-8 names
SMALL = 2 << 20


def size_limit(name):
    """Bytes that an entry may have, None for documents (section 15)."""
    if name.startswith("document/"):
        return None
    if name in ("manifest.json", "openings.json"):
        return 16 << 20
    if name == "collection.json":
        return 64 << 20
    if re.fullmatch(r"traces/[^/]*\.json", name):
        return 65_536
    return SMALL


class Entry:
    def __init__(self, name, method, flags, crc, packed, size, offset):
        self.name, self.method, self.flags = name, method, flags
        self.crc, self.packed, self.size, self.offset = crc, packed, size, offset
        self.data = None


class Archive:
    """The entries of a file, or of a part of one, each somewhere between the first byte and the directory, without gaps."""

    def __init__(self, file, base, length):
        self.file, self.base, self.length = file, base, length
        found = self._directory()
        # folders hold nothing
        self.entries = [entry for entry in found if not entry.name.endswith("/")]
        end = self.directory_offset
        for entry in sorted(found, key=lambda each: each.offset, reverse=True):
            self._locate(entry, end)
            end = entry.offset
        if end != 0:
            raise Unusable("there is something before the first entry")

    @classmethod
    @contextmanager
    def open(cls, path):
        try:
            file = open(path, "rb")
        except OSError as error:
            raise Unusable(f"the bundle can't be read: {error}") from None
        with file:
            yield cls(file, 0, file.seek(0, 2))

    def inside(self, entry):
        """The archive that a stored entry is (section 21)."""
        if entry.method != 0 or entry.packed != entry.size:
            raise Invalid(f"{entry.name}: packed, where a bundle in a collection is stored")
        try:
            return Archive(self.file, self.base + entry.data, entry.size)
        except Unusable as error:
            raise Invalid(f"{entry.name}: {error}") from None

    def _read(self, offset, length):
        if offset < 0 or offset + length > self.length:
            raise Unusable("the zip is cut short")
        self.file.seek(self.base + offset)
        return self.file.read(length)

    def _directory(self):
        if self.length < 22:
            raise Unusable("not a zip")
        tail = self._read(max(0, self.length - 22 - 0xFFFF), min(self.length, 22 + 0xFFFF))
        at = tail.rfind(b"PK\5\6")
        end = tail[at:][:22]
        # a comment counts for nothing; anything else after the end isn't a zip's
        if at < 0 or len(end) < 22 or len(tail) - at - 22 != int.from_bytes(end[20:], "little"):
            raise Unusable("not a zip, or one with something after its end")
        disk, start, here, count, length, offset = struct.unpack("<HHHHII", end[4:20])
        stop = self.length - len(tail) + at
        if 0xFFFF in (here, count) or 0xFFFFFFFF in (length, offset):
            locator = self._read(stop - 20, 20)
            if locator[:4] == b"PK\6\7":
                stop, here, count, length, offset = self._zip64(locator, stop - 20)
        if (disk, start) != (0, 0) or here != count:
            raise Unusable("a zip in several parts")
        if count > MAX_ENTRIES:
            raise Unusable(f"more than {MAX_ENTRIES} entries")
        if offset + length != stop:
            raise Unusable("the directory doesn't reach to the end")
        self.directory_offset = offset
        directory = self._read(offset, length)
        entries, at = [], 0
        for _ in range(count):
            entry, at = central(directory, at)
            entries.append(entry)
        if at != len(directory):
            raise Unusable("more in the directory than it says")
        return entries

    def _zip64(self, locator, before):
        disk, offset, disks = struct.unpack("<IQI", locator[4:])
        record = self._read(offset, 56)
        size, _, _, this, start, here, count, length, first = struct.unpack("<QHHIIQQQQ", record[4:])
        if record[:4] != b"PK\6\6" or (disk, this, start) != (0, 0, 0) or disks > 1:
            raise Unusable("a zip64 end that isn't one")
        if size != 44 or offset + 56 != before:
            raise Unusable("something between the directory and its end")
        return offset, here, count, length, first

    def _locate(self, entry, end):
        """Compares the local header, and leaves nothing between these bytes and what follows."""
        head = self._read(entry.offset, 30)
        if head[:4] != b"PK\3\4":
            raise Unusable(f"{entry.name}: no local header")
        _, flags, method, _, _, crc, packed, size, n, m = struct.unpack("<HHHHHIIIHH", head[4:])
        rest = self._read(entry.offset + 30, n + m)
        name, extra = rest[:n], extras(rest[n:], entry.name)
        streamed = bool(flags & 8)
        if 1 in extra:
            wide = list(struct.unpack(f"<{len(extra[1]) // 8}Q", extra[1][: len(extra[1]) // 8 * 8]))
            size = wide.pop(0) if size == 0xFFFFFFFF and wide else size
            packed = wide.pop(0) if packed == 0xFFFFFFFF and wide else packed
        stated, known = (crc, packed, size), (entry.crc, entry.packed, entry.size)
        empty = streamed and (stated == (0, 0, 0) or stated[1:] == (0xFFFFFFFF, 0xFFFFFFFF))
        if name != entry.name.encode() or (flags, method) != (entry.flags, entry.method):
            raise Unusable(f"{entry.name}: its headers contradict each other")
        if stated != known and not empty:
            raise Unusable(f"{entry.name}: its headers contradict each other")
        entry.data = entry.offset + 30 + n + m
        after = entry.data + entry.packed
        if after > end:
            raise Unusable(f"{entry.name}: overlaps what follows")
        gap = self._read(after, end - after) if end - after <= 24 else b"?"
        descriptors = [
            mark + struct.pack(f"<I{width}{width}", *known)
            for mark in (b"", b"PK\7\x08")
            for width in "IQ"
            if max(known) < 1 << 32 or width == "Q"
        ]
        if gap not in (descriptors if streamed else [b""]):
            raise Unusable(f"{entry.name}: followed by bytes that belong to no entry")

    def chunks(self, entry):
        """The bytes of an entry, none after the first that shows it to be damaged."""
        unpack = zlib.decompressobj(-15) if entry.method == 8 else None
        at, left, size = entry.data, entry.packed, 0
        while left > 0:
            packed = self._read(at, min(CHUNK, left))
            at, left = at + len(packed), left - len(packed)
            while packed:
                try:
                    plain = unpack.decompress(packed, CHUNK) if unpack else packed
                except zlib.error as error:
                    raise Invalid(f"{entry.name}: {error}") from None
                packed = unpack.unconsumed_tail if unpack else b""
                size += len(plain)
                if size > entry.size or (unpack and unpack.unused_data):
                    raise Invalid(f"{entry.name}: longer than it says")
                yield plain
        if size != entry.size or (unpack and not unpack.eof):
            raise Invalid(f"{entry.name}: shorter than it says")

    def bytes(self, entry):
        limit = size_limit(entry.name)
        if limit is not None and entry.size > limit:
            raise Invalid(f"{entry.name}: more than {limit} bytes")
        return b"".join(self.chunks(entry))


def central(directory, at):
    head = directory[at : at + 46]
    if len(head) != 46 or head[:4] != b"PK\1\2":
        raise Unusable("the directory can't be read")
    fields = struct.unpack("<HHHHHHIIIHHHHHII", head[4:])
    _, _, flags, method, _, _, crc, packed, size, n, m, k, disk, _, _, offset = fields
    rest = directory[at + 46 : at + 46 + n + m + k]
    if len(rest) != n + m + k:
        raise Unusable("the directory is cut short")
    name = safe_name(rest[:n])
    extra = extras(rest[n : n + m], name)
    if 1 in extra:
        wide = [value for (value,) in struct.iter_unpack("<Q", extra[1][: len(extra[1]) // 8 * 8])]
        if size == 0xFFFFFFFF and wide:
            size = wide.pop(0)
        if packed == 0xFFFFFFFF and wide:
            packed = wide.pop(0)
        if offset == 0xFFFFFFFF and wide:
            offset = wide.pop(0)
    if flags & ~ALLOWED_FLAGS or method not in (0, 8) or disk != 0:
        raise Unusable(f"{name}: encrypted, or packed in a way that isn't known")
    return Entry(name, method, flags, crc, packed, size, offset), at + 46 + n + m + k


def extras(data, name):
    """Extra fields by their id. One that gives the entry another name would be read by some tools only."""
    found, at = {}, 0
    while at < len(data):
        if at + 4 > len(data):
            raise Unusable(f"{name}: extra fields that can't be read")
        kind, length = struct.unpack("<HH", data[at : at + 4])
        if at + 4 + length > len(data) or kind in found or kind == 0x7075:
            raise Unusable(f"{name}: extra fields that can't be read in one way")
        found[kind] = data[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def safe_name(raw):
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable("an entry's name isn't UTF-8") from None
    parts = re.split(r"[/\\]", name.removesuffix("/"))
    if {"", ".", ".."} & set(parts) or "\0" in name or re.match(r"[A-Za-z]:", name):
        raise Unusable(f"unsafe name {name!r}")
    return name
