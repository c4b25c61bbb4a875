"""A second verifier of Probant's evidence bundles and collections of them, written from docs/formats.md alone.

python3 second-verifier BUNDLE.zip [--anchors DIR] [--document FILE] [--require-witness [COUNT]] [--at DAY]

Prints its answer as JSON; ends with 0 valid, 1 invalid, 2 unusable, 3 can't tell. With `-` alone it answers in one line
for each line of its input, a JSON array of such words.
"""

import argparse
import json
import sys
import time

from anchors import Anchors
from archive import Archive
from bundle import Bundle
from collection import Collection
from outside import day
from verdict import EXIT_CODES, Unusable


def main():
    if sys.argv[1:] == ["-"]:
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), flush=True)
        return 0
    result = answer(sys.argv[1:])
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return EXIT_CODES[result["answer"]]


def answer(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("--anchors")
    parser.add_argument("--document")
    parser.add_argument("--require-witness", nargs="?", type=int, const=1, default=0)
    parser.add_argument("--at")
    given = parser.parse_args(words)
    try:
        with Archive.open(given.bundle) as archive:
            anchors = Anchors(given.anchors, int(time.time()) if given.at is None else day(given.at))
            if any(entry.name == "collection.json" for entry in archive.entries):
                collection = Collection(archive, anchors)
                collection.verify(given.document, given.require_witness)
                return {
                    "answer": collection.verdict.answer(),
                    "checks": collection.verdict.checks,
                    "objects": collection.objects,
                    "reported": collection.verdict.reported,
                }
            bundle = Bundle(archive, anchors)
            bundle.verify(given.document, given.require_witness)
    except Unusable as error:
        return {"answer": "unusable", "reason": str(error)}
    return {
        "answer": bundle.verdict.answer(),
        "state": bundle.state,
        "checks": bundle.verdict.checks,
        "reported": bundle.verdict.reported,
    }


if __name__ == "__main__":
    sys.exit(main())
