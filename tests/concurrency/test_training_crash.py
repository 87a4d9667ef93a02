"""A training that is killed in the middle goes on where it was, and learns the same."""

import os

from odoo.tests import TransactionCase
from odoo.tools import config

from ..common import committed, remove_committed, requires, top_level
from .crash import killed_after

STEPS = 3


@top_level
class TestTrainingCrash(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_scoring")

    def setUp(self):
        super().setUp()
        with committed(self.registry, tracking_disable=True) as env:
            self.company = (
                env["res.company"]
                .create(
                    # It stays, archived: a company cannot be deleted.
                    {"name": f"Crash {os.getpid()}", "win_min_closed": 30}
                )
                .id
            )
            sources = env["utm.source"].create([{"name": "Crash A"}, {"name": "Crash B"}]).ids
            leads = env["crm.lead"].create(
                [
                    {
                        "name": f"Crash {number}",
                        "user_id": False,
                        "company_id": self.company,
                        "source_id": sources[number % 3 == 0],
                    }
                    for number in range(120)
                ]
            )
            for number, lead in enumerate(leads):
                if number % 3 == 0 or number % 7 == 0:
                    lead.action_set_won()
                else:
                    lead.action_set_lost()
            self.leads, self.sources = leads.ids, sources
            versions = env["lead.score.model"].create([{"company_id": self.company}] * 2)
            self.killed, self.whole = versions.ids
        self.addCleanup(self._take_back)

    def _take_back(self):
        remove_committed(self.registry, "lead.score.model", [self.killed, self.whole])
        remove_committed(self.registry, "crm.lead", self.leads)
        remove_committed(self.registry, "utm.source", self.sources)
        with committed(self.registry) as env:
            env["res.company"].browse(self.company).active = False

    def _queue(self, version):
        with committed(self.registry) as env:
            env["lead.score.model"].browse(version)._queue()

    def _read(self, version):
        with committed(self.registry) as env:
            model = env["lead.score.model"].browse(version)
            names = ["state", "attempts", "steps_file", "figures", "log_loss", "reason"]
            return model.with_context(bin_size=True).read(names)[0]

    def _go_on(self):
        with committed(self.registry) as env:
            env["lead.score.model"]._cron_train()

    def test_a_killed_training_goes_on_and_learns_the_same(self):
        self._queue(self.killed)
        killed_after(config["config"], STEPS, "lead.score.model", "_cron_train")
        dead = self._read(self.killed)
        self.assertEqual((dead["state"], dead["attempts"]), ("training", 1))
        self.assertTrue(dead["steps_file"])

        self._go_on()
        found = self._read(self.killed)
        self.assertEqual(found["state"], "challenger", found["reason"])
        self.assertFalse(found["steps_file"])

        self._queue(self.whole)
        self._go_on()
        expected = self._read(self.whole)
        self.assertEqual(expected["state"], "challenger", expected["reason"])
        self.assertEqual(found["log_loss"], expected["log_loss"])
        self.assertEqual(found["figures"]["candidates"], expected["figures"]["candidates"])
