"""`dev/i18n`: writes the translation files of our addons anew, keeping what is translated."""

import argparse

from . import project, workbench
from .odoo_run import command, configuration
from .process import stream_or_fail
from .steps import say, step

LANGUAGE = "zh_CN"


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
        options = {"env": workbench.environment(databases), "cwd": project.ROOT}
        try:
            with step(f"Translations: {', '.join(addons)}") as progress:
                for action in (
                    ["loadlang", "-l", LANGUAGE],
                    ["export", "-l", "pot", LANGUAGE, "--", *addons],
                ):
                    odoo = command(databases, "i18n", action[0], "-c", config, *action[1:])
                    stream_or_fail(odoo, progress, why=f"odoo i18n {action[0]}", **options)
        finally:
            databases.drop(name)
    say(f"Written: i18n/<addon>.pot and i18n/{LANGUAGE}.po; translate what is empty in the latter.")
    return 0
