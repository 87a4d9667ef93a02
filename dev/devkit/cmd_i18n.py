"""`dev/i18n`: writes the translation files of our addons anew, keeping what is translated.

Odoo exports the templates only. It would empty a translation before reading from it what the
texts in our code were translated to, so those are merged here: `python -m devkit.cmd_i18n ADDON...`
in the Python of the workbench, which has polib.
"""

import argparse
import sys

from . import project, workbench
from .odoo_run import command, configuration
from .process import stream_or_fail
from .steps import say, step

LANGUAGE = "zh_CN"
HEADER = {  # of a translation that is not there yet
    "Language": LANGUAGE,
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/i18n",
        description=f"Export the texts of our addons to i18n/<addon>.pot and i18n/{LANGUAGE}.po. "
        "Translations that are there stay; new texts are added without one.",
    )
    parser.add_argument(
        "addons",
        nargs="*",
        choices=[*project.addons(), []],
        metavar="addon",
        help="which addons (default: all)",
    )
    addons = parser.parse_args(arguments).addons or project.addons()
    with workbench.ready() as databases:
        name = databases.copy_for("i18n", databases.addons())
        config = configuration(databases, name)
        export = command(databases, "i18n", "export", "-c", config, "-l", "pot", "--", *addons)
        merging = [databases.python, "-m", "devkit.cmd_i18n", *addons]
        env = workbench.environment(databases)
        try:
            with step(f"Translations: {', '.join(addons)}") as progress:
                stream_or_fail(export, progress, why="odoo i18n export", env=env, cwd=project.ROOT)
                stream_or_fail(merging, progress, why="merging", env=env, cwd=project.ROOT / "dev")
        finally:
            databases.drop(name)
    say(f"Written: i18n/<addon>.pot and i18n/{LANGUAGE}.po; translate what is empty in the latter.")
    return 0


def merge(addon):
    """Write the translation of an addon: the entries of its template, with what is translated."""
    import polib

    folder = project.ROOT / addon / "i18n"
    file = folder / f"{LANGUAGE}.po"
    merged = polib.pofile(str(folder / f"{addon}.pot"))
    if file.exists():
        before = polib.pofile(str(file))
        merged.header, merged.metadata = before.header, before.metadata
        translated = {entry.msgid: entry.msgstr for entry in before if not entry.obsolete}
    else:
        merged.metadata.update(HEADER)
        translated = {}
    for entry in merged:
        entry.msgstr = translated.get(entry.msgid, "")
    merged.save(str(file))


if __name__ == "__main__":
    for addon_ in sys.argv[1:]:
        merge(addon_)
