"""Runs inside Odoo: `python inside.py CONFIGURATION FUNCTION [ARGUMENTS]`.

Opens the database of the configuration and calls one of the functions below with an environment
of the superuser; what the function returns is printed. Committed when it ends well.
"""

import sys
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def environment(configuration):
    """An Odoo environment on the configured database, as the superuser, in English."""
    import odoo.tools
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(
        ["-c", str(configuration), "--no-http", "--log-level=warn"], setup_logging=True
    )
    with Registry(odoo.tools.config["db_name"][0]).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})


def load_leads(env, file):
    from leads import load

    from odoo.exceptions import UserError

    try:
        return f"{load(env, Path(file))} leads loaded"
    except UserError as error:
        sys.exit(str(error))


def run_bench(env, file):
    import importlib

    file = Path(file)
    sys.path.insert(0, str(file.parents[2]))
    bench = importlib.import_module(f"tests.bench.{file.stem}")
    bench.run(env, lambda text: print(text, flush=True))
    return ""


FUNCTIONS = {function.__name__: function for function in (load_leads, run_bench)}

if __name__ == "__main__":
    with environment(sys.argv[1]) as environment_:
        print(FUNCTIONS[sys.argv[2]](environment_, *sys.argv[3:]), flush=True)
