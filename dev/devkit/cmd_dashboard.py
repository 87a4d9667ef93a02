"""`dev/dashboard`: writes the spreadsheet dashboards that dev/dashboards/*.py describe."""

import argparse
import importlib.util

from . import project
from .steps import say

FOLDER = project.ROOT / "dev" / "dashboards"


def main(arguments):
    parser = argparse.ArgumentParser(prog="dev/dashboard", description=__doc__.split(": ", 1)[1])
    parser.parse_args(arguments)
    for file, text in written().items():
        file.write_text(text, encoding="utf-8")
        say(f"Written: {file.relative_to(project.ROOT)}")
    return 0


def written():
    """What `dev/dashboard` writes.

    :return: path of each dashboard file -> its content
    """
    files = {}
    for source in sorted(FOLDER.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"dashboards_{source.stem}", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, dashboard in module.dashboards().items():
            path = project.ROOT / source.stem / "data" / "files" / f"{name}_dashboard.json"
            files[path] = dashboard.text()
    return files
