"""The repository itself: its folders, its addons, and what those need."""

import ast
import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Addons that stand on Odoo's own; databases for tests are made of these.
STANDALONE = ("lead_public_pool", "lead_scoring", "customer_lifecycle")
# Addons that install themselves where one of ours meets another of Odoo's apps. They are tested
# where that app is, which is no part of the base.
GLUE = ("customer_lifecycle_pos",)
ADDONS = STANDALONE + GLUE
# Files of an addon that never reach its database.
NOT_IN_DATABASE = {"tests", "readme", "__pycache__"}


def addons(glue=False):
    """Names of our addons that are there, in the order of the design.

    :param bool glue: whether those count that install themselves beside other apps
    """
    names = ADDONS if glue else STANDALONE
    return [name for name in names if (ROOT / name / "__manifest__.py").is_file()]


def manifest(name):
    """The manifest of one of our addons as a dict."""
    return ast.literal_eval((ROOT / name / "__manifest__.py").read_text(encoding="utf-8"))


def official_dependencies():
    """The official addons that ours stand on: the base on which ours are installed and removed."""
    named = {dependency for name in addons() for dependency in manifest(name).get("depends", [])}
    return sorted(named - set(ADDONS)) or ["base"]


def fingerprint_of_addons(names=None):
    """A short text that changes when a file of ours changes which ends up in a database."""
    digest = hashlib.sha256()
    for name in names or addons():
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and not NOT_IN_DATABASE & set(path.relative_to(ROOT / name).parts):
                digest.update(f"{path.relative_to(ROOT)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def short_hash(*parts):
    """Ten characters that stand for the given texts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:10]


def data_folder():
    """Folder of the real data sets, which are not part of the repository; it may be absent."""
    return Path(os.environ.get("POOL_TEST_DATA") or ROOT.parent / "shared" / "data")
