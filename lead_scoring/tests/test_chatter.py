from odoo.tests import tagged

from .common import ScoreCase

KEY = "0123456789abcdef"


@tagged("post_install", "-at_install")
class TestChatter(ScoreCase):
    """What the chatter tells of edits, of which the addon lets Odoo read less."""

    def setUp(self):
        super().setUp()
        self.user = self.rep.copy({"login": "score_chatter", "name": "Chatter"})
        definition = [{"name": KEY, "type": "char", "string": "Machine"}]
        self.team, self.other = self.env["crm.team"].create(
            [
                {"name": "With properties", "lead_properties_definition": definition},
                {"name": "Without", "member_ids": [(6, 0, self.user.ids)]},
            ]
        )
        lead = self.env["crm.lead"].create(
            {"name": "Press", "team_id": self.team.id, "user_id": False}
        )
        self.lead = lead.with_context(tracking_disable=False)
        self.lead.lead_properties = {KEY: "Lathe"}
        self._flush()

    def _flush(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def _told(self):
        """What the chatter told since the lead was created: field and text before."""
        return {
            (value.field_id.name, value.old_value_char)
            for value in self.lead.message_ids.tracking_value_ids
        }

    def test_another_team_tells_the_properties_that_are_lost(self):
        self.lead.write({"team_id": self.other.id})
        self._flush()
        self.assertIn(("lead_properties", "Lathe"), self._told())

    def test_another_salesperson_whose_team_is_another_does_too(self):
        self.lead.write({"user_id": self.user.id})
        self._flush()
        self.assertEqual(self.lead.team_id, self.other)
        self.assertIn(("lead_properties", "Lathe"), self._told())

    def test_so_does_a_team_after_an_edit_of_something_else(self):
        self.lead.write({"city": "Ulm"})
        self.lead.write({"team_id": self.other.id})
        self._flush()
        self.assertIn(("lead_properties", "Lathe"), self._told())

    def test_other_edits_tell_what_they_change_and_read_no_properties(self):
        self.lead.write({"expected_revenue": 7})
        self.env.flush_all()
        self.env.cr.precommit.run()
        read = self.lead._fields["lead_properties"]._get_cache(self.env)
        self.assertNotIn(self.lead.id, read)
        self.assertEqual({name for name, _text in self._told()}, {"expected_revenue"})
