"""What may go wrong, as one tree.

TijdigError          code ERROR
├── Refused          code REFUSED: the rules say no (exit 1, HTTP 409)
│   ├── Busy         code BUSY: others held a lock for too long
│   ├── StaleVersion code STALE_VERSION: the case changed since it was seen
│   ├── Unfit        code UNFIT: the case cannot run on these versions
│   ├── FourEyes     code FOUR_EYES: who acted before may not decide
│   └── AlreadyOpen  code ALREADY_OPEN: the subject has an open case
├── FactMissing      code FACT_MISSING: a date hangs on a fact that is not established
├── Damaged          code DAMAGED: what is stored is not what was written
└── Misconfigured    code MISCONFIGURED: a required setting, role or file is not there
    └── Unavailable  code UNAVAILABLE: the database does not answer, or has no room to write

A message is two sentences: what is wrong, with the value; what to do. Values also stand on the error as
attributes, by the name they were given: `Refused("…", day=day).day`. The names are the house's words; so no `Error`
at their end (N818).
"""

from dataclasses import dataclass


class TijdigError(Exception):
    """Anything Tijdig says no to. `code` is stable; scripts and tests may rely on it."""

    code = "ERROR"

    def __init__(self, message: str, *, code: str = "", **values: object) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.__dict__.update(values)


class Refused(TijdigError):  # noqa: N818
    """The rules say no."""

    code = "REFUSED"


class Busy(Refused):
    """Others held a lock of the database for too long; later it may do."""

    code = "BUSY"


class StaleVersion(Refused):
    """The case changed since the person looked at version `seen`; it is now at `version`."""

    code = "STALE_VERSION"
    seen: int
    version: int


class Unfit(Refused):
    """The case cannot run on other versions; `problems` are all the reasons why."""

    code = "UNFIT"
    problems: "tuple[Problem, ...]"


class FourEyes(Refused):
    """Who proposed, gave an opinion, or entered it for another may not decide (design, law 7)."""

    code = "FOUR_EYES"


class AlreadyOpen(Refused):
    """The subject already has the open case `case` of this procedure."""

    code = "ALREADY_OPEN"
    case: str


class FactMissing(TijdigError):  # noqa: N818
    """A date was asked that hangs on `fact`, which is not established."""

    code = "FACT_MISSING"
    fact: str


class Damaged(TijdigError):  # noqa: N818
    """What is stored is not what was written, as its hash tells."""

    code = "DAMAGED"


class Misconfigured(TijdigError):  # noqa: N818
    """A required setting, role or file is not there; nothing is invented (design, law 6)."""

    code = "MISCONFIGURED"


class Unavailable(Misconfigured):
    """The database does not answer or cannot write, whatever was asked of it: no case is to blame."""

    code = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a definition or an import. Problems are data, collected all at once."""

    place: str
    code: str
    problem: str
    mend: str
