"""Where Odoo 19.0 comes from: the user's checkout, Debian's package, or a shallow git clone."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import apt, cache
from .process import Problem, run, stream_or_fail
from .project import short_hash
from .steps import say, step

SERIES = (19, 0)
# Debian leaves out what it may not ship. Odoo runs without, but complains in every browser.
LEFT_OUT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
UPSTREAM = "https://github.com/odoo/odoo.git"


@dataclass(frozen=True)
class Odoo:
    """An Odoo source tree that can run."""

    package: Path  # the folder `odoo`, which holds release.py
    label: str
    fingerprint: str

    @property
    def python_path(self):
        return self.package.parent

    @property
    def addons(self):
        """Folders of official addons beside the package; those inside it are found by Odoo."""
        beside = self.package.parent / "addons"
        return [beside] if (beside / "crm" / "__manifest__.py").is_file() else []


def get():
    """The Odoo to use; downloads it when the cache has none that is whole."""
    if given := os.environ.get("ODOO_SRC"):
        return from_checkout(Path(given).expanduser().resolve())
    for kind, locate in (("debian", locate_debian), ("git", locate_git)):
        path = cache.folder() / f"odoo-{kind}"
        if cache.is_complete(path) and (odoo := locate(path)):
            say(f"» Odoo: {odoo.label}")
            return odoo
    return from_debian() or from_git()


def version_of(package):
    """The series in a source tree's release.py, or None when it is not a whole Odoo."""
    release = package / "release.py"
    if not release.is_file() or not (package / "addons" / "base" / "__manifest__.py").is_file():
        return None
    match = re.search(r"version_info = \((\d+), (\d+)", release.read_text(encoding="utf-8"))
    return match and (int(match[1]), int(match[2]))


def from_checkout(source):
    for package in (source / "odoo", source):
        series = version_of(package)
        if series == SERIES:
            revision = git_revision(source) or short_hash(package)
            say(f"» Odoo: your checkout in {source}")
            return Odoo(package, f"checkout in {source}", revision)
        if series:
            raise Problem(f"ODOO_SRC={source} holds Odoo {series[0]}.{series[1]}; 19.0 is needed.")
    raise Problem(f"ODOO_SRC={source} holds no Odoo: there is no odoo/release.py in it.")


def git_revision(source):
    if not (source / ".git").exists():
        return None
    return run(["git", "-c", "safe.directory=*", "-C", source, "rev-parse", "HEAD"]).strip()


# --- Debian's package -----------------------------------------------------------------------------


def locate_debian(path):
    package = path / "usr" / "lib" / "python3" / "dist-packages" / "odoo"
    if version_of(package) != SERIES or not (package / "addons" / "crm").is_dir():
        return None
    stand_in = package / "addons" / LEFT_OUT
    if not stand_in.exists():
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text("/* Not in Debian: blurs the background in video calls. */\n")
    version = (path / "version").read_text(encoding="utf-8").strip()
    return Odoo(package, f"Debian's odoo-19, {version}", version)


def from_debian():
    """Unpack `odoo-19` of Debian unstable; None when no Debian mirror is configured here."""
    path = cache.folder() / "odoo-debian"
    with step("Odoo: asking the machine's Debian mirror for odoo-19 (unstable)") as progress:
        unstable = apt.Unstable()
        if not unstable.open(progress):
            return None
    version = unstable.field("odoo-19", "Version")
    depends = re.findall(r"(?:fonts|libjs)-[\w.+-]+", unstable.field("odoo-19", "Depends"))
    with step(f"Odoo: downloading and unpacking odoo-19 {version}") as progress:
        with cache.replacing(path) as part:
            unstable.unpack(["odoo-19", *linked(depends)], part, progress)
            # An incomplete second copy of the addons, which must never get onto the addons path.
            cache.remove(part / "usr" / "lib" / "python3" / "dist-packages" / "addons")
            (part / "version").write_text(f"{version}\n", encoding="utf-8")
        cache.remove(unstable.folder)
    odoo = locate_debian(path)
    if not odoo:
        raise Problem("Debian's odoo-19 does not hold Odoo 19.0 with its addons.")
    report_broken_links(odoo.package / "addons")
    return odoo


def linked(depends):
    """Packages of fonts and scripts that Odoo's own files are links to."""
    alternatives = {
        "fonts-dejavu-core",
        "fonts-freefont-ttf",
        "fonts-freefont-otf",
        "fonts-noto-core",
    }  # for PDF reports; nothing links to them
    return sorted(set(depends) - alternatives)


def report_broken_links(addons):
    """Say when files that Odoo links to are missing; another format of one beside it will do."""
    links = [path for path in addons.glob("web/static/**/*") if path.is_symlink()]
    broken = [path for path in links if not path.exists() and not has_other_format(path)]
    if broken:
        example = broken[0].relative_to(addons)
        say(f"  {len(broken)} files that it links to are no longer in Debian, such as {example}")


def has_other_format(path):
    return any(other.exists() for other in path.parent.glob(f"{path.stem}.*"))


# --- a clone --------------------------------------------------------------------------------------


def locate_git(path):
    package = path / "odoo"
    if version_of(package) != SERIES or not (path / "addons" / "crm").is_dir():
        return None
    revision = git_revision(path)
    return Odoo(package, f"git clone at {revision[:10]}", revision)


def from_git():
    if not shutil.which("git"):
        raise Problem(
            "Neither Debian's odoo-19 nor git is to be had here; set ODOO_SRC to an Odoo."
        )
    path = cache.folder() / "odoo-git"
    with step("Odoo: cloning the 19.0 branch") as progress, cache.replacing(path) as part:
        stream_or_fail(
            ["git", "clone", "--progress", "--depth", "1", "-b", "19.0", UPSTREAM, part],
            progress,
            why="Cloning Odoo (set ODOO_SRC if you have a checkout)",
        )
    return locate_git(path)
