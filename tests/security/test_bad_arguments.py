"""Whatever comes as ids and arguments: a public method answers or refuses, and soon.

The cases are made from the registry: every public method of every model of the three addons, with
ids and arguments that no honest caller sends.
"""

import inspect
import time

from odoo.exceptions import AccessDenied, UserError
from odoo.models import BaseModel
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import mute_logger

from ..common import requires, top_level

ADDONS = ("lead_public_pool", "lead_scoring", "customer_lifecycle")
MANY = 100_000
# A list of ids that is none; the last one is an id that exists, see `_targets`.
BAD_IDS = ([], ["x"], [None], [True], [[1]], [{}], ["\0"], [1.5], [-1], [10**12], [2**31 - 1])
BAD_VALUES = (
    *(None, True, 0, -1, 10**12, 1.5, float("nan"), "x", "\0", "9" * 300, [], ["x"], [[1]]),
    *([True], {}, {"a": {}}, [10**12]),
)
# What one call may take, in seconds, on a busy machine.
SOON = 5
# They start or undo the work of a whole company, or fetch files: their arguments are none.
LEFT_OUT = {"action_train_now", "action_rebuild_all", "action_win_train"}


def of_addon(name):
    """Models, and their public methods, that one of our addons defines."""
    return f"odoo.addons.{name}."


@top_level
class TestBadArguments(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.boss = new_test_user(
            cls.env,
            "arguments_boss",
            groups="base.group_user,sales_team.group_sale_manager,"
            "lead_public_pool.group_pool_admin",
        )
        cls.pool = cls.env["lead.pool"].create(
            {"name": "Arguments", "member_ids": [(0, 0, {"user_id": cls.boss.id})]}
        )
        cls.leads = cls.env["crm.lead"].create(
            [{"name": f"L{n}", "user_id": False, "pool_id": cls.pool.id} for n in range(2)]
        )

    def _methods(self):
        """(model name, method name, function) of all public methods that our addons add."""
        ours = tuple(of_addon(name) for name in ADDONS)
        for model_name in sorted(self.env.registry):
            model = self.env.registry[model_name]
            if model._abstract:
                continue
            for name, function in inspect.getmembers(model, inspect.isfunction):
                if name.startswith("_") or hasattr(BaseModel, name) or name in LEFT_OUT:
                    continue
                if getattr(function, "_api_private", False):
                    continue
                if function.__module__.startswith(ours) and not self._is_orm(model, name):
                    yield model_name, name, function

    def _is_orm(self, model, name):
        """Whether Odoo defines it too: then its arguments are those of Odoo."""
        return any(
            name in vars(base)
            for base in model.mro()
            if base.__module__.startswith("odoo.")
            and not base.__module__.startswith(tuple(of_addon(addon) for addon in ADDONS))
        )

    def _call(self, model_name, method, ids, arguments):
        """Call as RPC does.

        :return: the exception that is none of those for people, or None; and the seconds it took
        """
        start = time.monotonic()
        records = self.env[model_name].with_user(self.boss).browse(ids)
        try:
            with self.env.cr.savepoint():
                getattr(type(records), method)(records, **arguments)
                self.env.flush_all()
        except (UserError, AccessDenied):
            error = None
        except Exception as wrong:
            error = wrong
        else:
            error = None
        self.env.invalidate_all()
        return error, time.monotonic() - start

    def _assert_answers(self, cases):
        wrong = []
        for model_name, method, ids, arguments in cases:
            error, seconds = self._call(model_name, method, ids, arguments)
            if error is not None or seconds > SOON:
                shown = ascii(ids)[:40]
                wrong.append(
                    f"{model_name}.{method}({shown}, {ascii(arguments)[:80]}):"
                    f" {seconds:.1f} s {error!r:.160}"
                )
        self.assertFalse(wrong, "\n".join(wrong))

    def _good(self, function):
        """Arguments without which it cannot be called."""
        parameters = list(inspect.signature(function).parameters.values())[1:]
        return {given.name: None for given in parameters if given.default is given.empty}

    def _target(self, model_name):
        """Ids of records that exist, two where there are two."""
        return self.env[model_name].search([], limit=2).ids

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def test_no_list_of_ids_makes_a_public_method_fall_over(self):
        cases = []
        for model_name, method, function in self._methods():
            if getattr(function, "_api_model", False):
                continue
            there = self._target(model_name)
            more = (there, there[:1] * 3, [*there[:1], "x"])
            for ids in (*BAD_IDS, *more):
                cases.append((model_name, method, ids, self._good(function)))
        self.assertGreater(len(cases), 1000)
        self._assert_answers(cases)

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def test_no_argument_makes_a_public_method_fall_over(self):
        cases = []
        for model_name, method, function in self._methods():
            plain = getattr(function, "_api_model", False)
            ids = [] if plain else self._target(model_name)[:1]
            for name in list(inspect.signature(function).parameters)[1:]:
                for value in BAD_VALUES:
                    arguments = {**self._good(function), name: value}
                    cases.append((model_name, method, ids, arguments))
        self.assertGreater(len(cases), 300)
        self._assert_answers(cases)

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def test_a_hundred_thousand_ids_are_refused_or_answered_soon(self):
        same = self.leads.ids[:1] * MANY
        many = list(range(1, MANY + 1))
        methods = [
            (model_name, method, function)
            for model_name, method, function in self._methods()
            if model_name in ("crm.lead", "res.partner", "lead.pool.entry", "lead.pool")
            if not getattr(function, "_api_model", False)
        ]
        self.assertGreater(len(methods), 40)
        self._assert_answers(
            (model_name, method, ids, self._good(function))
            for model_name, method, function in methods
            for ids in (same, many)
        )

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def test_dialogs_refuse_fields_and_values_that_they_do_not_have(self):
        """Fields that do not exist, numbers and lists that are none, and unprintable texts."""
        names = [
            name
            for name, model in self.env.registry.items()
            if model._transient and name.startswith(("lead.pool.", "lead.score.", "customer."))
        ]
        self.assertGreater(len(names), 20)
        for name in sorted(names):
            dialog = self.env[name].with_user(self.boss)
            bad = [{"no_such_field": 1}, {"user.login": "x"}]
            for field in dialog._fields.values():
                if field.store and field.type in ("many2one", "many2many", "one2many"):
                    bad += [{field.name: value} for value in ("x", {"a": 1}, 1.5, True)]
                elif field.store and field.type in ("char", "text"):
                    bad += [{field.name: value} for value in ("\0", [1], {"a": 1})]
            for values in bad:
                with (
                    self.subTest(name, values=values),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    dialog.create(values)
