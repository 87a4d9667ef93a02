from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import SQL

from .common import ScoreCase

MIGRATION = Path(__file__).parents[1] / "migrations" / "19.0.0.1.1" / "pre-tables.py"


@tagged("post_install", "-at_install")
class TestListing(ScoreCase):
    """Lists by score and class: the same leads in the same order, whichever way is taken."""

    def setUp(self):
        super().setUp()
        self._create_card(
            [
                self._attribute(40, "[('function', '=', 'B')]", dimension="fit"),
                self._attribute(20, "[('city', '=', 'Ulm')]", dimension="need"),
            ],
            domain="[('referred', '=', 'listing')]",
            hot_threshold=60,
            warm_threshold=20,
        )
        both = [(function, city) for function in ("A", "B") for city in ("Bonn", "Ulm")]
        self.leads = self.env["crm.lead"].create(
            [
                {"name": "Listed", "referred": "listing", "function": function, "city": city}
                for function, city in both * 3
            ]
        )
        self.domain = [("id", "in", self.leads.ids)]
        # Loaded past Odoo: it has no score at all.
        self.alien = self.leads[5]
        self.env.cr.execute("DELETE FROM lead_score WHERE id = %s", (self.alien.id,))
        self.env.invalidate_all()

    def _pages(self, order, size):
        found = self.env["crm.lead"]
        for offset in range(0, len(self.leads), size):
            found += found.search(self.domain, offset=offset, limit=size, order=order)
        return found

    def test_pages_of_a_list_by_score_are_the_whole_list(self):
        for order in ("score desc", "score", "score DESC, priority desc, id desc", "score asc, id"):
            whole = self.env["crm.lead"].search(self.domain, order=order + ", id desc")
            scores = [lead.score for lead in whole if lead != self.alien]
            self.assertEqual(scores, sorted(scores, reverse="desc" in order.lower()), order)
            self.assertEqual(whole[-1], self.alien, "a lead without a score comes last")
            for size in (1, 4, 5, 11, 12, 20):
                pages = self._pages(order, size)
                self.assertEqual(pages.ids, whole.ids, (order, size))

    def test_list_by_temperature_goes_from_cold_to_hot(self):
        heat = ("cold", "warm", "hot")
        for order in ("score_temperature desc", "score_temperature", "score_temperature asc, id"):
            ranks = [
                heat.index(lead.score_temperature)
                for lead in self.env["crm.lead"].search(self.domain, order=order)
                if lead != self.alien
            ]
            self.assertEqual(set(ranks), {0, 1, 2})
            self.assertEqual(ranks, sorted(ranks, reverse="desc" in order))
            for size in (2, 3, 5, 12):
                pages = self._pages(order, size)
                self.assertEqual(len(set(pages.ids)), len(self.leads), (order, size))
                seen = [heat.index(lead.score_temperature) for lead in pages - self.alien]
                self.assertEqual(seen, ranks, (order, size))

    def test_access_rules_hold_in_a_list_by_score(self):
        self.leads.user_id = self.env.ref("base.user_admin")
        self.leads[0].user_id = self.rep
        leads = self.env["crm.lead"].with_user(self.rep)
        self.assertEqual(leads.search(self.domain, order="score desc", limit=1), self.leads[0])
        self.assertEqual(leads.search(self.domain, order="score desc", limit=5), self.leads[0])

    def test_migration_leaves_the_indexes_that_the_model_declares(self):
        def indexes():
            self.env.cr.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'lead_score'")
            return {row[0] for row in self.env.cr.fetchall()}

        def links():
            self.env.cr.execute(
                "SELECT conname FROM pg_constraint"
                " WHERE conrelid = 'lead_score_history'::regclass AND contype = 'f'"
            )
            return {row[0] for row in self.env.cr.fetchall()}

        there = indexes()
        self.env.cr.execute("CREATE INDEX lead_score_class_index ON lead_score (grade)")
        self.assertFalse(links())
        for column, table in (("lead_id", "crm_lead"), ("user_id", "res_users")):
            self.env.cr.execute(
                SQL(
                    "ALTER TABLE lead_score_history ADD FOREIGN KEY (%s) REFERENCES %s",
                    SQL.identifier(column),
                    SQL.identifier(table),
                )
            )
        self.assertEqual(len(links()), 2)
        spec = spec_from_file_location("pre_tables", MIGRATION)
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.migrate(self.env.cr, "19.0.0.1.0")
        migration.migrate(self.env.cr, "19.0.0.1.0")
        self.assertFalse(links())
        self.assertEqual(there - indexes(), {"lead_score_score_index"})
        for table_object in self.env["lead.score"]._table_objects.values():
            table_object.apply_to_database(self.env["lead.score"])
        self.assertEqual(indexes(), there)
