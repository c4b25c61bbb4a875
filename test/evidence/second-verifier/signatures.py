"""Raw signatures, each judged by the `openssl` program. An OpenSSL that doesn't know an algorithm tells nothing."""

import base64
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from verdict import CannotTell, Invalid

# SubjectPublicKeyInfo before the key itself
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
ED25519 = bytes.fromhex("302a300506032b6570032100")
ML_DSA_44 = bytes.fromhex("30820532300b060960864801650304031103820521" + "00")


def pem(label, der):
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def openssl(*arguments, files):
    """Runs openssl among files of these names and bytes; once only for the same."""
    return _openssl(arguments, tuple(files.items()))


@lru_cache(maxsize=1000)
def _openssl(arguments, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files:
            Path(folder, name).write_bytes(content)
        try:
            return subprocess.run(
                ["openssl", *arguments], cwd=folder, capture_output=True, text=True, errors="replace"
            )
        except FileNotFoundError:
            raise CannotTell("there is no openssl") from None


def digest_signature(spki, digest, data, signature, what, options=()):
    """ECDSA and RSA."""
    _judge(
        what,
        *("dgst", f"-{digest}", "-verify", "key", "-signature", "signature", *options, "data"),
        files={"key": pem("PUBLIC KEY", spki).encode(), "signature": signature, "data": data},
    )


def whole_signature(spki, data, signature, what):
    """Ed25519 and ML-DSA, which sign the data themselves."""
    _judge(
        what,
        *("pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin"),
        *("-in", "data", "-sigfile", "signature"),
        files={"key": pem("PUBLIC KEY", spki).encode(), "signature": signature, "data": data},
    )


def _judge(what, *arguments, files):
    done = openssl(*arguments, files=files)
    if done.returncode == 0:
        return
    if "Could not" in done.stderr or "unsupported" in done.stderr.lower():
        raise CannotTell(f"{what}: this OpenSSL can't check it")
    raise Invalid(f"{what}: the signature doesn't verify")
