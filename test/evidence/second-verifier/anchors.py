"""Trust anchors: a folder that the verifier gives, never taken from a bundle (section 16)."""

import re
from pathlib import Path

import der
import signatures
from certificates import Certificate, read_pem
from notes import Key, check_p256
from outside import retirements
from verdict import Invalid, Unusable


class Anchors:
    """Each None where its file is missing; and the verifier's date, in seconds since 1970."""

    def __init__(self, folder, at):
        self.at = at
        self.folder = Path(folder) if folder else None
        if self.folder is not None and not self.folder.is_dir():
            raise Unusable(f"{folder}: not a folder")
        self.journal = self._vkeys("journal.vkeys", (2,))
        self.witness = self._vkeys("witness.vkeys", (4, 6))
        self.audit = self._vkeys("audit.vkeys", (1,))
        self.lat = self._read("lat.pem", lat_keys)
        self.tsa = self._read("tsa.pem", certificates)
        self.outside = self._read("outside-tsa.pem", certificates)
        self.seal = self._read("seal.pem", certificates)
        self.retired = self._read("retired.txt", lambda data: retirements(lines(data)))
        self.boxes = self._read("box.txt", lines)
        self.release = self._read("release.sha256", release)

    def _vkeys(self, name, types):
        return self._read(name, lambda data: vkeys(data, types))

    def _read(self, name, parse):
        if self.folder is None:
            return None
        try:
            data = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unusable(f"{name}: {error}") from None
        try:
            return parse(data)
        except (Invalid, IndexError, ValueError) as error:
            raise Unusable(f"{name}: can't be read ({error})") from None


def lines(data):
    found = [line.strip() for line in data.decode("utf-8").splitlines()]
    return [line for line in found if line and not line.startswith("#")]


def vkeys(data, types):
    keys = [Key(line) for line in lines(data)]
    if any(key.type not in types for key in keys):
        raise Invalid("a key of another type")
    return keys


def lat_keys(data):
    found = read_pem(data, "PUBLIC KEY", "lat.pem")
    for each in found:
        if len(each) != 91 or each[:27] != signatures.P256:
            raise Invalid("not a key of P-256")
        check_p256(each)
    return found


def certificates(data):
    found = [Certificate(each) for each in read_pem(data, "CERTIFICATE", "certificates")]
    for each in found:
        der.read(each.spki)
    return found


def release(data):
    """Digests by file, as `sha256sum` writes them."""
    found = {}
    for line in lines(data):
        match = re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line)
        if match is None:
            raise Invalid(f"not a line of sha256sum: {line}")
        found.setdefault(match[2].removeprefix("./"), set()).add(match[1])
    return found
