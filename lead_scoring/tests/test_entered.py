import json
from functools import partial

from psycopg2 import Error

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ScoreCase

MAGIC_COLUMNS = ("id", "create_uid", "create_date", "write_uid", "write_date")
REFUSED = (UserError, Error, ValueError)
ABSURD = (float("nan"), float("inf"), "nan", "-Infinity", "1e400", 10**400, 1e300, "many", [1])
# Learning has guards of its own.
LEARNING = ("lead.score.model", "lead.score.model.field", "lead.score.proposal")


@tagged("post_install", "-at_install")
class TestEntered(ScoreCase):
    """What nobody may enter comes in by no door; the cases are made from the registry."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._create_card([{"kind": "attribute", "points": 10}], publish=True)
        cls.lead = cls._create_leads()
        todo = cls.env.ref("mail.mail_activity_data_todo")
        cls.trigger = cls.env["lead.score.trigger"].create(
            {"name": "T", "activity_type_id": todo.id, "to_temperature": "hot"}
        )
        cls.records = {
            record._name: record
            for record in (
                cls.lead,
                cls.card,
                cls.card.rule_ids,
                cls.trigger,
                cls.signal,
                cls.env["lead.score.collector"].search([], limit=1),
                cls.env["lead.score.influencer"].create({"lead_id": cls.lead.id, "name": "P"}),
                cls.env["lead.score.reject.reason"].search([], limit=1),
                cls.env["lead.score.motive"].search([], limit=1),
            )
        }

    def _fields(self, wanted):
        for model, record in self.records.items():
            for name, field in record._fields.items():
                mine = set(field._modules) == {"lead_scoring"} or model.startswith("lead.score.")
                if mine and field.store and name not in MAGIC_COLUMNS and wanted(field):
                    yield record, name, field

    def _forged(self, field):
        return {
            "integer": 7,
            "float": 7.5,
            "monetary": 7.5,
            "boolean": True,
            "char": "forged",
            "text": "forged",
            "json": {"forged": 1},
            "date": "2020-01-01",
            "datetime": "2020-01-01 00:00:00",
            "many2one": self.env.user.id if field.comodel_name == "res.users" else False,
            "selection": (field.get_values(self.env) or [False])[-1]
            if field.type == "selection"
            else False,
        }.get(field.type)

    def _kept(self):
        """Fields that the program keeps, with a value that somebody would like to see there."""
        found = self._fields(lambda field: field.readonly and not field.type.endswith("2many"))
        for record, name, field in found:
            if value := self._forged(field):
                yield record, name, value

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.tests")
    def _refused_or_without_effect(self, record, name, work):
        before = record.sudo()[name]
        made = record.browse()
        try:
            with self.env.cr.savepoint():
                made = work() or made
                self.env.flush_all()
                self.env.invalidate_all()
                forged = [one for one in made.sudo() if one[name] not in (before, False)]
                self.assertFalse(forged, "a new record brought it along")
                self.assertEqual(record.sudo()[name], before)
        except REFUSED:
            self.env.invalidate_all()

    def test_nobody_writes_what_the_program_keeps(self):
        tried = 0
        for record, name, value in self._kept():
            for user in (self.rep, self.boss):
                tried += 1
                with self.subTest(record._name, field=name, user=user.login):
                    write = partial(self._write, record.with_user(user), name, value)
                    self._refused_or_without_effect(record, name, write)
        self.assertGreater(tried, 40)

    def _write(self, record, name, value):
        record.write({name: value})

    def _load(self, record, name, value):
        value = json.dumps(value) if isinstance(value, dict) else str(value)
        record.load([".id", name], [[str(record.id), value]])

    def _copy(self, record, name, value):
        record = record.with_context(**{f"default_{name}": value})
        copied = record.copy({"code": "t_copy"} if "code" in record else None)
        return copied if copied.sudo()[name] == value else None

    def test_nobody_imports_what_the_program_keeps(self):
        for record, name, value in self._kept():
            with self.subTest(record._name, field=name):
                load = partial(self._load, record.with_user(self.rep), name, value)
                self._refused_or_without_effect(record, name, load)

    def test_no_default_and_no_copy_brings_it_in(self):
        for record, name, value in self._kept():
            if record._name == "crm.lead" and name.startswith("qualification"):
                continue  # a manager brings a history along; see `test_qualification`
            with self.subTest(record._name, field=name):
                copy = partial(self._copy, record.with_user(self.boss), name, value)
                self._refused_or_without_effect(record, name, copy)

    def test_no_number_is_absurd(self):
        tried = 0
        numbers = ("integer", "float", "monetary")
        for record, name, _field in self._fields(
            lambda field: field.type in numbers and not field.readonly
        ):
            if name in ("color",):
                continue
            for value in ABSURD:
                tried += 1
                what = {"field": name, "value": str(value)[:9]}
                with self.subTest(record._name, **what), self.assertRaises(UserError):
                    self._write(record.with_user(self.boss), name, value)
        self.assertGreater(tried, 100)

    def test_no_default_is_absurd(self):
        for model, values in (
            ("lead.score.card", {"name": "X"}),
            ("lead.score.rule", {"name": "X", "card_id": self.card.id}),
            ("lead.score.trigger", {"name": "X"}),
            ("crm.lead", {"name": "X"}),
        ):
            rows = self.env[model].with_user(self.boss)
            for name in {"half_life", "threshold", "profile_budget"} & rows._fields.keys():
                for value in ("nan", float("inf")):
                    with self.subTest(model, field=name), self.assertRaises(UserError):
                        rows.with_context(**{f"default_{name}": value}).create(values)

    def test_a_preview_shows_nothing_that_somebody_has_sent(self):
        script = "<script>alert(1)</script>"
        previews = self.env["lead.score.simulation"].with_user(self.boss)
        with self.assertRaises(UserError):
            previews.create({"histogram": script})
        with self.assertRaises(UserError):
            previews.with_context(default_histogram=script).create({})
        preview = previews.browse(self.card.with_user(self.boss).action_simulate()["res_id"])
        with self.assertRaises(UserError):
            preview.write({"histogram": script})
        self.assertTrue(preview.histogram)

    def test_nobody_moves_a_rule_or_a_card_into_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self._create_card(publish=False, company_id=company.id)
        boss = self.card.with_user(self.boss)
        for work in (
            lambda: boss.rule_ids.write({"card_id": theirs.id}),
            lambda: boss.copy().write({"company_id": company.id}),
            lambda: self.trigger.with_user(self.boss).write({"company_id": company.id}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                work()
                self.env.flush_all()

    def test_the_first_response_of_merged_leads_is_kept(self):
        leads = self._create_leads(2, type="opportunity")
        for lead, day in zip(leads, ("2026-03-02", "2026-03-01"), strict=True):
            lead.write({"score_response_date": day, "score_response_hours": int(day[-1])})
        merged = leads.with_user(self.boss).merge_opportunity()
        self.assertEqual(merged.score_response_hours, 1)

    def test_a_filter_asks_for_nothing_that_its_author_may_not_read(self):
        """It works with all rights, and its points and counts would tell."""
        secret = "[('user_id.partner_id.signup_type', '=', 'signup')]"
        draft = self._create_card([self._attribute()], publish=False).with_user(self.boss)
        todo = self.env.ref("mail.mail_activity_data_todo")
        for number, work in enumerate(
            (
                lambda: draft.write({"domain": secret}),
                lambda: draft.rule_ids.write({"domain": secret}),
                lambda: draft.write({"rule_ids": [(0, 0, {"name": "X", "domain": secret})]}),
                lambda: draft.create({"name": "X", "domain": secret}),
                lambda: draft.with_context(default_domain=secret).create({"name": "X"}),
                lambda: self.trigger.with_user(self.boss).write({"domain": secret}),
                lambda: self.trigger.with_user(self.boss).create(
                    {"name": "X", "activity_type_id": todo.id, "domain": secret}
                ),
            )
        ):
            with self.subTest(number), self.assertRaises(AccessError), self.env.cr.savepoint():
                work()
        draft.rule_ids.domain = "[('partner_id.country_id.code', '=', 'DE')]"
        draft.sudo().write({"domain": secret})
        draft.write({"sequence": 3})

    def test_no_version_of_the_win_probability_comes_into_use_by_itself(self):
        versions = self.env["lead.score.model"].with_user(self.boss)
        draft = versions.create({})
        self.assertEqual(draft.state, "draft")
        for name, value in (("state", "champion"), ("auc", 0.99), ("model_file", "W1tbW1s=")):
            for work in (
                lambda name=name, value=value: versions.create({name: value}),
                lambda name=name, value=value: versions.with_context(
                    **{f"default_{name}": value}
                ).create({}),
                lambda name=name, value=value: draft.write({name: value}),
            ):
                with self.subTest(name), self.assertRaises(AccessError):
                    work()
