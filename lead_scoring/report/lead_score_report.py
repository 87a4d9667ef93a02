from odoo import fields, models
from odoo.tools import SQL, drop_view_if_exists

from ..models.lead_score_history import CLASSES
from ..tools.qualification import STATES

BANDS = [
    ("0", "0 to 19"),
    ("1", "20 to 39"),
    ("2", "40 to 59"),
    ("3", "60 to 79"),
    ("4", "80 to 100"),
]


def _rate(label, what):
    return fields.Float(string=label, readonly=True, aggregator="avg", help=what)


def _count(label, what):
    return fields.Integer(string=label, readonly=True, help=what)


class LeadScoreReport(models.Model):
    """One row per lead: where it came from, how far it got, how long it took, what it brought."""

    _name = "lead.score.report"
    _description = "Lead Quality Analysis"
    _inherit = ["lead.score.seen", "lead.score.order"]
    _auto = False
    _rec_name = "lead_name"
    _order = "date_create desc, id desc"

    lead_id = fields.Many2one("crm.lead", readonly=True, help="The lead.")
    lead_name = fields.Char(string="Name", readonly=True, help="Name of the lead.")
    company_id = fields.Many2one("res.company", readonly=True, help="Company of the lead.")
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True, help="Whose it is.")
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True, help="Its team.")
    source_id = fields.Many2one("utm.source", readonly=True, help="Where the lead came from.")
    medium_id = fields.Many2one("utm.medium", readonly=True, help="By which way the lead came.")
    campaign_id = fields.Many2one("utm.campaign", readonly=True, help="Which campaign brought it.")
    country_id = fields.Many2one("res.country", readonly=True, help="Country of the lead.")
    card_id = fields.Many2one(
        "lead.score.card", string="Scorecard", readonly=True, help="By which it was judged."
    )
    qualification = fields.Selection(STATES, readonly=True, help="How far it has got.")
    won_status = fields.Selection(
        [("won", "Won"), ("lost", "Lost"), ("pending", "Open")],
        string="Outcome",
        readonly=True,
        help="Whether the lead was won, was lost or is still open.",
    )
    reason_id = fields.Many2one(
        "lead.score.reject.reason",
        string="Reason for rejection",
        readonly=True,
        help="Why sales rejected it.",
    )
    score = fields.Float(readonly=True, aggregator="avg", help="Its score; the last one if closed.")
    band = fields.Selection(BANDS, string="Score band", readonly=True, help="Twenty points each.")
    grade = fields.Selection(CLASSES["grade"], readonly=True, help="How well it suits us.")
    temperature = fields.Selection(
        CLASSES["temperature"], readonly=True, help="How promising it is."
    )
    response_temperature = fields.Selection(
        CLASSES["temperature"],
        string="Temperature at first response",
        readonly=True,
        help="How promising it was when it got its first response.",
    )
    date_create = fields.Datetime(string="Created on", readonly=True, help="When it came in.")
    date_mql = fields.Datetime(string="MQL on", readonly=True, help="When it became MQL.")
    date_closed = fields.Datetime(string="Closed on", readonly=True, help="When it was closed.")

    mql_count = _count("MQL", "Leads that became marketing qualified.")
    accepted_count = _count("Accepted", "Leads that sales accepted.")
    rejected_count = _count("Rejected", "Leads that sales rejected at least once.")
    sql_count = _count("SQL", "Leads that became sales qualified.")
    won_count = _count("Won", "Leads that were won.")
    recycled_count = _count("Recycled", "How often leads came back after a rejection.")
    mql_rate = _rate("Became MQL (%)", "Share of the leads that became marketing qualified.")
    accept_rate = _rate(
        "Accepted (%)", "Share of the decided MQLs that sales accepted, of all that it decided on."
    )
    sql_rate = _rate("Accepted to SQL (%)", "Share of the accepted leads that became SQL.")
    sql_win_rate = _rate("SQL to won (%)", "Share of the SQLs that were won.")
    win_rate = _rate("Won (%)", "Share of all leads that were won.")
    closed_win_rate = _rate("Won of closed (%)", "Share of the closed leads that were won.")
    days_to_mql = _rate("Days to MQL", "From creation to MQL.")
    hours_to_decide = _rate(
        "Hours to decide", "From MQL to acceptance or rejection, nights and weekends included."
    )
    days_to_sql = _rate("Days to SQL", "From acceptance to SQL.")
    days_to_won = _rate("Days to won", "From creation to won.")
    response_hours = _rate(
        "Hours to first response", "From creation to the first message or activity of a colleague."
    )
    revenue = fields.Float(
        string="Revenue won", readonly=True, help="Expected revenue of the leads that were won."
    )
    revenue_per_lead = fields.Float(
        string="Revenue per lead",
        readonly=True,
        aggregator="avg",
        help="Revenue won, divided by all leads: what a lead of this kind is worth.",
    )

    _depends = {
        "crm.lead": [
            "name", "company_id", "user_id", "team_id", "source_id", "medium_id", "campaign_id",
            "country_id", "qualification", "won_status", "date_closed", "expected_revenue",
            "qualification_mql_date", "qualification_accepted_date", "qualification_rejected_date",
            "qualification_sql_date", "qualification_reason_id", "qualification_recycle_count",
            "score_response_hours", "score_response_temperature", "score_response_date",
        ],
        "lead.score": ["score", "grade", "temperature", "card_id"],
    }  # fmt: skip

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), self._leads())
        )

    def _leads(self):
        """Archived leads that are neither won nor lost are somebody's tidying up: left out."""
        return SQL(
            """
            SELECT l.id, l.id AS lead_id, l.name AS lead_name, l.company_id, l.user_id, l.team_id,
                   l.source_id, l.medium_id, l.campaign_id, l.country_id, s.card_id,
                   l.qualification, l.won_status, l.qualification_reason_id AS reason_id,
                   s.score,
                   CASE WHEN s.score IS NOT NULL THEN LEAST(floor(s.score / 20), 4)::int::text
                       END AS band,
                   s.grade, s.temperature,
                   l.score_response_temperature AS response_temperature,
                   l.create_date AS date_create, l.qualification_mql_date AS date_mql,
                   CASE WHEN l.won_status <> 'pending' THEN l.date_closed END AS date_closed,
                   (p.mql)::int AS mql_count,
                   (p.accepted)::int AS accepted_count,
                   (p.rejected)::int AS rejected_count,
                   (p.qualified)::int AS sql_count,
                   (p.won)::int AS won_count,
                   COALESCE(l.qualification_recycle_count, 0) AS recycled_count,
                   100.0 * (p.mql)::int AS mql_rate,
                   CASE WHEN p.accepted OR p.rejected THEN 100.0 * (p.accepted)::int END
                       AS accept_rate,
                   CASE WHEN p.accepted THEN 100.0 * (p.qualified)::int END AS sql_rate,
                   CASE WHEN p.qualified THEN 100.0 * (p.won)::int END AS sql_win_rate,
                   100.0 * (p.won)::int AS win_rate,
                   CASE WHEN l.won_status <> 'pending' THEN 100.0 * (p.won)::int END
                       AS closed_win_rate,
                   EXTRACT(EPOCH FROM l.qualification_mql_date - l.create_date) / 86400
                       AS days_to_mql,
                   EXTRACT(EPOCH FROM LEAST(
                       CASE WHEN l.qualification_accepted_date >= l.qualification_mql_date
                            THEN l.qualification_accepted_date END,
                       CASE WHEN l.qualification_rejected_date >= l.qualification_mql_date
                            THEN l.qualification_rejected_date END
                   ) - l.qualification_mql_date) / 3600 AS hours_to_decide,
                   EXTRACT(EPOCH FROM l.qualification_sql_date - l.qualification_accepted_date)
                       / 86400 AS days_to_sql,
                   CASE WHEN p.won THEN EXTRACT(EPOCH FROM l.date_closed - l.create_date) / 86400
                       END AS days_to_won,
                   CASE WHEN l.score_response_date IS NOT NULL THEN l.score_response_hours END
                       AS response_hours,
                   CASE WHEN p.won THEN l.expected_revenue ELSE 0 END AS revenue,
                   CASE WHEN p.won THEN l.expected_revenue ELSE 0 END AS revenue_per_lead
              FROM crm_lead l
              LEFT JOIN lead_score s ON s.id = l.id
             CROSS JOIN LATERAL (
                   SELECT l.qualification_mql_date IS NOT NULL AS mql,
                          l.qualification_accepted_date IS NOT NULL AS accepted,
                          l.qualification_rejected_date IS NOT NULL AS rejected,
                          l.qualification_sql_date IS NOT NULL AS qualified,
                          l.won_status = 'won' AS won
                   ) p
             WHERE l.active OR l.won_status <> 'pending'
            """
        )
