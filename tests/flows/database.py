"""A database of its own for a test that talks to a running server."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor
from odoo.tools import config

from devkit import workbench


class Flow:
    """The database of the flow, and what the test needs to act on it."""

    def __init__(self, databases, name):
        self.databases, self.name = databases, name
        # The session's own registry runs in test mode; this one is an ordinary database.
        testing, config["test_enable"] = config["test_enable"], False
        try:
            self.registry = Registry(name)
        finally:
            config["test_enable"] = testing
        self.keys = {}

    @contextmanager
    def env(self, user=SUPERUSER_ID, after=None):
        """A committed environment, `after` some time has passed by the database's clock."""
        with self.registry.cursor() as cr:
            now = cr.now() + (after or timedelta(0))
            with patch.object(Cursor, "now", lambda self: now):
                yield api.Environment(cr, user, {})


@contextmanager
def flow_on_a_copy(name):
    """A `Flow` on a copy of the database of all addons, which goes afterwards.

    :param str name: short name of the copy
    """
    told = workbench.inherited()
    if not told:
        pytest.skip("started without dev/test, which provides databases and a server")
    databases, _more = told
    copy = databases.copy_for(name, databases.addons())
    yield Flow(databases, copy)
    Registry.delete(copy)
    databases.drop(copy)
