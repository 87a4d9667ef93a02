from datetime import timedelta

from odoo import fields

from .common import ScoreCase


class ProcessCase(ScoreCase):
    """Reports signals to the test card, which gives 50 points for each and calls 40 warm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["lead.score.trigger"].search([]).active = False
        cls.env.company.resource_calendar_id = False

    def _found(self, lead, code):
        return lead.score_event_ids.filtered(lambda event: event.signal_id.code == code)

    def _collect(self, code):
        """Run one collector, and fail if it does."""
        collector = self.env.ref(f"lead_scoring.collector_{code}")
        count = collector._collect_safely()
        self.assertFalse(collector.last_error)
        return count

    def _ago(self, **distance):
        return fields.Datetime.now() - timedelta(**distance)
