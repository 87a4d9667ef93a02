from odoo import models
from odoo.tools import SQL


class LeadScoreCollectMeeting(models.AbstractModel):
    """Meetings that are over, with the lead or with somebody who is its contact."""

    _name = "lead.score.collect.meeting"
    _inherit = "lead.score.collect"
    _description = "Collector of Meetings"

    def _found(self, collector, since, until):
        # A meeting may be entered after it took place.
        mark = "GREATEST(x.stop, x.write_date)"
        held = SQL(
            "x.active AND x.stop <= %(until)s AND (x.stop > %(since)s OR x.write_date > %(since)s)",
            since=since, until=until,
        )  # fmt: skip
        guests = SQL(
            """
              FROM calendar_event x
              JOIN calendar_attendee a ON a.event_id = x.id AND a.state <> 'declined'
             WHERE x.opportunity_id IS NULL AND %s
               AND NOT EXISTS (
                   SELECT FROM res_users u
                    WHERE u.partner_id = a.partner_id AND u.share IS NOT TRUE
               )
            """,
            held,
        )
        linked = SQL("FROM calendar_event x WHERE x.opportunity_id IS NOT NULL AND %s", held)
        return [
            self._select(
                "meeting_held", "calendar.event", linked,
                date="x.stop", mark=mark, lead="x.opportunity_id",
            ),
            self._select(
                "meeting_held", "calendar.event", guests,
                date="x.stop", mark=mark, partner="a.partner_id",
            ),
        ]  # fmt: skip
