"""A dialog shows what its user asked for: colleagues neither read, change, press nor delete it."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user

from ..common import requires, top_level

ADDONS = {"lead_public_pool", "lead_scoring", "customer_lifecycle"}
# Of every model, or without any look at the dialog.
STOCK = {"action_archive", "action_unarchive", "action_close"}


@top_level
class TestDialogs(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)
        groups = "base.group_user,sales_team.group_sale_manager"
        cls.owner = new_test_user(cls.env, "dialog_owner", groups=groups)
        cls.colleague = new_test_user(cls.env, "dialog_colleague", groups=groups)

    def _models(self):
        for name, model in sorted(self.env.registry.items()):
            if model._transient and not model._abstract and model._original_module in ADDONS:
                yield self.env[name]

    def _row(self, model):
        """A row of a dialog as its owner leaves it; what it is about does not matter here."""
        query = f"INSERT INTO {model._table} (create_uid, write_uid) VALUES (%s, %s) RETURNING id"
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND is_nullable = 'NO' AND column_name <> 'id'",
            [model._table],
        )
        for (column,) in self.env.cr.fetchall():
            self.env.cr.execute(f'ALTER TABLE {model._table} ALTER COLUMN "{column}" DROP NOT NULL')
        self.env.cr.execute(query, [self.owner.id, self.owner.id])
        return model.browse(self.env.cr.fetchone()[0])

    def test_no_dialog_of_a_colleague_is_open(self):
        tried = 0
        for model in self._models():
            row = self._row(model)
            self.env.invalidate_all()
            mine, theirs = row.with_user(self.owner), row.with_user(self.colleague)
            with self.subTest(model._name):
                if not mine.has_access("read"):
                    self.skipTest("not for sales managers")
                mine.read(["create_date"])
                self.assertFalse(theirs.search([("id", "=", row.id)]))
                for call in (
                    lambda theirs=theirs: theirs.read(["create_date"]),
                    lambda theirs=theirs: theirs.write({"create_uid": self.colleague.id}),
                    lambda theirs=theirs: theirs.unlink(),
                    lambda theirs=theirs: theirs.copy(),
                ):
                    with self.assertRaises(AccessError), self.cr.savepoint():
                        call()
            tried += 1
        self.assertGreater(tried, 15)

    def test_no_button_of_a_colleagues_dialog_can_be_pressed(self):
        for model in self._models():
            row = self._row(model)
            self.env.invalidate_all()
            theirs = row.with_user(self.colleague)
            for name in dir(type(model)):
                # To close a dialog looks at nothing and changes nothing.
                if not name.startswith("action_") or name in STOCK:
                    continue
                with (
                    self.subTest(f"{model._name}.{name}"),
                    self.assertRaises(AccessError),
                    self.cr.savepoint(),
                ):
                    getattr(theirs, name)()
