from odoo import fields, models
from odoo.tools import SQL, drop_view_if_exists

STEPS = [
    ("1_lead", "1. Lead"),
    ("2_mql", "2. MQL"),
    ("3_accepted", "3. Accepted"),
    ("4_sql", "4. SQL"),
    ("5_won", "5. Won"),
]


class LeadScoreFunnel(models.Model):
    """One row per lead and step that it has reached, so that a graph shows the funnel."""

    _name = "lead.score.funnel"
    _description = "Lead Funnel"
    _inherit = ["lead.score.seen", "lead.score.order"]
    _auto = False
    _rec_name = "lead_id"
    _order = "date_create desc, lead_id desc, step"

    step = fields.Selection(STEPS, readonly=True, help="How far the lead has got.")
    lead_id = fields.Many2one("crm.lead", readonly=True, help="The lead.")
    company_id = fields.Many2one("res.company", readonly=True, help="Company of the lead.")
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True, help="Whose it is.")
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True, help="Its team.")
    source_id = fields.Many2one("utm.source", readonly=True, help="Where the lead came from.")
    medium_id = fields.Many2one("utm.medium", readonly=True, help="By which way the lead came.")
    campaign_id = fields.Many2one("utm.campaign", readonly=True, help="Which campaign brought it.")
    date_create = fields.Datetime(
        string="Created on", readonly=True, help="When the lead came in, whatever the step."
    )
    date = fields.Datetime(string="Reached on", readonly=True, help="When it reached this step.")
    days = fields.Float(
        string="Days from creation",
        readonly=True,
        aggregator="avg",
        help="From the creation of the lead to this step.",
    )
    expected_revenue = fields.Float(readonly=True, help="Expected revenue of the lead.")

    _depends = {
        "crm.lead": [
            "company_id", "user_id", "team_id", "source_id", "medium_id", "campaign_id",
            "won_status", "date_closed", "expected_revenue", "qualification_mql_date",
            "qualification_accepted_date", "qualification_sql_date",
        ],
    }  # fmt: skip

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), self._steps())
        )

    def _steps(self):
        """A lead that was won or accepted without the steps before has passed them, too."""
        return SQL(
            """
            SELECT l.id * 10::bigint + k.number AS id, k.step, k.date, l.id AS lead_id,
                   l.company_id, l.user_id, l.team_id, l.source_id, l.medium_id, l.campaign_id,
                   l.create_date AS date_create, l.expected_revenue,
                   EXTRACT(EPOCH FROM k.date - l.create_date) / 86400 AS days
              FROM crm_lead l
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN l.won_status = 'won'
                               THEN COALESCE(l.date_closed, l.write_date) END AS won
                   ) w
             CROSS JOIN LATERAL (
                   VALUES
                       (1, '1_lead', l.create_date),
                       (2, '2_mql', COALESCE(l.qualification_mql_date,
                           l.qualification_accepted_date, l.qualification_sql_date, w.won)),
                       (3, '3_accepted', COALESCE(
                           l.qualification_accepted_date, l.qualification_sql_date, w.won)),
                       (4, '4_sql', COALESCE(l.qualification_sql_date, w.won)),
                       (5, '5_won', w.won)
                   ) k (number, step, date)
             WHERE k.date IS NOT NULL AND (l.active OR l.won_status <> 'pending')
            """
        )
