"""Packages of the system: installed by apt-get, or downloaded and unpacked without installing."""

import os
import re
import shutil
import sys
from pathlib import Path

from . import cache
from .process import Problem, run, stream, stream_or_fail
from .steps import say

KEYRINGS = [
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
]


def available():
    return shutil.which("apt-get") is not None


def root_prefix(packages, why):
    """What to put before a command that needs root, or a problem that says what root must run."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        if sys.stdin.isatty():
            return ["sudo"]
        try:
            run(["sudo", "-n", "true"])
            return ["sudo", "-n"]
        except Problem:
            pass
    raise Problem(
        f"{why} is missing and installing it needs root. As root, run:\n"
        f"    apt-get update && apt-get install -y {' '.join(packages)}"
    )


def install(packages, why, progress):
    """Install packages of the system, for which `why` says in a few words what they are."""
    if not available():
        raise Problem(f"{why} is missing, and there is no apt-get here to install it.")
    prefix = root_prefix(packages, why)
    command = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "APT::Status-Fd=1",
        "-o",
        "DPkg::Lock::Timeout=120",
    ]
    update = [*command, "update"]
    get = [*command, "install", "-y", "--no-install-recommends", *packages]
    if not any(Path("/var/lib/apt/lists").glob("*Packages*")):
        stream_or_fail(update, percent(progress), why="apt-get update")
    elif stream(get, percent(progress)) == 0:
        return
    else:  # most often: the lists are older than what the mirror still has
        stream_or_fail(update, percent(progress), why="apt-get update")
    stream_or_fail(get, percent(progress), why=f"Installing {', '.join(packages)}")


def percent(progress):
    """A reader of apt's status lines that shows them as progress."""

    def read(line):
        if match := re.match(r"(?:dl|pm)status:([^:]*):([\d.]+):(.*)", line):
            progress(f"{float(match[2]):.0f} % {match[3]}")

    return read


# --- unpacking packages of unstable without touching the system -----------------------------------


def debian_mirrors():
    """Addresses of Debian mirrors in the machine's own apt configuration, as they stand there."""
    found = []
    etc = Path("/etc/apt")
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        entries = deb822_entries(text) if path.suffix == ".sources" else list_entries(text)
        for address, suite, components in entries:
            archive = re.search(r"/debian(\.list)?/?$", address)
            if archive and "main" in components and "security" not in suite:
                found.append(address)
    return list(dict.fromkeys(found))


def list_entries(text):
    """(address, suite, components) of each `deb` line."""
    for line in text.splitlines():
        words = re.sub(r"\[[^\]]*\]", "", line.split("#")[0]).split()
        if len(words) >= 4 and words[0] == "deb":
            yield words[1], words[2], words[3:]


def deb822_entries(text):
    """(address, suite, components) of each stanza of a .sources file."""
    text = re.sub(r"(?m)^#.*\n", "", text)
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"(?m)^([\w-]+):[ \t]*((?:.*)(?:\n[ \t]+.*)*)", stanza))
        if fields.get("Enabled", "yes").strip() == "no":
            continue
        for address in fields.get("URIs", "").split():
            for suite in fields.get("Suites", "").split():
                yield address, suite, fields.get("Components", "").split()


class Unstable:
    """A private apt state that sees Debian unstable, for downloading only."""

    def __init__(self):
        self.folder = cache.folder("apt")
        self.environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf")}

    def open(self, progress):
        """Fetch the package lists; False when this machine knows no Debian mirror that has Odoo."""
        mirrors = debian_mirrors() if available() else []
        for mirror in mirrors:
            self._configure(mirror)
            complaints = self._update(progress)
            if self.field("odoo-19", "Version"):
                return True
            say(f"  {mirror}: {complaints or 'there is no odoo-19'}")
        if not mirrors:
            say("  apt knows no Debian mirror on this machine")
        return False

    def _update(self, progress):
        """Run apt-get update and return what it complained about."""
        complaints = []
        show = percent(progress)

        def read(line):
            show(line)
            if line.startswith("E: "):
                complaints.append(line[3:])

        command = ["apt-get", "-o", "APT::Status-Fd=1", "update"]
        stream(command, read, env=self.environment)
        return " ".join(complaints)

    def _configure(self, mirror):
        cache.remove(self.folder)
        for name in ("state/lists/partial", "cache/archives/partial", "etc"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "status").touch()
        keyring = next((path for path in KEYRINGS if path.is_file()), None)
        signed = f"[signed-by={keyring}] " if keyring else ""
        source = self.folder / "etc" / "sources.list"
        source.write_text(f"deb {signed}{mirror} unstable main\n", encoding="utf-8")
        settings = {
            "Dir::State": self.folder / "state",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::sourcelist": source,
            "Dir::Etc::sourceparts": "-",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "APT::Sandbox::User": "root",  # the cache folder may be closed to apt's own user
        }
        lines = "".join(f'{key} "{value}";\n' for key, value in settings.items())
        (self.folder / "apt.conf").write_text(lines, encoding="utf-8")

    def field(self, package, name):
        """A field of the newest version of a package, or an empty text."""
        try:
            shown = run(["apt-cache", "show", "--no-all-versions", package], env=self.environment)
        except Problem:
            return ""
        match = re.search(rf"(?m)^{name}: (.*)$", shown)
        return match[1] if match else ""

    def unpack(self, packages, into, progress):
        """Download packages (apt checks size and hash) and unpack them into one folder."""
        with_files = into.with_name(f"{into.name}.debs")
        cache.remove(with_files)
        with_files.mkdir()
        stream_or_fail(
            ["apt-get", "-o", "APT::Status-Fd=1", "download", *packages],
            percent(progress),
            why=f"Downloading {packages[0]}",
            cwd=with_files,
            env=self.environment,
        )
        for number, file in enumerate(sorted(with_files.glob("*.deb")), 1):
            run(["dpkg-deb", "-I", file], why=f"Reading {file.name}")
            progress(f"unpacking {number} of {len(packages)}")
            run(["dpkg-deb", "-x", file, into], why=f"Unpacking {file.name}")
        cache.remove(with_files)
