"""A move of a record carries no command that its user could not give without the move.

The cases are made from the registry: every relational field of a record that a pool holds, each
command that changes what lies behind it, and every kind of move.
"""

from psycopg2 import Error

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import mute_logger

from ..common import requires, top_level

HOMED = {"crm.lead": "lead", "res.partner": "customer"}
# Refused by Odoo, by the database, or stumbled over: all leave everything as it was.
REFUSED = (UserError, Error, ValueError, KeyError)


@top_level
class TestCommands(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        own = "base.group_user,sales_team.group_sale_salesman"
        cls.rep = new_test_user(cls.env, "command_rep", groups=own)
        cls.other = new_test_user(cls.env, "command_other", groups=own)
        cls.boss = new_test_user(
            cls.env, "command_boss", groups="base.group_user,lead_public_pool.group_pool_manager"
        )
        cls.pools = {kind: cls._pools(kind) for kind in HOMED.values()}
        cls.foreign = {}

    @classmethod
    def _pools(cls, kind):
        members = [
            Command.create({"user_id": cls.boss.id, "role": "manager"}),
            Command.create({"user_id": cls.rep.id}),
            Command.create({"user_id": cls.other.id}),
        ]
        return cls.env["lead.pool"].create(
            [{"name": f"{kind} {n}", "kind": kind, "member_ids": members} for n in range(2)]
        )

    def _record(self, model, owner):
        home = self.pools[HOMED[model]][0]
        return self.env[model].create({"name": "Homed", "user_id": owner.id, "pool_id": home.id})

    def _moves(self, model):
        """Kind of move -> who makes it, who held the record, the values that make it."""
        other_home = self.pools[HOMED[model]][1]
        nobody = self.env["res.users"]
        return {
            "claim": (self.rep, nobody, {"user_id": self.rep.id}),
            "release": (self.rep, self.rep, {"user_id": False}),
            "hand over": (self.rep, self.rep, {"user_id": self.other.id}),
            "archive": (self.rep, self.rep, {"active": False}),
            "assign": (self.boss, self.rep, {"user_id": self.other.id}),
            "assign from the pool": (self.boss, nobody, {"user_id": self.other.id}),
            "transfer": (self.boss, self.rep, {"pool_id": other_home.id}),
            "leave": (self.boss, self.rep, {"pool_id": False}),
        }

    def _foreign_row(self, model):
        """A row of a model that has nothing to do with the record."""
        if model._name in self.foreign:
            return self.foreign[model._name]
        if model._name in HOMED:
            row = self._record(model._name, self.other)
        else:
            row = model.browse(self._raw_row(model._table))
        self.foreign[model._name] = row
        return row

    def _raw_row(self, table):
        """A row of somebody else's; what it says besides does not matter here."""
        cr = self.env.cr
        partner = self.other.partner_id
        known = {
            "create_uid": self.other.id,
            "write_uid": self.other.id,
            "user_id": self.other.id,
            "model": partner._name,
            "res_model": partner._name,
            "res_id": partner.id,
            "partner_id": partner.id,
        }
        cr.execute(
            "SELECT column_name, is_nullable FROM information_schema.columns"
            " WHERE table_name = %s AND column_name <> 'id'",
            [table],
        )
        columns = dict(cr.fetchall())
        for column, nullable in columns.items():
            if nullable == "NO":
                cr.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" DROP NOT NULL')
        cr.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
            [table],
        )
        for (check,) in cr.fetchall():
            cr.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{check}"')
        known = {name: value for name, value in known.items() if name in columns}
        cr.execute(
            f'INSERT INTO "{table}" ({", ".join(known)}) VALUES ({", ".join(["%s"] * len(known))})'
            " RETURNING id",
            list(known.values()),
        )
        return cr.fetchone()[0]

    def _commands(self, field):
        """Commands that change, remove, or take over somebody else's row."""
        comodel = self.env[field.comodel_name]
        row = self._foreign_row(comodel)
        text = next(
            (
                name
                for name in (comodel._rec_name, "name", "body", "subject", "acc_number")
                if name in comodel._fields and comodel._fields[name].type in ("char", "text")
            ),
            None,
        )
        if text:
            yield "change", Command.update(row.id, {text: "EVIL"})
        yield "delete", Command.delete(row.id)
        yield "link", Command.link(row.id)
        yield "create", Command.create({text: "EVIL"} if text else {})

    def _fields(self, model):
        for name, field in sorted(self.env[model]._fields.items()):
            if field.type not in ("one2many", "many2many") or (field.related and not field.store):
                continue
            comodel = self.env[field.comodel_name]
            if comodel._abstract or comodel._transient or not comodel._auto:
                continue
            if not field.readonly or field.inverse or field.store:
                yield name, field

    def _allowed(self, record, user, values):
        """Whether this user may write this; nothing stays of it.

        :return: the values of the row afterwards matter to nobody, so only yes or no
        """
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint(flush=False) as savepoint:
                record.with_user(user).write(values)
                self.env.flush_all()
                savepoint.rollback()
        except REFUSED:
            self.env.clear()
            return False
        self.env.clear()
        return True

    def _allowed_after(self, record, user, move, values):
        """Whether the command is allowed to this user once the move alone was made."""
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint(flush=False) as savepoint:
                record.with_user(user).write(move)
                self.env.flush_all()
                self.env.invalidate_all()
                answer = self._allowed(record, user, values)
                savepoint.rollback()
        except REFUSED:
            answer = False
        self.env.clear()
        return answer

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.models.unlink")
    def test_no_move_carries_a_command_that_is_refused_without_it(self):
        tried = 0
        for model in HOMED:
            for kind, (user, owner, move) in self._moves(model).items():
                record = self._record(model, owner)
                self.assertTrue(self._allowed(record, user, move), (model, kind))
                for name, what, command in self._attacks(model, kind):
                    values = {name: [command]}
                    tried += 1
                    if not self._allowed(record, user, {**move, **values}):
                        continue
                    with self.subTest(model=model, kind=kind, field=name, command=what):
                        self.assertTrue(
                            self._allowed(record, user, values)
                            or self._allowed_after(record, user, move, values)
                        )
        self.assertGreater(tried, 500)

    def _attacks(self, model, kind):
        """Every field with a command that changes; the other commands with two moves, for time."""
        for name, field in self._fields(model):
            for what, command in self._commands(field):
                if what == "change" or kind in ("claim", "release"):
                    yield name, what, command
