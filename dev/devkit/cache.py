"""The cache folder outside the clone, which a fresh clone finds filled.

`$LEAD_ADDONS_CACHE`, else /var/cache/odoo-lead-addons for root (whose home the `postgres` user
cannot enter), else the user's own cache folder. It can be deleted at any time.
"""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

from .process import Problem
from .steps import say

STAMP = ".complete"


def folder(*parts):
    """The cache folder, or a folder in it, made when it is not there."""
    if given := os.environ.get("LEAD_ADDONS_CACHE"):
        top = Path(given).expanduser().resolve()
    elif os.geteuid() == 0:
        top = Path("/var/cache/odoo-lead-addons")
    else:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        top = Path(home) / "odoo-lead-addons"
    path = top.joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(
            f"The cache folder cannot be made ({error}). Name another in LEAD_ADDONS_CACHE."
        ) from None
    return path


def is_complete(path):
    return (path / STAMP).is_file()


def mark_complete(path, text=""):
    (path / STAMP).write_text(f"{text}\n", encoding="utf-8")


def remove(path):
    """Remove a folder, even one that another run is just removing."""
    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def replacing(path):
    """A folder to fill that takes the place of `path` only when it is whole."""
    part = path.with_name(f"{path.name}.part")
    remove(part)
    part.mkdir(parents=True)
    yield part
    mark_complete(part)
    remove(path)
    part.rename(path)


_held = set()


@contextlib.contextmanager
def lock(name):
    """Let one command at a time make the thing of that name; the others wait and find it done."""
    if name in _held:  # a step inside a step of the same command does not wait for itself
        yield
        return
    with open(folder("locks") / name, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"» Another dev command is preparing the same {name}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        _held.add(name)
        try:
            yield
        finally:
            _held.discard(name)


def setup_lock():
    """The lock of whatever is downloaded and installed for all commands."""
    return lock("setup")
