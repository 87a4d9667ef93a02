from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPlaybookCode(TransactionCase):
    """Code runs with all rights, so an administrator decides on it, and on whom it runs for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(
            cls.env, "code_boss", groups="base.group_user,sales_team.group_sale_manager"
        )
        cls.action = cls.env["ir.actions.server"].create(
            {
                "name": "Anything",
                "model_id": cls.env["ir.model"]._get("res.partner").id,
                "state": "code",
                "code": "record.write({'comment': 'run'})",
            }
        )
        cls.playbook = cls.env["customer.playbook"].create(
            {
                "name": "With code",
                "model": "res.partner",
                "step_ids": [(0, 0, {"kind": "server", "server_action_id": cls.action.id})],
            }
        )
        cls.step = cls.playbook.step_ids

    def _as_boss(self, record, **context):
        return record.with_user(self.boss).with_context(**context)

    def _refused(self, call):
        with self.assertRaises(AccessError), self.cr.savepoint():
            call()

    def test_no_default_chooses_code(self):
        own = self._as_boss(self.playbook).create({"name": "Own", "model": "res.partner"})
        values = {"playbook_id": own.id, "kind": "server"}
        steps = self._as_boss(self.step.browse(), default_server_action_id=self.action.id)
        self._refused(lambda: steps.create(values))
        self._refused(lambda: steps.create({**values, "server_action_id": self.action.id}))
        self.env["ir.default"].set(
            "customer.playbook.step", "server_action_id", self.action.id, user_id=self.boss.id
        )
        self._refused(lambda: self._as_boss(self.step.browse()).create(values))
        self._refused(lambda: own.write({"step_ids": [(4, self.step.id)]}))

    def test_the_same_code_for_others_is_a_new_decision(self):
        step, playbook = self._as_boss(self.step), self._as_boss(self.playbook)
        self._refused(lambda: step.write({"domain": "[('id', '>', 0)]"}))
        self._refused(lambda: playbook.write({"domain": "[('id', '>', 0)]"}))
        self._refused(lambda: playbook.write({"step_ids": [(1, self.step.id, {"domain": "[]"})]}))
        self._refused(lambda: playbook.copy())
        step.write({"sequence": 20})
        playbook.write({"name": "Renamed"})
        step.write({"server_action_id": False})
        playbook.write({"domain": "[('id', '>', 0)]"})
