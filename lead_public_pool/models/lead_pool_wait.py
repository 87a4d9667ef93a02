from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.arguments import checked
from ..tools.jobs import each_or_set_aside, work_off
from .lead_pool_trouble import RETRY_HOURS

# A notice names so many records; the rest are counted.
LISTED = 10
# Waits that are over are kept so long, for whoever wonders what came of them.
KEPT_DAYS = 90


class LeadPoolWait(models.Model):
    """Somebody who wants to be told when a record comes back, or when he may claim it."""

    _name = "lead.pool.wait"
    _description = "Waiting for a Record"
    _order = "id desc"
    _allow_sudo_commands = False

    name = fields.Char(
        string="Record",
        readonly=True,
        help="What you asked for: the name as you saw it, or what you looked up.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Who waits",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Who is told.",
    )
    pool_id = fields.Many2one(
        "lead.pool", required=True, readonly=True, ondelete="cascade", help="Pool of the record."
    )
    company_id = fields.Many2one(related="pool_id.company_id", store=True)
    # Who waits for a record need not be allowed to read it, not even its name.
    lead_id = fields.Many2one(
        "crm.lead",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        groups="lead_public_pool.group_pool_admin",
        help="The lead that somebody waits for.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        groups="lead_public_pool.group_pool_admin",
        help="The customer that somebody waits for.",
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("told", "Told"),
            ("cancelled", "Cancelled"),
            ("over", "Over"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        help="Told: it came back, or the time came, and a message was sent. Over: the wait took "
        "too long, or you received the record.",
    )
    remind_date = fields.Datetime(
        string="Reminder",
        readonly=True,
        help="When you may claim it, so far as is known; empty if you wait for its return.",
    )
    expire_date = fields.Datetime(
        string="Waits until", required=True, readonly=True, help="Then the wait ends by itself."
    )
    told_date = fields.Datetime(string="Told on", readonly=True, help="When you were told.")

    _one_record = models.Constraint(
        "CHECK((lead_id IS NULL) <> (partner_id IS NULL))", "A wait is for one record."
    )
    _one_lead = models.UniqueIndex(
        "(lead_id, user_id) WHERE state = 'waiting' AND lead_id IS NOT NULL",
        "You are waiting for it already.",
    )
    _one_partner = models.UniqueIndex(
        "(partner_id, user_id) WHERE state = 'waiting' AND partner_id IS NOT NULL",
        "You are waiting for it already.",
    )
    _user_index = models.Index("(user_id, pool_id) WHERE state = 'waiting'")
    _remind_index = models.Index(
        "(remind_date) WHERE state = 'waiting' AND remind_date IS NOT NULL"
    )

    @checked()
    def action_cancel(self):
        """Stop waiting.

        :return: True
        :raise AccessError: for anybody but who waits, and administrators
        """
        self.check_access("read")
        waits = self.sudo()
        admin = self.env.user.has_group("lead_public_pool.group_pool_admin")
        if not admin and waits.user_id - self.env.user:
            raise AccessError(self.env._("Only who waits can stop waiting."))
        waits.filtered(lambda wait: wait.state == "waiting").state = "cancelled"
        return True

    def _record(self):
        self.ensure_one()
        return self.lead_id or self.partner_id

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    def _tell(self, subject):
        """One message to each who waits, in the order in which they asked.

        :param function subject: text for a number of records, in the language of a user's `env`
        """
        waits = self.sorted("id")
        places = self._places(waits)
        for user, mine in waits.grouped("user_id").items():
            env = self.with_context(lang=user.lang, tz=user.tz).env
            lines = Markup("").join(
                Markup("<li>%s</li>") % wait.with_env(env)._line(*places[wait])
                for wait in mine[:LISTED]
            )
            rest = len(mine) - LISTED
            more = Markup("<p>%s</p>") % env._("… and %s more.", rest) if rest > 0 else ""
            self.env["mail.thread"].message_notify(
                partner_ids=user.partner_id.ids,
                subject=subject(env, len(mine)),
                body=Markup("<ul>%s</ul>%s") % (lines, more),
            )
        waits.write({"state": "told", "told_date": self.env.cr.now()})

    @api.model
    def _places(self, waits):
        """Place of each wait among those for the same record, and how many there are."""
        places = {}
        for queue in waits.grouped(lambda wait: wait._record()).values():
            places.update({wait: (place, len(queue)) for place, wait in enumerate(queue, 1)})
        return places

    def _line(self, place, count):
        # The name as he may see it: it may lie in a sealed pool now.
        name = self._record().with_user(self.user_id).sudo().display_name
        if count == 1:
            return name
        return self.env._(
            "%(record)s (you are number %(place)s of %(count)s who wait)",
            record=name,
            place=place,
            count=count,
        )

    def _may_be_told(self):
        """Those whose user can do something with the record where it lies now."""
        return self.filtered(
            lambda wait: (
                wait.user_id.active
                and wait._record().pool_state == "pooled"
                and not wait._record()._pool_is_closed()
                and wait._is_for(wait._record().pool_id)
            )
        )

    def _is_for(self, pool):
        if pool.visibility == "hidden":
            return pool._is_managed_by(self.user_id)
        return bool(pool._member(self.user_id))

    @api.model
    def _remind_due(self, batch_size):
        """Remind those whose cool-down or other delay has passed, in all companies.

        :param int batch_size: waits per transaction
        :return: seconds left to the cron
        """
        return work_off(
            self.sudo(),
            lambda: (
                Domain("state", "=", "waiting") & Domain("remind_date", "<=", self.env.cr.now())
            ),
            "remind_date, id",
            batch_size,
            lambda waits: each_or_set_aside(
                waits,
                lambda some: some._remind(),
                lambda wait, error: wait._remind_set_aside(error),
            ),
        )

    def _remind_set_aside(self, error):
        """A reminder that fails is tried again a day later, and the managers can see it."""
        later = fields.Datetime.add(self.env.cr.now(), hours=RETRY_HOURS)
        self.env.cr.execute(
            SQL("UPDATE lead_pool_wait SET remind_date = %s WHERE id = %s", later, self.id)
        )
        self.invalidate_recordset(["remind_date"], flush=False)
        self.env["lead.pool.trouble"]._note("remind", self, error)

    def _remind(self):
        """Tell who may claim now; the others get the new moment, or wait for the return."""
        ready = self.browse()
        for wait in self:
            [answer] = wait._record().with_user(wait.user_id).pool_claim_check()
            if answer["ok"]:
                ready |= wait
            else:
                later = fields.Datetime.to_datetime(answer["available_at"])
                # Never the same moment again: a job that finds it due each time would not end.
                still = later and later > self.env.cr.now()
                wait.remind_date = later if still else False
        ready._tell(lambda env, count: env._("%s that you may claim now", count))

    # ------------------------------------------------------------------
    # Tidying up
    # ------------------------------------------------------------------

    @api.autovacuum
    def _gc_waits(self):
        """End what lasts too long or has been got, and forget what has long been over."""
        now = self.env.cr.now()
        open_waits = Domain("state", "=", "waiting")
        self.search(open_waits & Domain("expire_date", "<", now), limit=10000).state = "over"
        holding = self.search(open_waits & Domain("lead_id.pool_state", "=", "owned"), limit=10000)
        holding |= self.search(
            open_waits & Domain("partner_id.pool_state", "=", "owned"), limit=10000
        )
        holding.filtered(lambda wait: wait._record().user_id == wait.user_id).state = "over"
        old = fields.Datetime.subtract(now, days=KEPT_DAYS)
        gone = self.search(~open_waits & Domain("write_date", "<", old), limit=10000)
        gone.unlink()
        return len(gone), len(gone) == 10000
