import json
import logging

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import curve_sql, purchase_model, return_curve
from ...tools.arguments import checked
from ...tools.caches import forget
from ...tools.jobs import CONFLICTS

_logger = logging.getLogger(__name__)

# Days after which numbers are looked up anew; sooner while there was too little to fit.
MAX_AGE_DAYS = 30
MAX_AGE_DAYS_UNFITTED = 7
# Versions that are kept per company and profile.
KEPT = 24
# Above this many customers a button leaves the work to the cron.
LARGE = 50_000


class CustomerLifecycleFit(models.Model):
    """What the purchases of a company say about the customers of a profile.

    Parameters of the purchase model and the return curve, looked up monthly. The newest of a
    company and profile is the current one; earlier versions stay to see what changed.
    """

    _name = "customer.lifecycle.fit"
    _description = "Purchase Model"
    _inherit = ["customer.lifecycle.facts"]
    _order = "date desc, id desc"
    _rec_name = "profile_id"

    profile_id = fields.Many2one(
        "customer.lifecycle.profile",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The class of customers that the numbers describe.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The company whose purchases were looked at.",
    )
    date = fields.Date(
        required=True, readonly=True, help="Purchases up to this day were looked at."
    )
    is_current = fields.Boolean(
        string="In Use", readonly=True, default=True, help="Earlier versions are kept to compare."
    )
    source = fields.Char(
        readonly=True,
        export_string_translation=False,
        help="What counted as a purchase: orders, invoices or point-of-sale orders.",
    )
    horizon_days = fields.Integer(
        string="Horizon", readonly=True, help="The return curve looks so many days ahead."
    )
    fitted = fields.Boolean(
        readonly=True,
        help="Whether the parameters were found in the company's own purchases. Otherwise they "
        "are defaults that rank customers nearly as well.",
    )
    warning = fields.Selection(
        [
            ("no_orders", "No purchases yet: the usual values are used."),
            ("few_buyers", "Fewer than 200 buyers: the usual values are used."),
            ("one_time", "Hardly anybody has bought twice: the usual values are used."),
            ("degenerate", "Nothing fits these purchases well: the usual values are used."),
            (
                "edge",
                "The customers are very much alike; only their ranking means something.",
            ),
            ("failed", "The purchases could not be read; the earlier values stay in use."),
        ],
        string="Remark",
        readonly=True,
        help="Why the parameters are not, or not fully, those of the company.",
    )
    error = fields.Char(readonly=True, help="What went wrong, for the administrator.")
    buyers = fields.Integer(readonly=True, help="Customers with at least one purchase.")
    repeaters = fields.Integer(
        string="Bought Again", readonly=True, help="Customers with at least two purchase days."
    )
    mean_gap_days = fields.Float(
        string="Days Between Purchases",
        readonly=True,
        help="From one purchase day of a customer to the next, on average.",
    )
    r = fields.Float("r", readonly=True, help="Shape of the purchase rates.")
    alpha = fields.Float("alpha", readonly=True, help="Scale of the purchase rates, in weeks.")
    a = fields.Float("a", readonly=True, help="First parameter of the chance to stop buying.")
    b = fields.Float("b", readonly=True, help="Second parameter of the chance to stop buying.")
    log_likelihood = fields.Float(
        readonly=True,
        help="How well the parameters describe the purchases; higher is better, for the same "
        "purchases.",
    )
    seconds = fields.Float(readonly=True, help="How long the search took.")
    asked = fields.Boolean(readonly=True, help="Somebody asked to look the numbers up anew.")
    has_curve = fields.Boolean(
        readonly=True, help="Whether there were enough silences to draw a return curve."
    )
    curve_ids = fields.One2many(
        "customer.lifecycle.curve",
        "fit_id",
        readonly=True,
        help="How many customers came back after how many days of silence.",
    )

    _current_uniq = models.UniqueIndex(
        "(company_id, profile_id) WHERE is_current",
        "A profile has one purchase model in use per company.",
    )

    # ------------------------------------------------------------------
    # Looking up
    # ------------------------------------------------------------------

    @api.model
    def _lifecycle_fit(self, profile, company):
        """Look up parameters and return curve of a profile in a company, as a new version.

        Reads the purchases twice and writes nothing but the version. Whatever the purchases are,
        there is an answer: defaults, with a remark that says why.

        :return: the new version
        """
        self.env.flush_all()
        today = self._lifecycle_today(company)
        fit = purchase_model.fit(*self._lifecycle_histories(profile, company, today))
        [counts] = self._lifecycle_histograms(profile, company, today)
        curve = return_curve.curve(counts, profile.horizon_days)
        old = self.search(
            [
                ("profile_id", "=", profile.id),
                ("company_id", "=", company.id),
                ("is_current", "=", True),
            ]
        )
        old.is_current = False
        old.flush_recordset()
        new = self.create(
            {
                **self._lifecycle_fit_values(profile, company, today),
                **fit.parameters._asdict(),
                "fitted": fit.fitted,
                "warning": fit.warning,
                "buyers": fit.buyers,
                "repeaters": fit.repeaters,
                "mean_gap_days": fit.mean_gap * purchase_model.DAYS_PER_WEEK,
                "log_likelihood": fit.log_likelihood,
                "seconds": fit.seconds,
                "has_curve": curve is not None,
            }
        )
        if curve:
            new._lifecycle_store_curve(curve)
        new._lifecycle_forget_old()
        forget(self.env)
        return new

    def _lifecycle_fit_values(self, profile, company, today):
        return {
            "profile_id": profile.id,
            "company_id": company.id,
            "date": today,
            "source": profile.source,
            "horizon_days": profile.horizon_days,
        }

    @api.model
    def _lifecycle_profile_days(self, profile, company, until):
        """Purchase days of the customers who are in the profile: partner_id, day, amount."""
        members = SQL(
            "SELECT partner_id FROM customer_lifecycle WHERE company_id = %s AND profile_id = %s",
            company.id,
            profile.id,
        )
        days = self._lifecycle_days_sql(company, profile.source, members, until)
        return SQL("SELECT partner_id, day, amount FROM (%s) AS days WHERE bought", days)

    @api.model
    def _lifecycle_columns(self, query):
        """Columns of a query of numbers over all purchases, as arrays.

        Without statistics, as after an import, PostgreSQL takes the customers of a profile for a
        handful and reads all orders anew for each. Whole tables are to be joined by hashing.
        """
        cr = self.env.cr
        cr.execute(SQL("SET LOCAL enable_nestloop TO off"))
        cr.execute(query)
        parts = [np.empty((0, len(cr.description)))]
        while rows := cr.fetchmany(50_000):
            parts.append(np.array(rows, dtype=float))
        cr.execute(SQL("SET LOCAL enable_nestloop TO DEFAULT"))
        return np.concatenate(parts).T

    def _lifecycle_histories(self, profile, company, until):
        """Distinct (x, t_x, T) in weeks and how many customers have each."""
        x, t_x, age, count = self._lifecycle_columns(
            SQL(
                """SELECT x, t_x, age, count(*)
                     FROM (SELECT count(*) - 1 AS x, max(day) - min(day) AS t_x,
                                  %s::date - min(day) AS age
                             FROM (%s) AS days GROUP BY partner_id) AS history
                    GROUP BY 1, 2, 3""",
                until,
                self._lifecycle_profile_days(profile, company, until),
            )
        )
        week = purchase_model.DAYS_PER_WEEK
        return x, t_x / week, age / week, count

    def _lifecycle_histograms(self, profile, company, until):
        """What `return_curve.curve` needs, in a list of one."""
        days = self._lifecycle_profile_days(profile, company, until)
        query = curve_sql.sql_histogram(SQL("SELECT 0 AS grp, * FROM (%s) AS d", days), until)
        found = curve_sql.read_histograms(self._lifecycle_columns(query).T.astype(int))
        return [found.get(0) or return_curve.histogram([], [], 0)]

    def _lifecycle_store_curve(self, curve):
        """One line per class and week of silence, in one statement."""
        self.ensure_one()
        rows = [
            {
                "c": key,
                "d": week * return_curve.DAYS_PER_WEEK,
                "p": round(float(curve.chance[number, week]), 6),
                "n": int(curve.cases[number, week]),
                "w": week < curve.watched,
            }
            for number, key in enumerate(return_curve.KEYS)
            for week in range(return_curve.WEEKS)
        ]
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """INSERT INTO customer_lifecycle_curve
                       (fit_id, profile_id, company_id, order_class, days, chance, cases, watched,
                        create_uid, write_uid, create_date, write_date)
                   SELECT %(fit)s, %(profile)s, %(company)s, line.c, line.d, line.p, line.n,
                          line.w, %(user)s, %(user)s, %(now)s, %(now)s
                     FROM jsonb_to_recordset(%(rows)s::jsonb)
                          AS line(c text, d int, p float8, n int, w boolean)""",
                fit=self.id,
                profile=self.profile_id.id,
                company=self.company_id.id,
                user=self.env.uid,
                now=self.env.cr.now(),
                rows=json.dumps(rows),
            )
        )
        self.env["customer.lifecycle.curve"].invalidate_model()
        self.invalidate_recordset(["curve_ids"])

    def _lifecycle_forget_old(self):
        """Keep the last versions only; nobody else may delete one."""
        for fit in self:
            same = [("profile_id", "=", fit.profile_id.id), ("company_id", "=", fit.company_id.id)]
            self.search(same, order="id desc", offset=KEPT).sudo().unlink()

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_fit(self):
        """Look up what is due, one profile and company per transaction.

        What fails is written down as a version with a remark, and is tried again a week later; the
        rest goes on.
        """
        commit = self.env["ir.cron"]._commit_progress
        due = self._lifecycle_due()
        commit(remaining=len(due))
        for place, (profile, company) in enumerate(due):
            try:
                with self.env.cr.savepoint():
                    self.with_company(company)._lifecycle_fit(profile, company)
            except CONFLICTS:
                # No fault of these purchases: they are still due, and the next run is alone.
                self.env.cr.rollback()
                self.env.invalidate_all()
            except Exception as error:
                _logger.exception("Purchase model of %s in %s", profile.id, company.id)
                self._lifecycle_note_failure(profile, company, error)
            if not commit(1, remaining=len(due) - place - 1):
                break

    def _lifecycle_note_failure(self, profile, company, error):
        values = self._lifecycle_fit_values(profile, company, self._lifecycle_today(company))
        self.env.invalidate_all()
        self.create({**values, "is_current": False, "warning": "failed", "error": str(error)})

    @api.model
    def _lifecycle_due(self):
        """Profiles with customers whose numbers are old, or were looked up for other settings.

        :return: list of (profile, company)
        """
        query = SQL(
            """WITH known AS (
                   SELECT DISTINCT profile_id, company_id FROM customer_lifecycle
                    WHERE profile_id IS NOT NULL)
               SELECT profile.id, known.company_id
                 FROM known
                 JOIN customer_lifecycle_profile profile ON profile.id = known.profile_id
                 LEFT JOIN LATERAL (
                     SELECT * FROM customer_lifecycle_fit fit
                      WHERE fit.profile_id = profile.id AND fit.company_id = known.company_id
                      ORDER BY fit.id DESC LIMIT 1) AS last ON TRUE
                WHERE profile.active AND profile.engine != 'none'
                  AND (last.id IS NULL OR last.asked
                       OR (last.horizon_days, last.source)
                          IS DISTINCT FROM (profile.horizon_days, profile.source)
                       OR last.date <= %s::date
                          - CASE WHEN last.fitted THEN %s ELSE %s END)
                ORDER BY last.date NULLS FIRST, 1, 2""",
            fields.Date.context_today(self),
            MAX_AGE_DAYS,
            MAX_AGE_DAYS_UNFITTED,
        )
        self.env.flush_all()
        found = self.env.execute_query(query)
        Profile, Company = self.env["customer.lifecycle.profile"], self.env["res.company"]
        return [(Profile.browse(one), Company.browse(company)) for one, company in found]

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @checked(one=True)
    def action_curve(self):
        """Open the return curve.

        :return: an action
        :raise UserError: when there were too few silences to draw one
        """
        if not self.has_curve:
            raise UserError(
                self.env._(
                    "There is no return curve yet: it takes at least %s purchases and some "
                    "customers who came back.",
                    return_curve.MIN_SILENCES,
                )
            )
        action = self.env["ir.actions.actions"]._for_xml_id(
            "customer_lifecycle.customer_lifecycle_curve_action"
        )
        action["domain"] = [("fit_id", "=", self.id)]
        action["display_name"] = self.env._("How many come back within %s days", self.horizon_days)
        return action
