from odoo import models
from odoo.tools import SQL


class LeadScoreCollectActivity(models.AbstractModel):
    """Activities done with a lead or its contact: calls, and all others.

    Meetings are left to the collector of meetings, so that they do not count twice.
    """

    _name = "lead.score.collect.activity"
    _inherit = "lead.score.collect"
    _description = "Collector of Activities"

    def _found(self, collector, since, until):
        reminder = self.env.ref("lead_scoring.mail_activity_decide", raise_if_not_found=False)
        source = """
              FROM mail_activity x
              JOIN mail_activity_type t ON t.id = x.activity_type_id
             WHERE x.active IS NOT TRUE AND x.date_done IS NOT NULL AND x.write_date > %s
               AND x.res_model IN ('crm.lead', 'res.partner') AND x.calendar_event_id IS NULL
               AND t.id <> %s AND %s
        """
        calls = SQL("t.category = 'phonecall'")
        others = SQL("COALESCE(t.category, '') NOT IN ('phonecall', 'meeting', 'upload_file')")
        return [
            self._select(
                code, "mail.activity",
                SQL(source, since, reminder.id if reminder else 0, condition),
                # The day on which it was done has no time; as a rule the row was last written then.
                date="LEAST(x.write_date, x.date_done + interval '1 day')", mark="x.write_date",
                lead="CASE WHEN x.res_model = 'crm.lead' THEN x.res_id END",
                partner="CASE WHEN x.res_model = 'res.partner' THEN x.res_id END",
            )
            for code, condition in (("call_done", calls), ("activity_done", others))
        ]  # fmt: skip
