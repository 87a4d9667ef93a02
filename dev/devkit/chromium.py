"""A browser for the browser tests, and a font that can show Chinese."""

import os
import re
import shutil
from pathlib import Path

from . import apt
from .process import Problem, run
from .steps import say, step

# The names that Odoo looks for, in its order.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
CHINESE_FONT = "fonts-wqy-zenhei"


def ensure():
    """Version of the browser to test with, installed when missing; None when there is none."""
    version = find()
    fontless = version and not Path("/usr/share/fonts/truetype/wqy").exists()
    if not version or (fontless and os.geteuid() == 0):
        version = install() or version
    if version:
        say(f"» Browser: {version}")
    else:
        say("» Browser: none, so the browser tests will be skipped (install chromium to run them)")
    return version


def find():
    """What the first working browser calls itself; Ubuntu's stand-in for a snap does not work."""
    for name in NAMES:
        if path := shutil.which(name):
            try:
                said = run([path, "--version", "--no-sandbox"])
            except Problem:
                continue
            if match := re.search(r"(?m)^(Chromium|Google Chrome).*$", said):
                return match[0].strip()
    return None


def install():
    if "ID=ubuntu" in Path("/etc/os-release").read_text(encoding="utf-8"):
        return None  # Ubuntu has Chromium only as a snap, which does not work in containers
    try:
        with step("Browser: installing Chromium and a Chinese font") as progress:
            apt.install(["chromium", CHINESE_FONT], "Chromium", progress)
    except Problem as problem:
        say(f"  {problem}")
        return None
    return find()
