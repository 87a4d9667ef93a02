"""Who may do what: every model of the pool by every role, and every public method by strangers."""

import inspect

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import mute_logger

from ..common import requires, top_level

ADDON = "odoo.addons.lead_public_pool"
SALES = "base.group_user,sales_team."
ROLES = {
    "public": None,
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "salesman": f"{SALES}group_sale_salesman",
    "salesman_all": f"{SALES}group_sale_salesman_all_leads",
    "pool_manager": "base.group_user,lead_public_pool.group_pool_manager",
    "pool_admin": "base.group_user,lead_public_pool.group_pool_admin",
}
NOBODY = dict.fromkeys(ROLES, "")
READ = {**NOBODY, "salesman": "r", "salesman_all": "r", "pool_manager": "r", "pool_admin": "r"}
DIALOG = {role: "rwc" if may else "" for role, may in READ.items()}
# r read, w write, c create, d delete: what each role may do with some record of the model.
MATRIX = {
    "lead.pool": {**READ, "pool_manager": "rw", "pool_admin": "rwcd"},
    "lead.pool.member": {**READ, "pool_manager": "rwcd", "pool_admin": "rwcd"},
    "lead.pool.rule": {**READ, "pool_manager": "rwcd", "pool_admin": "rwcd"},
    "lead.pool.rule.version": READ,
    "lead.pool.reason": {**READ, "pool_admin": "rwcd"},
    "lead.pool.move": READ,
    "lead.pool.trouble": {**NOBODY, "pool_manager": "r", "pool_admin": "rd"},
    "lead.pool.run": {**NOBODY, "pool_manager": "r", "pool_admin": "r"},
    "lead.pool.entry": READ,
    "lead.pool.view": {**NOBODY, "pool_manager": "r", "pool_admin": "r"},
    "lead.pool.intake": {**NOBODY, "pool_manager": "rwc", "pool_admin": "rwc"},
    "lead.pool.config.export": {**NOBODY, "pool_admin": "rwc"},
    "lead.pool.config.import": {**NOBODY, "pool_admin": "rwc"},
    "lead.pool.lookup.log": {**NOBODY, "pool_manager": "r", "pool_admin": "r"},
    "lead.pool.lookup": DIALOG,
    "lead.pool.lookup.line": {role: f"{may}d" if may else "" for role, may in DIALOG.items()},
    "lead.pool.report": READ,
    "lead.pool.request": READ,
    "lead.pool.wait": READ,
    "lead.pool.transfer": {**NOBODY, "pool_manager": "rwc", "pool_admin": "rwc"},
    "lead.pool.handover.line": {**NOBODY, "pool_manager": "rwcd", "pool_admin": "rwcd"},
    "lead.pool.handover.stage": {**NOBODY, "pool_manager": "r", "pool_admin": "r"},
    "lead.pool.handover": {**NOBODY, "pool_manager": "rwc", "pool_admin": "rwc"},
    "lead.pool.replay": {**NOBODY, "pool_manager": "rwc", "pool_admin": "rwc"},
    "lead.pool.replay.line": {**NOBODY, "pool_manager": "rwcd", "pool_admin": "rwcd"},
    "lead.pool.assign": DIALOG,
    "lead.pool.release": DIALOG,
    "lead.pool.preview": DIALOG,
    "lead.pool.preview.line": DIALOG,
    "lead.pool.result": DIALOG,
    "lead.pool.result.line": DIALOG,
}
# Odoo's own, which we only extend; the model matrix and each addon's tests look at them.
ORM_METHODS = {"create", "write", "unlink", "copy_data", "default_get", "onchange", "web_save"}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}


class AccessCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.env["lead.pool"].search([]).entry_auto = False
        cls.users = {
            role: new_test_user(cls.env, f"matrix_{role}", groups=groups)
            if groups
            else cls.env.ref("base.public_user")
            for role, groups in ROLES.items()
        }


@top_level
class TestModelMatrix(AccessCase):
    def test_every_model_is_in_the_matrix(self):
        ours = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("lead.pool") and not model._abstract
        }
        self.assertEqual(ours, set(MATRIX))

    def test_each_role_may_do_what_the_matrix_says_and_no_more(self):
        for model, row in MATRIX.items():
            for role, allowed in row.items():
                records = self.env[model].with_user(self.users[role])
                found = "".join(
                    letter
                    for letter, operation in OPERATIONS.items()
                    if records.has_access(operation)
                )
                with self.subTest(model=model, role=role):
                    self.assertEqual(found, allowed)


@top_level
class TestMethodMatrix(AccessCase):
    """Whoever calls whatever public method on what is not his: nothing changes, no traceback."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company_b = cls.env["res.company"].create({"name": "Matrix B"})
        cls.users["other_company"] = new_test_user(
            cls.env,
            "matrix_other_company",
            groups=f"{SALES}group_sale_manager",
            company_id=company_b.id,
            company_ids=[(6, 0, company_b.ids)],
        )
        cls.rep = new_test_user(cls.env, "matrix_rep", groups=ROLES["salesman"])
        cls.pool = cls.env["lead.pool"].create(
            {
                "name": "Matrix",
                "extension_days": 3,
                "protected_limit": 5,
                "undo_minutes": 60,
                "member_ids": [(0, 0, {"user_id": cls.rep.id})],
                "rule_ids": [(0, 0, {"name": "Idle", "delay": 5})],
            }
        )
        cls.other_pool = cls.env["lead.pool"].create(
            {
                "name": "Of the other manager",
                "member_ids": [
                    (0, 0, {"user_id": cls.users["pool_manager"].id, "role": "manager"})
                ],
            }
        )
        cls.waiting, cls.held = cls.env["crm.lead"].create(
            [{"name": name, "user_id": False, "pool_id": cls.pool.id} for name in ("W", "H")]
        )
        cls.held.with_user(cls.rep).pool_claim()
        cls.request = cls.env["lead.pool.request"].create(
            {
                "kind": "claim",
                "user_id": cls.rep.id,
                "pool_id": cls.pool.id,
                "lead_id": cls.waiting.id,
            }
        )
        cls.stopped_run = cls.env["lead.pool.run"].create(
            {
                "date_start": cls.env.cr.now(),
                "state": "braked",
                "pool_id": cls.pool.id,
                "reclaimed_count": 1,
            }
        )
        cls.arguments = {
            "user_id": cls.users["salesman"].id,
            "user_ids": cls.users["salesman"].ids,
            "pool_id": cls.other_pool.id,
            "config": {"format": 1, "pools": [{"name": "Smuggled"}]},
        }

    def _public_methods(self, model):
        """Public methods that our addon adds to a model; the ORM's own are not ours to test."""
        for name, method in inspect.getmembers(type(model), inspect.isfunction):
            if not name.startswith("_") and method.__module__.startswith(ADDON):
                yield name, method

    def _state(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            (self.waiting | self.held).read(
                ["user_id", "pool_id", "pool_state", "pool_due_date", "pool_slot"]
            ),
            self.env["lead.pool.move"].search_count([]),
            self.env["lead.pool"].search([]).mapped("write_date"),
            self.env["lead.pool.member"].search([]).mapped("role"),
            self.request.state,
            self.stopped_run.state,
        )

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_strangers_change_nothing_by_any_public_method(self):
        strangers = (
            "public",
            "portal",
            "employee",
            "salesman",
            "salesman_all",
            "pool_manager",
            "other_company",
        )
        targets = [
            self.waiting,
            self.held,
            self.pool,
            self.pool.member_ids,
            self.pool.rule_ids,
            self.request,
            self.stopped_run,
        ]
        before, calls = self._state(), 0
        for target in targets:
            for name, method in self._public_methods(target):
                if name in ORM_METHODS:
                    continue
                signature = inspect.signature(method)
                arguments = {
                    key: self.arguments[key]
                    for key in signature.parameters
                    if key in self.arguments
                }
                for role in strangers:
                    if role == "other_company" and name == "action_quick_start":
                        continue  # His own company is his own business.
                    if role == "other_company" and name == "pool_import":
                        continue
                    calls += 1
                    with self.subTest(model=target._name, method=name, role=role):
                        try:
                            with self.env.cr.savepoint():
                                getattr(target.with_user(self.users[role]), name)(**arguments)
                        except (AccessError, UserError):
                            self.env.invalidate_all()
                        self.assertEqual(self._state(), before)
        self.assertGreater(calls, 200)
