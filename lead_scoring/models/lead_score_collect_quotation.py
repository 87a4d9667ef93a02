from odoo import models
from odoo.tools import SQL


class LeadScoreCollectQuotation(models.AbstractModel):
    """Quotations of a lead that were sent, and that the customer looked at."""

    _name = "lead.score.collect.quotation"
    _inherit = "lead.score.collect"
    _description = "Collector of Quotations"

    _apps = ("sale_crm",)

    def _found(self, collector, since, until):
        sent = SQL(
            "FROM sale_order x WHERE x.opportunity_id IS NOT NULL"
            " AND x.state IN ('sent', 'sale') AND x.write_date > %s",
            since,
        )
        # Whoever touches an old quotation sends none today.
        told = [self.env.ref(f"sale.mt_order_{name}").id for name in ("sent", "confirmed")]
        sent_date = (
            "COALESCE((SELECT MIN(m.date) FROM mail_message m WHERE m.model = 'sale.order'"
            f" AND m.res_id = x.id AND m.subtype_id IN ({told[0]:d}, {told[1]:d})),"
            " LEAST(x.date_order, x.write_date))"
        )
        viewed = SQL(
            """
              FROM mail_message x
              JOIN sale_order o ON o.id = x.res_id AND o.opportunity_id IS NOT NULL
             WHERE x.model = 'sale.order' AND x.subtype_id = %s AND x.date > %s
            """,
            self.env.ref("sale.mt_order_viewed").id, since,
        )  # fmt: skip
        return [
            self._select(
                "quotation_sent", "sale.order", sent,
                date=sent_date, mark="x.write_date", lead="x.opportunity_id",
            ),
            self._select(
                "quotation_viewed", "mail.message", viewed,
                date="x.date", lead="o.opportunity_id",
            ),
        ]  # fmt: skip
