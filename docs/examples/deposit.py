#!/usr/bin/env python3
"""Deposit a file, read it back, compare it, fetch its proof. Python 3.9, standard library only.

    PROBANT_API=http://localhost:8080/api/v1 PROBANT_TOKEN=… PROBANT_VAULT=… python3 docs/examples/deposit.py FILE
"""
import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

API = os.environ["PROBANT_API"]
TOKEN = os.environ["PROBANT_TOKEN"]
VAULT = os.environ["PROBANT_VAULT"]


def call(method, path, body=None, headers=None):
    """One call; a refusal becomes the box's own sentence."""
    request = urllib.request.Request(API + path, data=body, method=method)
    request.add_header("Authorization", "Bearer " + TOKEN)
    request.add_header("Accept-Language", "en")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read()
    except urllib.error.HTTPError as refused:
        problem = json.load(refused)
        sys.exit(f"{problem['title']} ({problem['type']}, {refused.code})")


def form(name, content, metadata=None):
    """A multipart body with the file and, for a deposit, its metadata; and its header."""
    boundary = uuid.uuid4().hex
    described = "" if metadata is None else (
        f'--{boundary}\r\nContent-Disposition: form-data; name="metadata"\r\n'
        f"Content-Type: application/json\r\n\r\n{json.dumps(metadata)}\r\n"
    )
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n"
    )
    body = (described + file).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def deposit(name, content):
    digests = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha3-256": hashlib.sha3_256(content).hexdigest(),
    }
    # the box refuses the deposit if what arrives has other digests
    body, headers = form(name, content, {"title": name, "digests": digests})
    # the same key for the same file: repeating the script never deposits twice
    headers["Idempotency-Key"] = f"example-{digests['sha256']}"
    return json.loads(call("POST", f"/vaults/{VAULT}/objects", body, headers))


def main():
    name = os.path.basename(sys.argv[1])
    with open(sys.argv[1], "rb") as file:
        content = file.read()
    kept = deposit(name, content)
    place = f"/vaults/{VAULT}/objects/{kept['id']}"
    print(f"deposited as {kept['id']} at {kept['depositedAt']}, {kept['receipt']['state']}")

    same = call("GET", place + "/content") == content
    print("read back:", "identical" if same else "DIFFERENT")

    # nothing of what is compared is kept
    compared = call("POST", f"/vaults/{VAULT}/comparisons", *form(name, content))
    print("identical objects in the vault:", len(json.loads(compared)["identical"]))

    # the witness cosigns within a minute or so, where heads are sent
    for _ in range(30):
        state = json.loads(call("GET", place))["receipt"]["state"]
        if state != "accepted":
            break
        time.sleep(5)
    print("state:", state)

    proof = f"preuve-{kept['id']}.zip"
    with open(proof, "wb") as file:
        file.write(call("GET", place + "/proof"))
    print("proof:", proof)


if __name__ == "__main__":
    main()
