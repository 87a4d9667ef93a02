from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import TransactionCase, tagged

SCRIPT = Path(__file__).parents[1] / "migrations" / "19.0.0.1.2" / "post-wording.py"


@tagged("post_install", "-at_install")
class TestWordingMigration(TransactionCase):
    """What an earlier version had written down in words is still read."""

    def test_sentences_are_kept_word_by_word(self):
        card = self.env["lead.score.card"].create({"name": "Old"})
        proposal = self.env["lead.score.proposal"].create({"card_id": card.id})
        model, fresh, failed = self.env["lead.score.model"].create([{}, {}, {}])
        contest = {"won": 20, "lost": 30, "ours": 0.4, "theirs": 0.5}
        model.write({"unseen": contest, "date_trained": "2026-01-01", "state": "challenger"})
        self.env.flush_all()
        for table, columns in (
            ("lead_score_proposal", "band_text verdict"),
            ("lead_score_model", "left_out comparison drift_text reason"),
        ):
            for column in columns.split():
                self.env.cr.execute(f"ALTER TABLE {table} ADD COLUMN {column} text")
        self.env.cr.execute(
            "UPDATE lead_score_proposal SET band_text = E'0 to 20\\n20 to 40', verdict = 'Good'"
            " WHERE id = %s",
            [proposal.id],
        )
        self.env.cr.execute(
            "UPDATE lead_score_model SET left_out = 'City: knows it',"
            " comparison = 'Less is better', drift_text = 'Much',"
            " reason = 'Better than the average' WHERE id = %s",
            [model.id],
        )
        self.env.cr.execute(
            "UPDATE lead_score_model SET state = 'failed', reason = 'Too 100%% few' WHERE id = %s",
            [failed.id],
        )
        migrate = load_script(str(SCRIPT), "wording").migrate
        migrate(self.env.cr, "19.0.0.1.1")
        migrate(self.env.cr, "19.0.0.1.1")
        self.env.invalidate_all()
        self.assertEqual(proposal.band_text, "0 to 20\n20 to 40")
        self.assertEqual(model.left_out, "City: knows it")
        self.assertEqual(model.comparison, "Less is better")
        self.assertEqual(model.unseen, {**contest, "text": "Less is better"})
        self.assertFalse(model.reason)
        self.assertEqual(failed.reason, "Too 100% few")
        self.assertIn("Better than the average", model.verdict)
        self.assertFalse(fresh.left_out or fresh.comparison)
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name IN"
            " ('lead_score_model', 'lead_score_proposal') AND column_name IN"
            " ('band_text', 'verdict', 'left_out', 'comparison', 'drift_text', 'reason')"
        )
        self.assertFalse(self.env.cr.fetchall())
