import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestConfig(PoolCase):
    """Pools as data."""

    def test_a_pool_travels_with_its_rules_and_members(self):
        second = self._create_pool("Carry 2")
        first = self._create_pool(
            "Carry 1", daily_limit=7, round_limit=2, next_pool_id=second.id, color=3
        )
        self._create_rule(pool_id=first.id, name="Idle", delay=4, unit="week", active=False)
        pools = first | second
        config = json.loads(json.dumps(pools.with_user(self.admin).pool_export()))
        first.write({"name": "Old 1"})
        second.write({"name": "Old 2"})
        answer = self.env["lead.pool"].with_user(self.admin).pool_import(config)
        self.assertFalse(answer["messages"])
        new = self.env["lead.pool"].browse(answer["ids"])
        self.assertRecordValues(
            new,
            [
                {"name": "Carry 1", "daily_limit": 7, "round_limit": 2, "color": 3},
                {"name": "Carry 2", "daily_limit": 0, "round_limit": 0, "color": 0},
            ],
        )
        self.assertEqual(new[0].next_pool_id, new[1])
        self.assertEqual(new[0].member_ids.user_id, first.member_ids.user_id)
        rule = new[0].with_context(active_test=False).rule_ids
        self.assertRecordValues(
            rule, [{"name": "Idle", "delay": 4, "unit": "week", "active": False, "version": 1}]
        )
        again = new.with_user(self.admin).pool_export()
        self.assertEqual(again, config)

    def test_what_is_unknown_here_is_reported_and_the_rest_comes_in(self):
        config = self.pool.with_user(self.admin).pool_export()
        config["pools"][0]["name"] = "Imported"
        config["pools"][0]["from_the_future"] = 1
        config["pools"][0]["members"].append({"user_id": "nobody@example.com", "role": "member"})
        answer = self.env["lead.pool"].with_user(self.admin).pool_import(config)
        self.assertEqual(len(answer["messages"]), 2)
        self.assertEqual(len(self.env["lead.pool"].browse(answer["ids"]).member_ids), 3)

    def test_bad_data_is_a_clear_error_and_creates_nothing(self):
        count = self.env["lead.pool"].search_count([])
        good = self.pool.with_user(self.admin).pool_export()
        bad_rule = json.loads(json.dumps(good))
        bad_rule["pools"][0]["rules"] = [{"name": "Bad", "domain": "[(", "delay": 1}]
        for config in (
            {},
            [],
            None,
            {"format": 2, "pools": []},
            {"format": 1, "pools": "many"},
            {"format": 1, "pools": [5]},
            {"format": 1, "pools": [{"name": "X", "kind": "nonsense"}]},
            bad_rule,
        ):
            with (
                self.subTest(str(config)[:60]),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                self.env["lead.pool"].with_user(self.admin).pool_import(config)
        self.assertEqual(self.env["lead.pool"].search_count([]), count)

    def test_only_administrators_export_and_import(self):
        with self.assertRaises(AccessError):
            self.pool.with_user(self.lead_manager).pool_export()
        with self.assertRaises(AccessError):
            self.env["lead.pool"].with_user(self.rep).pool_import({"format": 1, "pools": []})

    def test_quick_start_makes_a_chain_that_works(self):
        pools = self.env["lead.pool"].search([("name", "in", ("New leads", "Second chance"))])
        pools.write({"name": "Renamed"})
        self.env["lead.pool"].with_user(self.admin).action_quick_start()
        first = self.env["lead.pool"].search([("name", "=", "New leads")])
        self.assertEqual(first.next_pool_id.name, "Second chance")
        self.assertEqual(len(first.rule_ids), 2)
        self.assertTrue(first._is_managed_by(self.admin))
        lead = self._create_leads(pool=first)
        self._claim(lead, self.admin)
        self.assertTrue(lead.pool_due_date)
        with self.assertRaises(UserError):
            self.env["lead.pool"].with_user(self.admin).action_quick_start()


@tagged("post_install", "-at_install")
class TestConfigFile(PoolCase):
    """Pools through a file, in the hands of an administrator."""

    def _export(self, pools):
        return json.loads(json.dumps(pools.with_user(self.admin).pool_export()))

    def _wizard(self, content, **values):
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        raw = content if isinstance(content, bytes) else content.encode()
        wizards = self.env["lead.pool.config.import"].with_user(self.admin)
        wizard = wizards.create({"file": base64.b64encode(raw), **values})
        wizard._onchange_check()
        return wizard

    def test_a_downloaded_file_is_what_the_api_exports(self):
        action = self.pool.with_user(self.admin).action_config_export()
        self.assertRegex(action["url"], r"^/web/content/lead.pool.config.export/\d+/file/")
        export = self.env["lead.pool.config.export"].search([], order="id desc", limit=1)
        self.assertEqual(json.loads(base64.b64decode(export.file)), self._export(self.pool))
        with self.assertRaises(AccessError):
            self.pool.with_user(self.lead_manager).action_config_export()

    def test_the_preview_tells_what_is_new_and_changes_nothing(self):
        config = self._export(self.pool)
        config["pools"][0]["name"] = "From a file"
        config["pools"][0]["from_the_future"] = 1
        count = self.env["lead.pool"].search_count([])
        wizard = self._wizard(config)
        self.assertTrue(wizard.can_import)
        self.assertIn("From a file", wizard.preview)
        self.assertIn("from_the_future", wizard.preview)
        self.assertEqual(self.env["lead.pool"].search_count([]), count)
        wizard.action_import()
        self.assertEqual(self.env["lead.pool"].search_count([]), count + 1)

    def test_the_preview_appears_as_soon_as_a_file_is_chosen(self):
        content = base64.b64encode(json.dumps(self._export(self.pool)).encode()).decode()
        form = Form(self.env["lead.pool.config.import"].with_user(self.admin))
        form.file = content
        self.assertTrue(form.can_import)
        self.assertIn("Stays as it is", form.preview)
        form.update = False
        self.assertIn("New", form.preview)
        wizard = form.save()
        self.assertEqual(wizard.file.decode(), content)
        self.assertFalse(wizard.update)

    def test_an_update_tells_each_change_and_makes_just_those(self):
        rule = self._create_rule(name="Idle", delay=4)
        self._create_rule(name="Not in the file")
        config = self._export(self.pool)
        row = config["pools"][0]
        row["daily_limit"] = 7
        row["rules"] = [{**row["rules"][0], "delay": 9}, {"name": "Added", "delay": 3}]
        row["members"] = [{"user_id": self.stranger.login, "role": "member"}]
        check = self.env["lead.pool"].with_user(self.admin).pool_import_check
        plan = check(config, update=True)
        self.assertFalse(plan["errors"] or plan["unknown"])
        self.assertEqual(plan["pools"][0]["action"], "change")
        self.assertEqual(len(plan["pools"][0]["changes"]), 4)
        self.assertEqual((self.pool.daily_limit, rule.delay), (0, 4))
        self._wizard(config).action_import()
        self.assertEqual((self.pool.daily_limit, rule.delay), (7, 9))
        names = set(self.pool.rule_ids.mapped("name"))
        self.assertEqual(names, {"Idle", "Not in the file", "Added"})
        self.assertEqual(len(self.pool.member_ids), 4)
        self.assertEqual(check(config, update=True)["pools"][0]["action"], "same")
        self.assertEqual(check(config)["pools"][0]["action"], "create")

    def test_errors_name_their_place_and_nothing_comes_in(self):
        config = self._export(self.pool)
        row = config["pools"][0]
        cases = {
            "Line 2, column 3": '{"format": 1,\n  oops}',
            "no text file": b"\xff\xfe\x00",
            "“format” must be 1": {"format": 2},
            "“pools” must be a list": {"format": 1, "pools": {}},
            "pools 1: a name is missing": {"format": 1, "pools": [{"kind": "lead"}]},
            "pools 1 (Test pool), “daily_limit”: 'many' is not a whole number": {
                **config, "pools": [{**row, "daily_limit": "many"}]
            },
            "pools 1 (Test pool), “kind”: 'nonsense' is none of lead, customer": {
                **config, "pools": [{**row, "kind": "nonsense"}]
            },
            "pools 1 (Test pool), rules 1 (Bad), “delay”: True is not a whole number": {
                **config, "pools": [{**row, "rules": [{"name": "Bad", "delay": True}]}]
            },
            "pools 1 (Test pool): “rules” must be a list": {
                **config, "pools": [{**row, "rules": 5}]
            },
            "filter of Bad": {
                **config,
                "pools": [{**row, "rules": [{"name": "Bad", "domain": "[(", "delay": 1}]}],
            },
        }  # fmt: skip
        before = self.pool.write_date
        for message, content in cases.items():
            with self.subTest(message):
                wizard = self._wizard(content, update=False)
                self.assertFalse(wizard.can_import)
                preview = str(wizard.preview).replace("&#39;", "'")
                self.assertIn(message, preview)
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    wizard.action_import()
        self.assertEqual(self.pool.write_date, before)

    @mute_logger("odoo.sql_db")
    def test_no_file_breaks_the_page_on_which_it_is_chosen(self):
        row = self._export(self.pool)["pools"][0]
        for wrong in (
            {"daily_limit": 10**12},
            {"name": "a\x00b"},
            {"exempt_domain": "[('create_date.month_number', '=', 'May')]"},
            {"rules": [{"name": "R", "delay": 10**12}]},
            {"rules": [{"name": {"en_US": 1}, "delay": 1}]},
            {"members": [{"user_id": {"login": 1}}]},
            {"next_pool_id": [1, 2]},
            {"kind": ["lead"]},
        ):
            for update in (False, True):
                config = {"format": 1, "pools": [{**row, **wrong}]}
                with self.subTest(f"{wrong} {update}"):
                    form = Form(self.env["lead.pool.config.import"].with_user(self.admin))
                    form.update = update
                    form.file = base64.b64encode(json.dumps(config).encode()).decode()
                    self.assertTrue(form.preview)
                    if not form.can_import:
                        with self.assertRaises(UserError), self.env.cr.savepoint():
                            self._wizard(config, update=update).action_import()
        deep = self._wizard("[" * 100000)
        self.assertFalse(deep.can_import)

    def test_only_administrators_open_the_import(self):
        with self.assertRaises(AccessError):
            self.env["lead.pool"].with_user(self.lead_manager).pool_import_check({"format": 1})
        with self.assertRaises(AccessError):
            self.env["lead.pool.config.import"].with_user(self.lead_manager).create(
                {"file": "e30="}
            )
