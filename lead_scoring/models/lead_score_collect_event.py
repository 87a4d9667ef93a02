from odoo import models
from odoo.tools import SQL


class LeadScoreCollectEvent(models.AbstractModel):
    """Registrations for events, and who came."""

    _name = "lead.score.collect.event"
    _inherit = "lead.score.collect"
    _description = "Collector of Event Registrations"

    _apps = ("event",)

    def _found(self, collector, since, until):
        kinds = (
            ("event_registered", SQL("x.state IN ('open', 'done')"), "x.create_date"),
            ("event_attended", SQL("x.state = 'done'"), "COALESCE(x.date_closed, x.write_date)"),
        )
        selects = []
        for code, condition, date in kinds:
            where = SQL("x.active AND x.write_date > %s AND %s", since, condition)
            selects.append(
                self._select(
                    code, "event.registration",
                    SQL("FROM event_registration x WHERE %s", where),
                    date=date, mark="x.write_date",
                    partner="x.partner_id", email="x.email", company="x.company_id",
                )
            )  # fmt: skip
            if self._has_column("event.registration", "lead_ids"):
                linked = SQL(
                    "FROM event_registration x JOIN crm_lead_event_registration_rel r"
                    " ON r.event_registration_id = x.id WHERE %s",
                    where,
                )
                selects.append(
                    self._select(
                        code, "event.registration", linked,
                        date=date, mark="x.write_date", lead="r.crm_lead_id",
                    )
                )  # fmt: skip
        return selects
