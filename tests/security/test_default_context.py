"""What a user may not write, no default brings in: neither of the context nor one kept by the user.

The cases are made from the registry: every stored field of ours, on our models and on those of
Odoo that we extend.
"""

from datetime import datetime

from psycopg2 import Error

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import mute_logger

from ..common import requires, top_level

ADDONS = {"lead_public_pool", "lead_scoring", "customer_lifecycle"}
REFUSED = (UserError, Error, ValueError)


@top_level
class TestDefaultContext(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        own = "base.group_user,sales_team.group_sale_salesman"
        cls.rep = new_test_user(cls.env, "default_rep", groups=own)
        cls.boss = new_test_user(
            cls.env,
            "default_boss",
            groups="base.group_user,sales_team.group_sale_manager,"
            "lead_public_pool.group_pool_manager",
        )
        cls.third = new_test_user(cls.env, "default_third", groups=own)
        cls.mine, cls.theirs = cls.env["lead.pool"].create(
            [
                {
                    "name": "Mine",
                    "member_ids": [
                        Command.create({"user_id": cls.boss.id, "role": "manager"}),
                        Command.create({"user_id": cls.rep.id}),
                    ],
                },
                {"name": "Theirs"},
            ]
        )

    def _fields(self):
        """(model name, field) of all stored fields of ours."""
        for name, model in sorted(self.env.registry.items()):
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                if field.store and set(field._modules) & ADDONS:
                    yield name, field

    def _value(self, field):
        """A value that no default of ours is likely to be."""
        match field.type:
            case "many2one":
                rows = self.env[field.comodel_name].search([], order="id desc", limit=1)
                return rows.id or None
            case "one2many" | "many2many":
                return None
            case "selection":
                values = field.get_values(self.env)
                return values[-1] if values else None
            case "boolean":
                return not field.default(self.env[field.model_name]) if field.default else True
            case "integer" | "float" | "monetary":
                return 7
            case "date" | "datetime":
                moment = datetime(2026, 3, 4, 5, 6, 7)
                return moment.date() if field.type == "date" else moment
            case "reference":
                return f"res.users,{self.boss.id}"
            case "char" | "text" | "html":
                return "<p>EVIL</p>" if field.type == "html" else "EVIL"
        return None

    def _minimal(self, model):
        """The least that a record of this model needs."""
        values = {}
        for name, field in self.env[model]._fields.items():
            if (field.required and field.store and not field.default) or name == "name":
                value = self._usual(field) or self._value(field)
                if value is not None:
                    values[name] = value
        return values

    def _usual(self, field):
        """What the pool manager may name without a question."""
        return {"lead.pool": self.mine.id, "res.users": self.third.id}.get(
            field.comodel_name if field.type == "many2one" else None
        )

    def _stored(self, model, user, values, field, **context):
        """What a field holds after this creation, or the word `refused`."""
        self.env.invalidate_all()
        answer = "refused"
        try:
            with self.env.cr.savepoint(flush=False) as savepoint:
                records = self.env[model].with_user(user).with_context(**context)
                record = records.create([values])
                self.env.flush_all()
                self.env.invalidate_all()
                answer = record.sudo()[field.name]
                savepoint.rollback()
        except REFUSED:
            answer = "refused"
        self.env.clear()
        return answer

    @mute_logger(
        "odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_access"
    )
    def test_no_default_brings_in_what_may_not_be_written(self):
        tried = created = 0
        for model, field in self._fields():
            value = self._value(field)
            if value is None:
                continue
            minimal = {name: v for name, v in self._minimal(model).items() if name != field.name}
            for user in (self.rep, self.boss):
                plain = self._stored(model, user, minimal, field)
                written = self._stored(model, user, {**minimal, field.name: value}, field)
                if plain == "refused" and not field.required:
                    continue
                created += 1
                if written not in ("refused", plain):
                    continue
                tried += 1

                key = f"default_{field.name}"
                with self.subTest(model=model, field=field.name, user=user.login):
                    got = self._stored(model, user, minimal, field, **{key: value})
                    self.assertIn(got, (plain, "refused"))
        self.assertGreater(created, 50)
        self.assertGreater(tried, 20)
