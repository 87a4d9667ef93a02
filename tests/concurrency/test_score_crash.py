"""Jobs of lead scoring that are killed in the middle lose nothing and do nothing twice."""

from datetime import timedelta

from odoo.fields import Datetime
from odoo.tests import TransactionCase
from odoo.tools import SQL, config

from ..common import committed, requires, top_level
from .crash import killed_after


@top_level
class TestScoreCrash(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_scoring")

    def setUp(self):
        super().setUp()
        self.addCleanup(self._take_back)
        with committed(self.registry, tracking_disable=True) as env:
            self.signal = env["lead.score.signal"].create({"name": "Crash", "code": "t_crash"}).id
            rule = {"name": "Did", "kind": "signal", "points": 30, "signal_id": self.signal}
            card = env["lead.score.card"].create(
                {
                    "name": "Crash",
                    "sequence": -1,
                    "domain": "[('referred', '=', 'score-crash')]",
                    "half_life": 10,
                    "rule_ids": [(0, 0, {**rule, "dimension": "engagement"})],
                }
            )
            card.action_publish()
            self.card = card.id
            leads = env["crm.lead"].create(
                [{"name": f"Crash {n}", "referred": "score-crash"} for n in range(9)]
            )
            self.leads = leads.ids
            leads.score_signal("t_crash")
            self.trigger = (
                env["lead.score.trigger"]
                .create(
                    {
                        "name": "Crash",
                        "card_id": self.card,
                        "watch": "stay",
                        "threshold": 50,
                        "activity_type_id": env.ref("mail.mail_activity_data_todo").id,
                        "activity_for": "user",
                        "activity_user_id": env.ref("base.user_admin").id,
                    }
                )
                .id
            )

    def _take_back(self):
        with committed(self.registry) as env:
            env["lead.score.trigger"].search([("name", "=", "Crash")]).unlink()
            env["calendar.event"].search([("name", "=", "Crash")]).unlink()
            env["crm.lead"].search([("referred", "=", "score-crash")]).unlink()
            for table, column in (
                ("lead_score_card_version", "card_id"),
                ("lead_score_rule", "card_id"),
                ("lead_score_card", "id"),
            ):
                table, column = SQL.identifier(table), SQL.identifier(column)
                env.cr.execute(SQL("DELETE FROM %s WHERE %s = %s", table, column, self.card))
            env["lead.score.signal"].search([("code", "=", "t_crash")]).unlink()
            env.registry.clear_cache()

    def _acted(self):
        """How often the trigger acted on each lead, and how many activities there are."""
        with committed(self.registry) as env:
            logs = env["lead.score.trigger"].browse(self.trigger).log_ids
            todos = env["crm.lead"].browse(self.leads).activity_ids
            return sorted(logs.lead_id.ids), len(logs), len(todos)

    def test_what_time_changes_goes_on_where_it_was(self):
        with committed(self.registry) as env:
            long_ago = Datetime.now() - timedelta(days=20)
            env.cr.execute(
                "UPDATE lead_score_event SET date = %s WHERE lead_id = ANY(%s)",
                (long_ago, self.leads),
            )
            env.cr.execute(
                "UPDATE lead_score SET next_date = %s WHERE id = ANY(%s)", (long_ago, self.leads)
            )
        killed_after(config["config"], 2, "crm.lead", "_cron_score_due")
        with committed(self.registry) as env:
            scores = env["crm.lead"].browse(self.leads).mapped("score")
            self.assertEqual(sorted(scores), [7.5] * 6 + [30] * 3)
            env["crm.lead"]._cron_score_due(batch_size=3)
        with committed(self.registry) as env:
            leads = env["crm.lead"].browse(self.leads)
            self.assertEqual(set(leads.mapped("score")), {7.5})
            changes = leads.score_history_ids.filtered(lambda row: row.reason == "time")
            self.assertEqual(len(changes), 9, "one change each in the history")

    def test_a_trigger_acts_on_all_that_stayed_and_on_none_twice(self):
        with committed(self.registry) as env:
            waits = env["lead.score.trigger.wait"].search([("trigger_id", "=", self.trigger)])
            self.assertEqual(sorted(waits.lead_id.ids), sorted(self.leads))
            waits.due_date = Datetime.now() - timedelta(days=1)
        killed_after(config["config"], 2, "lead.score.trigger", "_cron_run")
        self.assertEqual(self._acted()[1:], (6, 6))
        with committed(self.registry) as env:
            env["lead.score.trigger"]._cron_run(batch_size=3)
        self.assertEqual(self._acted(), (sorted(self.leads), 9, 9))

    def test_a_trigger_is_applied_to_all_that_are_there_and_to_none_twice(self):
        with committed(self.registry) as env:
            trigger = env["lead.score.trigger"].browse(self.trigger)
            trigger.write({"watch": "score", "threshold": 20, "frequency": "always"})
            trigger.action_apply()
            second = trigger.copy({"name": "Crash", "sequence": 99})
            second.action_apply()
        killed_after(config["config"], 1, "lead.score.trigger", "_cron_run")
        self.assertEqual(self._acted()[1:], (9, 9))
        with committed(self.registry) as env:
            env["lead.score.trigger"]._cron_run(batch_size=3)
            self.assertFalse(env["lead.score.trigger"].search([("applying", "=", True)]))
        self.assertEqual(self._acted()[:2], (sorted(self.leads), 9))

    def test_collectors_find_all_and_nothing_twice(self):
        now = Datetime.now()
        with committed(self.registry) as env:
            hours = {"start": now - timedelta(hours=2), "stop": now - timedelta(hours=1)}
            env["calendar.event"].with_context(no_mail_to_attendees=True).create(
                [{"name": "Crash", "opportunity_id": lead, **hours} for lead in self.leads]
            )
            env["lead.score.collector"].search([("code", "=", "meeting")]).sequence = -1
        killed_after(config["config"], 1, "lead.score.collector", "_cron_collect")
        for _again in range(2):
            with committed(self.registry) as env:
                env["lead.score.collector"]._cron_collect()
        with committed(self.registry) as env:
            events = env["crm.lead"].browse(self.leads).score_event_ids
            held = events.filtered(lambda event: event.signal_id.code == "meeting_held")
            self.assertEqual(sorted(held.lead_id.ids), sorted(self.leads))
            self.assertEqual(len(held), 9)
