"""The answers of a verifier, and how those of single checks become the one of the whole."""

from contextlib import contextmanager

EXIT_CODES = {"valid": 0, "invalid": 1, "unusable": 2, "cannot-tell": 3}


class Invalid(Exception):
    """Something that is there is false."""


class CannotTell(Exception):
    """Something that a check needs is missing on the verifier's side."""


class Unusable(Exception):
    """What was given can't be read, or could be read in two ways."""


class Verdict:
    """Checks in the order in which they were made."""

    def __init__(self):
        self.checks = []
        self.reported = []

    @contextmanager
    def check(self, name, decisive=True):
        """Runs one check. What can't be told of one that isn't decisive is only reported."""
        try:
            yield
        except Invalid as error:
            self.add(name, "invalid", str(error))
        except CannotTell as error:
            self.add(name, "cannot-tell", str(error), decisive)
        else:
            self.add(name, "valid")

    def add(self, name, result, detail=None, decisive=True):
        check = {"check": name, "result": result, "decisive": decisive}
        if detail is not None:
            check["detail"] = detail
        self.checks.append(check)

    def report(self, line):
        self.reported.append(line)

    def answer(self):
        """A false thing stays false, whatever else couldn't be checked."""
        counting = {check["result"] for check in self.checks if check["decisive"]}
        for answer in ("invalid", "cannot-tell"):
            if answer in counting:
                return answer
        return "valid"
