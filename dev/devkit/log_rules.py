"""Which lines of Odoo's log are a reason to fail. The one list of what is expected anyway."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:]{8},\d+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[^:\s]+): (?P<text>.*)"
)
BAD = ("WARNING", "ERROR", "CRITICAL")

# (logger, first line of the text, why we live with it); both are searched from their beginning.
ALLOWED = [
    (
        r"py\.warnings$",
        rf"(?!{re.escape(str(ROOT))}/)\S+:\d+: (Pending)?DeprecationWarning",
        "Odoo or a library uses what a newer library will drop; only our own code is our business",
    ),
    (
        r"odoo\.http$",
        r"<function odoo\.addons\.base_import\.controllers\.main\.set_file> called ignoring args",
        "Odoo's own import of files sends more than its controller takes",
    ),
]


def is_unexpected(level, logger, text):
    """Whether a log record fails a run."""
    if level not in BAD:
        return False
    first = text.split("\n", 1)[0]
    return not any(re.match(name, logger) and re.match(what, first) for name, what, _why in ALLOWED)


class Watch:
    """Reads a log line by line and keeps the unexpected records, with their tracebacks."""

    LONGEST = 40  # lines of one record

    def __init__(self):
        self.records = []
        self._open = False

    def has_errors(self):
        return any(LINE.match(record)["level"] != "WARNING" for record in self.records)

    def read(self, line):
        """Take one line; True when it belongs to an unexpected record."""
        if match := LINE.match(line):
            self._open = is_unexpected(match["level"], match["logger"], match["text"])
            if self._open:
                self.records.append(line)
        elif self._open and self.records[-1].count("\n") < self.LONGEST:
            self.records[-1] += f"\n{line}"
        return self._open
