"""People who edit leads of one scorecard and the nightly refresh do not block each other."""

from datetime import timedelta

from odoo.fields import Datetime
from odoo.tests import TransactionCase
from odoo.tools import SQL, config, mute_logger

from ..common import committed, in_parallel, requires, top_level
from .crash import killed_after

RULES = [
    {"name": "Boss", "dimension": "fit", "points": 30, "domain": "[('function', '=', 'Boss')]"},
    {"name": "Ulm", "dimension": "need", "points": 15, "domain": "[('city', '=', 'Ulm')]"},
]


@top_level
class TestScoreRaces(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_scoring")

    def setUp(self):
        super().setUp()
        # PostgreSQL reports each conflict that Odoo then replays; that is what we are after.
        for logger in ("odoo.sql_db", "odoo.service.model"):
            muted = mute_logger(logger)
            muted.__enter__()
            self.addCleanup(muted.__exit__, None, None, None)
        with committed(self.registry) as env:
            card = env["lead.score.card"].create(
                {
                    "name": "Race",
                    "sequence": -1,
                    "domain": "[('referred', '=', 'score-race')]",
                    "rule_ids": [(0, 0, rule) for rule in RULES],
                }
            )
            card.action_publish()
            self.card = card.id
            self.leads = (
                env["crm.lead"]
                .create([{"name": f"Race {n}", "referred": "score-race"} for n in range(300)])
                .ids
            )
        self.addCleanup(self._take_back)

    def _take_back(self):
        with committed(self.registry) as env:
            env["crm.lead"].browse(self.leads).unlink()
            # A card that was published stays; this one never was in anybody's hands.
            for table, column in (
                ("lead_score_card_version", "card_id"),
                ("lead_score_rule", "card_id"),
                ("lead_score_card", "id"),
            ):
                table, column = SQL.identifier(table), SQL.identifier(column)
                env.cr.execute(SQL("DELETE FROM %s WHERE %s = %s", table, column, self.card))
            env.registry.clear_cache()

    def _write(self, ids, **values):
        def write(env):
            for lead in env["crm.lead"].browse(ids):
                lead.write(values)
            return True

        return write

    def _refresh(self, env):
        env["lead.score.card"].browse(self.card).check_date = False
        env.cr.commit()
        env["crm.lead"]._cron_score_refresh()
        return True

    def assertScoresAreRight(self):
        with committed(self.registry) as env:
            leads = env["crm.lead"].browse(self.leads)
            expected = [
                30 * (lead.function == "Boss") + 15 * (lead.city == "Ulm") for lead in leads
            ]
            self.assertEqual(leads.mapped("score"), expected)

    def test_second_writer_does_not_wait_for_the_first(self):
        with self.registry.cursor() as cr:
            first = self.env(cr=cr)
            first["crm.lead"].browse(self.leads[0]).write({"function": "Boss"})
            first.flush_all()
            with committed(self.registry) as second:
                second.cr.execute("SET LOCAL lock_timeout = '3s'")
                second["crm.lead"].browse(self.leads[1]).write({"function": "Boss"})
        self.assertScoresAreRight()

    def test_two_writers_of_one_lead_leave_the_right_score(self):
        jobs = [
            (1, self._write(self.leads[:1], function="Boss")),
            (1, self._write(self.leads[:1], city="Ulm")),
        ]
        self.assertEqual(in_parallel(self.registry, jobs), [True, True])
        self.assertScoresAreRight()

    def test_writers_in_any_order_and_the_nightly_refresh(self):
        jobs = [
            (1, self._refresh),
            (1, self._write(self.leads[:40], function="Boss")),
            (1, self._write(self.leads[39::-1], city="Ulm")),
            (1, self._write(self.leads[200:240], city="Ulm")),
        ]
        self.assertEqual(in_parallel(self.registry, jobs), [True] * len(jobs))
        self.assertScoresAreRight()

    def test_refresh_that_is_overtaken_by_an_edit_is_repeated(self):
        """The edit comes between the snapshot of the refresh and its writing."""
        with committed(self.registry) as env:
            env.cr.execute("UPDATE lead_score SET score = 1 WHERE id = ANY(%s)", (self.leads,))
        model = type(self.env["lead.score.judge"])
        statement, overtaken = model._statement, []

        def slow(judge, *args, **options):
            judge.env.cr.execute("SELECT 1 FROM crm_lead LIMIT 1")
            if not overtaken:
                overtaken.append(True)
                with committed(self.registry) as env:
                    env["crm.lead"].browse(self.leads[7]).write({"function": "Boss"})
            return statement(judge, *args, **options)

        self.patch(model, "_statement", slow)
        [answer] = in_parallel(self.registry, [(1, self._refresh)])
        self.assertIs(answer, True)
        self.assertTrue(overtaken)
        self.assertScoresAreRight()

    def test_what_time_changes_is_scored_though_somebody_edits_meanwhile(self):
        """A conflict blames no lead: the job does its batch anew."""
        with committed(self.registry) as env:
            env.cr.execute(
                "UPDATE lead_score SET score = 1, next_date = '2020-01-01' WHERE id = ANY(%s)",
                (self.leads,),
            )
        model = type(self.env["crm.lead"])
        lock, overtaken = model._score_lock_due, []

        def slow(leads, limit):
            leads.env.cr.execute("SELECT 1 FROM crm_lead LIMIT 1")
            if not overtaken:
                overtaken.append(True)
                with committed(self.registry) as env:
                    env["crm.lead"].browse(self.leads[7]).write({"function": "Boss"})
            return lock(leads, limit)

        self.patch(model, "_score_lock_due", slow)

        def due(env):
            env["crm.lead"]._cron_score_due()
            return True

        self.assertEqual(in_parallel(self.registry, [(1, due)]), [True])
        self.assertTrue(overtaken)
        self.assertScoresAreRight()
        with committed(self.registry) as env:
            leads = env["crm.lead"].browse(self.leads)
            self.assertFalse(any(leads.mapped("score_failure")))

    def test_a_trigger_acts_with_the_commit_and_on_what_is_committed(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        with committed(self.registry) as env:
            trigger = (
                env["lead.score.trigger"]
                .create(
                    {
                        "name": "Race",
                        "watch": "score",
                        "threshold": 20,
                        "frequency": "always",
                        "activity_type_id": todo.id,
                        "activity_for": "user",
                        "activity_user_id": env.ref("base.user_admin").id,
                    }
                )
                .id
            )
        self.addCleanup(self._forget, trigger)
        with committed(self.registry) as env:
            swinging, rising = env["crm.lead"].browse(self.leads[:2])
            (swinging | rising).write({"function": "Boss"})
            swinging.write({"function": False})
        with committed(self.registry) as env:
            logs = env["lead.score.trigger"].browse(trigger).log_ids
            self.assertEqual(logs.lead_id.ids, self.leads[1:2])

    def _forget(self, trigger):
        with committed(self.registry) as env:
            env["lead.score.trigger"].browse(trigger).unlink()

    def test_a_collector_misses_nothing_that_is_committed_late(self):
        """What a long transaction wrote is older than what was read while it ran."""
        from odoo.addons.lead_scoring.models import lead_score_collector

        self.patch(lead_score_collector, "OVERLAP", timedelta(0))
        now = Datetime.now()

        def collect():
            with committed(self.registry) as env:
                collector = env.ref("lead_scoring.collector_meeting")
                collector._collect_safely()
                self.assertFalse(collector.last_error)

        def meet(env, lead_id):
            hours = {"start": now - timedelta(hours=2), "stop": now - timedelta(hours=1)}
            values = {"name": "Race", "opportunity_id": lead_id, **hours}
            return env["calendar.event"].with_context(no_mail_to_attendees=True).create(values).id

        with self.registry.cursor() as slow:
            late = meet(self.env(cr=slow), self.leads[0])
            slow.flush()
            with committed(self.registry) as env:
                early = meet(env, self.leads[1])
            collect()
            slow.commit()
        self.addCleanup(self._forget_meetings, [late, early])
        collect()
        with committed(self.registry) as env:
            leads = env["crm.lead"].browse(self.leads[:2])
            self.assertEqual(len(leads.score_event_ids), 2)

    def _forget_meetings(self, ids):
        with committed(self.registry) as env:
            env["calendar.event"].browse(ids).unlink()

    def test_what_is_reported_twice_at_the_same_moment_counts_once(self):
        leads = self.leads[:60]

        def report(env):
            answers = env["crm.lead"].browse(leads).score_signal("meeting_held", key="race")
            return {answer["code"] for answer in answers}

        self.assertEqual(in_parallel(self.registry, [(1, report)] * 3), [{"ok"}] * 3)
        with committed(self.registry) as env:
            events = env["lead.score.event"].search([("lead_id", "in", leads)])
            self.assertEqual(len(events), len(leads))

    def test_who_began_before_a_card_was_published_is_judged_again_later(self):
        with committed(self.registry) as slow:
            # From here on this transaction sees the card as it was.
            version = slow["lead.score.card"].browse(self.card).version
            with committed(self.registry) as env:
                card = env["lead.score.card"].browse(self.card)
                card.rule_ids[0].points = 33
                card.action_publish()
            lead = slow["crm.lead"].create(
                {"name": "Slow", "referred": "score-race", "function": "Boss"}
            )
            self.assertEqual((lead.score, lead.score_card_version), (30, version))
            self.leads.append(lead.id)
        with committed(self.registry) as env:
            lead = env["crm.lead"].browse(lead.id)
            self.assertEqual(lead.score_card_version, version, "not seen to be out of date yet")
            job = env.ref("lead_scoring.ir_cron_score_refresh")
            self.assertTrue(env["ir.cron.trigger"].search([("cron_id", "=", job.id)]))
            lead._cron_score_refresh()
            self.assertEqual((lead.score, lead.score_card_version), (33, version + 1))
            self.assertFalse(lead._score_outdated_ids(0))

    def test_a_killed_job_for_what_time_changes_goes_on_where_it_was(self):
        with committed(self.registry) as env:
            env["crm.lead"].browse(self.leads).flush_recordset()
            env.cr.execute(
                SQL(
                    "UPDATE lead_score SET next_date = '2000-01-01', score = 99 WHERE id IN %s",
                    tuple(self.leads[:9]),
                )
            )
        killed_after(config["config"], 2, "crm.lead", "_cron_score_due")
        self.assertEqual(self._due(), 3)
        with committed(self.registry) as env:
            env["crm.lead"]._cron_score_due(batch_size=3)
        self.assertEqual(self._due(), 0)
        self.assertScoresAreRight()

    def _due(self):
        with committed(self.registry) as env:
            return env["crm.lead"].search_count([("id", "in", self.leads), ("score", "=", 99)])
