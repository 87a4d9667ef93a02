import random
from datetime import timedelta

from odoo.tests import tagged

from ..tools.points import DIMENSIONS
from .common import ScoreCase

DOMAINS = [
    "[('function', 'ilike', 'boss')]",
    "[('city', '=', 'Ulm')]",
    "[('expected_revenue', '>=', 1000)]",
    "['|', ('priority', 'in', ['2', '3']), ('city', '=', False)]",
    "[('user_id.login', '=', 'score_rep')]",
    "[('tag_ids.name', 'ilike', 'vip')]",
    "['!', ('partner_name', 'ilike', 'ltd')]",
    "[('function', '=ilike', '_ö%')]",
    "[('city', 'not in', ['Bonn', 'KÖLN'])]",
    "[('partner_name', 'not like', 'X%'), ('expected_revenue', '<', 1000)]",
    "[('create_date', '>=', '-40d')]",
    "[('stage_id', 'ilike', 'new')]",
    # Values that are not of the type of their fields, of which only the database knows the meaning.
    "[('expected_revenue', '>=', '1000')]",
    "[('city', '>', 'C')]",
    "[('priority', '>', 1)]",
]


@tagged("post_install", "-at_install")
class TestEquality(ScoreCase):
    """One lead by itself, all leads at once, and Python's arithmetic give the same to the cent."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(20261122)
        self.signals = self.env["lead.score.signal"].create(
            [{"name": f"S{n}", "code": f"prop_{n}", "is_activity": n % 2} for n in range(4)]
        )

    def _rule(self, number):
        pick, kind = self.random.choice, self.random.choice(["attribute", "signal"])
        rule = {
            "name": f"R{number}",
            "kind": kind,
            "dimension": pick(DIMENSIONS),
            "points": round(self.random.uniform(-30, 40), 2),
        }
        if kind == "attribute":
            return {**rule, "domain": pick(DOMAINS)}
        return {
            **rule,
            "signal_id": pick(self.signals).id,
            "frequency": pick([1, 1, 2, 3.5]),
            "window_days": pick([0, 0, 7, 30]),
            "repeat": pick([True, True, False]),
            "max_count": pick([0, 0, 1, 2.5]),
            "half_life": pick([-1, 0, 3.5, 10, 30]),
        }

    def _card(self, sequence, domain):
        return self._create_card(
            [self._rule(number) for number in range(12)],
            sequence=sequence,
            domain=domain,
            decay=self.random.choice(["exponential", "linear"]),
            half_life=self.random.choice([0, 5, 14, 30]),
            inactivity_days=self.random.choice([0, 5, 20]),
            negative_cap=self.random.choice([0, 10]),
            fit_floor=self.random.choice([-20, 0]),
            engagement_cap=self.random.choice([15, 40]),
        )

    def _values(self):
        pick = self.random.choice
        return {
            "name": "Random",
            "referred": pick(["score-test", "score-test", "score-test-2", "nobody"]),
            "function": pick([False, "Boss", "Clerk", "Köchin"]),
            "city": pick([False, "Ulm", "Bonn", "Köln"]),
            "partner_name": pick([False, "X Ltd", "Y"]),
            "expected_revenue": pick([0, 999, 1000, 50000]),
            "priority": pick(["0", "1", "2", "3"]),
            "user_id": pick([False, self.rep.id]),
            "tag_ids": [(6, 0, pick([[], self.tag.ids]))],
        }

    def _events(self, leads):
        now = self.env.cr.now()
        return [
            {
                "lead_id": self.random.choice(leads).id,
                "code": self.random.choice(self.signals).code,
                "quantity": self.random.choice([1, 1, 1, 2, 0.5, 3.25]),
                "date": now - timedelta(hours=self.random.randint(0, 24 * 50)),
            }
            for _number in range(len(leads) * 3)
        ]

    def _snapshot(self, leads):
        self.env.cr.execute(
            "SELECT id, card_id, score, computed, fit, need, budget, authority, timing, engagement,"
            " negative, grade, temperature, intent, level, matrix, activity_day, due_date,"
            " next_date FROM lead_score WHERE id IN %s ORDER BY id",
            (tuple(leads.ids),),
        )
        return self.env.cr.fetchall()

    def test_per_lead_path_and_full_refresh_and_python_agree(self):
        self.tag = self.env["crm.tag"].create({"name": "VIP"})
        for _round in range(3):
            # Cards come and go; the earlier ones are judged as well.
            self._card(1, "[('referred', '=like', 'score-test%')]")
            self._card(0, "[('referred', '=', 'score-test-2'), ('city', '!=', False)]")
            leads = self.env["crm.lead"].create([self._values() for _number in range(60)])
            results = self.env["crm.lead"].score_signals(self._events(leads))
            self.assertEqual({result["code"] for result in results}, {"ok"})
            for lead in leads[:20]:
                lead.write(self._values())
            for lead in leads[20:]:
                name, value = self.random.choice(list(self._values().items()))
                lead.write({name: value})
            leads[40:50].write({"city": self.random.choice(["Ulm", "Köln"]), "priority": "2"})
            self.assertTrue(any(lead.score for lead in leads))
            self._compare(leads)
            self._set_clock(self.env.cr.now() + timedelta(days=self.random.randint(1, 9)))
            self.env["crm.lead"].search([("won_status", "=", "pending")])._score_update("time")
            self._compare(leads)

    def _compare(self, leads):
        single = self._snapshot(leads)
        for lead in leads:
            lines = lead.score_explain()
            self.assertFalse([line for line in lines if line["kind"] == "stale"], lines)
            total = sum(round(line["points"] * 100) for line in lines)
            self.assertEqual(total, round(lead.score * 100), lines)
        self.assertEqual(self.env["crm.lead"]._score_refresh_all(), 0, "nothing had changed")
        self.env.cr.execute("DELETE FROM lead_score WHERE id IN %s", (tuple(leads.ids),))
        self.env.invalidate_all()
        self.env["crm.lead"]._score_refresh_all()
        full = self._snapshot(leads)
        self.env.cr.execute("DELETE FROM lead_score WHERE id IN %s", (tuple(leads.ids),))
        self.env.invalidate_all()
        for lead in leads:
            lead._score_update("refresh")
        for one, two, three in zip(single, full, self._snapshot(leads), strict=True):
            self.assertEqual(one, two)
            self.assertEqual(two, three)

    def test_due_date_is_the_first_day_on_which_a_class_differs(self):
        self.tag = self.env["crm.tag"].create({"name": "VIP"})
        for _round in range(2):
            self._card(1, "[('referred', '=', 'score-test')]")
        leads = self.env["crm.lead"].create(
            [{**self._values(), "referred": "score-test"} for _number in range(30)]
        )
        self.env["crm.lead"].score_signals(self._events(leads))
        start = self.env.cr.now()
        classes = {lead.id: self._classes(lead) for lead in leads}
        dues = {lead.id: lead.score_due_date for lead in leads}
        self.assertTrue(any(dues.values()))
        wrong = 0
        pending = set(leads.ids)
        for days in range(1, 60):
            self._set_clock(start + timedelta(days=days))
            leads._score_update("time")
            for lead in leads.filtered(lambda lead: lead.id in pending):
                if self._classes(lead) == classes[lead.id]:
                    continue
                pending.discard(lead.id)
                due = dues[lead.id]
                # Events are rounded one by one, the outlook their sum: a cent, at most a day.
                wrong += not due or abs((due.date() - self.env.cr.now().date()).days) > 1
        self.assertLess(len(pending), len(leads))
        self.assertEqual(wrong, 0)
        last = self.env.cr.now()
        for lead_id in pending:
            self.assertFalse(dues[lead_id] and dues[lead_id] <= last - timedelta(days=1))

    def _classes(self, lead):
        return lead.score_grade, lead.score_temperature, lead.score_intent, lead.score_level
