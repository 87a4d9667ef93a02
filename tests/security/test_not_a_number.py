"""No setting holds `nan` or infinity: every number that a user can write is one."""

import math

from psycopg2 import Error

from odoo.exceptions import UserError
from odoo.tests import TransactionCase
from odoo.tools import mute_logger

from ..common import requires, top_level

ADDONS = {"lead_public_pool", "lead_scoring", "customer_lifecycle"}
NONE = (math.nan, math.inf, -math.inf)


@top_level
class TestNotANumber(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})

    def _fields(self):
        """(model name, field) of all numbers of ours that can be written."""
        for name, model in sorted(self.env.registry.items()):
            if model._abstract or not model._auto:
                continue
            for field in model._fields.values():
                if (
                    field.type in ("float", "monetary", "integer")
                    and set(field._modules) & ADDONS
                    and field.store
                    and not (field.readonly or (field.compute and not field.inverse))
                ):
                    yield name, field

    def _record(self, name):
        """A record of a model, made up where there is none."""
        model = self.env[name]
        if found := model.with_context(active_test=False).search([], limit=1):
            return found
        values = {}
        for field in model._fields.values():
            if field.required and field.store and not field.default:
                values[field.name] = self._value(field)
        try:
            with self.env.cr.savepoint():
                return model.create(values)
        except (UserError, Error, ValueError):
            self.env.clear()
            return model

    def _value(self, field):
        if field.type == "many2one":
            return self.env[field.comodel_name].search([], limit=1).id
        if field.type == "selection":
            return field.get_values(self.env)[0]
        return {"char": "x", "text": "x", "boolean": True}.get(field.type, 1)

    @mute_logger("odoo.sql_db")
    def test_no_number_is_none(self):
        tried, without = 0, []
        for name, field in self._fields():
            record = self._record(name)
            if not record:
                without.append(name)
                continue
            for number in NONE:
                tried += 1
                with self.subTest(model=name, field=field.name, number=number):
                    stored = 0.0
                    try:
                        with self.env.cr.savepoint():
                            record.write({field.name: number})
                            self.env.flush_all()
                            self.env.invalidate_all()
                            stored = record[field.name]
                    except (UserError, Error, ValueError, OverflowError):
                        self.env.clear()
                    self.assertTrue(math.isfinite(stored))
        self.assertGreater(tried, 60)
        self.assertLess(len(set(without)), 5, without)
