import hashlib
import hmac

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import mute_logger

from ..tools import mask, spelling

MASKS = {"phone": mask.phone, "email": mask.email, "name": mask.text}
# However somebody spells it, it is the same question.
KEYS = {"phone": spelling.digits, "email": str.lower, "name": spelling.name_key}
KEPT_YEARS = 1


class LeadPoolLookupLog(models.Model):
    """Who looked up what: one row per question, without what was asked in plain text."""

    _name = "lead.pool.lookup.log"
    _description = "Lookup of a Company"
    _order = "date desc, id desc"
    _rec_name = "user_id"
    _log_access = False

    date = fields.Datetime(required=True, readonly=True, help="When it was asked.")
    day = fields.Date(
        required=True, readonly=True, index=True, help="Day by the working hours of the user."
    )
    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, ondelete="cascade", help="Who asked."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        help="The company in whose records was searched.",
    )
    kind = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("name", "Company name"),
            ("several", "Several of them"),
        ],
        string="Searched by",
        required=True,
        readonly=True,
        help="What was typed in.",
    )
    term = fields.Char(
        string="Searched for (masked)", readonly=True, help="What was asked, made unreadable."
    )
    fingerprint = fields.Char(
        readonly=True,
        help="Equal for equal questions, so that you see who asks the same again and again; what "
        "was asked cannot be read from it.",
    )
    found = fields.Boolean(readonly=True, help="Whether anything was known.")
    number = fields.Integer(
        string="Lookups that day",
        readonly=True,
        aggregator="max",
        help="How many times the user had asked that day by then.",
    )

    # Two questions at one moment cannot both have the same number: one of them is replayed. Over
    # all companies: a second one is no second quota.
    _numbered = models.UniqueIndex("(user_id, day, number)")

    @api.model
    def _check_quota(self):
        """Refuse who has asked as often today as the company allows.

        :raise UserError: with the number of questions allowed
        """
        limit = self._limit()
        if limit and self._count_today() >= limit:
            raise UserError(
                self.env._(
                    "You have looked up %s companies today, which is all you may. Ask a manager "
                    "of your pool, or try again tomorrow.",
                    limit,
                )
            )

    @api.model
    def _quota_text(self):
        """What the asking user is told about his quota."""
        limit = self._limit()
        if not limit:
            return self.env._("Each lookup is recorded.")
        return self.env._(
            "You have %(left)s of %(limit)s lookups left today. Each lookup is recorded.",
            left=max(limit - self._count_today(), 0),
            limit=limit,
        )

    @api.model
    def _record(self, given, found):
        """Enter a question of the current user, and alert the managers if he asks a great deal.

        :param dict given: what was asked, by `phone`, `email` and `name`
        :param bool found: whether anything was known
        """
        number = self._count_today() + 1
        values = {
            "date": self.env.cr.now(),
            "day": self._today(),
            "user_id": self.env.uid,
            "company_id": self.env.company.id,
            "kind": next(iter(given)) if len(given) == 1 else "several",
            "term": ", ".join(filter(None, (MASKS[key](value) for key, value in given.items()))),
            "fingerprint": self._fingerprint(given),
            "found": found,
            "number": number,
        }
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self.sudo().create(values)
        except psycopg2.errors.UniqueViolation as error:
            # Another question of the same user came first; ask anew, and count both.
            raise ConcurrencyError(self.env._("Please try again.")) from error
        for company in self.env.user.company_ids.sudo():
            if number == company.pool_lookup_alert + 1 > 1:
                self._alert(number, company)

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _limit(self):
        """Lookups a day of the current user; 0 means as many as he likes.

        The records of all companies that he has switched on are searched, so the strictest counts.
        """
        if self.env.user.has_group("lead_public_pool.group_pool_manager"):
            return 0
        limits = self.env.companies.sudo().mapped("pool_lookup_limit")
        return min(filter(None, limits), default=0)

    def _count_today(self):
        last = self.sudo().search(
            [
                ("user_id", "=", self.env.uid),
                ("day", "=", self._today()),
            ],
            order="number desc",
            limit=1,
        )
        return last.number

    def _today(self):
        """Today by the user's working hours, which he cannot change himself."""
        return self.env.user._pool_today(self.env.company)

    def _fingerprint(self, given):
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret") or ""
        text = "\n".join(f"{key}={KEYS[key](given[key])}" for key in sorted(given))
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]

    def _alert(self, number, company):
        """Tell the managers, once a day, that somebody looks up a great deal."""
        user = self.env.user
        pools = self.env["lead.pool"].sudo().search([("company_id", "=", company.id)])
        mine = pools.filtered(lambda pool: user in pool.member_ids.user_id) or pools
        managers = mine.member_ids.filtered(lambda member: member.role == "manager").user_id - user
        if managers:
            self.env["mail.thread"].sudo().message_notify(
                partner_ids=managers.partner_id.ids,
                subject=self.env._("%s looks up many companies", user.name),
                body=self.env._(
                    "%(user)s has looked up %(count)s companies today. See Reporting ▸ Lookups.",
                    user=user.name,
                    count=number,
                ),
            )

    @api.autovacuum
    def _gc_lookups(self):
        """Lookups are kept for a year."""
        limit = fields.Date.subtract(self.env.company._pool_today(), years=KEPT_YEARS)
        old = self.search([("day", "<", limit)], limit=10000)
        old.unlink()
        return len(old), len(old) == 10000
