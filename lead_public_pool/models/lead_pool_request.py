from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import verdict
from ..tools.arguments import checked
from .lead_pool_engine import VIA_APPROVED


class LeadPoolRequest(models.Model):
    """A claim or an extension that waits for a manager."""

    _name = "lead.pool.request"
    _description = "Pool Request"
    _order = "id desc"
    _rec_name = "record_name"
    _allow_sudo_commands = False

    kind = fields.Selection(
        [("claim", "Claim"), ("extend", "Extension")],
        required=True,
        readonly=True,
        help="What the salesperson asks for.",
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("approved", "Agreed"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
        help="Whether a manager has decided, or who asked no longer wants it.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Asked by",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Who would like to have the record.",
    )
    pool_id = fields.Many2one(
        "lead.pool",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The pool in which the record waits.",
    )
    company_id = fields.Many2one(related="pool_id.company_id", store=True)
    lead_id = fields.Many2one(
        "crm.lead", readonly=True, ondelete="cascade", index="btree_not_null", help="Which lead."
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Which customer.",
    )
    record_name = fields.Char(
        string="Record",
        compute="_compute_record_name",
        help="The lead or customer that is asked for.",
    )
    note = fields.Text(readonly=True, help="Why the salesperson asks.")
    decided_by_id = fields.Many2one(
        "res.users", readonly=True, string="Decided by", help="Who granted or refused the request."
    )
    decided_date = fields.Datetime(
        readonly=True, string="Decided on", help="When the request was granted or refused."
    )
    answer = fields.Char(readonly=True, help="What came of it.")

    can_decide = fields.Boolean(
        compute="_compute_can_decide", help="Whether you agree to it or refuse it."
    )
    is_mine = fields.Boolean(
        string="Asked by me", compute="_compute_can_decide", help="Whether it is your request."
    )

    _one_record = models.Constraint(
        "CHECK((lead_id IS NULL) <> (partner_id IS NULL))", "A request is about one record."
    )
    _one_waiting_lead = models.UniqueIndex(
        "(user_id, kind, lead_id) WHERE state = 'waiting' AND lead_id IS NOT NULL",
        "You have already asked for this.",
    )
    _one_waiting_partner = models.UniqueIndex(
        "(user_id, kind, partner_id) WHERE state = 'waiting' AND partner_id IS NOT NULL",
        "You have already asked for this.",
    )

    @api.depends("lead_id", "partner_id")
    @api.depends_context("uid", "lang")
    def _compute_record_name(self):
        for request in self:
            request.record_name = request.sudo()._record().display_name

    @api.depends("user_id", "pool_id", "state")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        for request in self:
            waits, pool = request.state == "waiting", request.sudo().pool_id
            request.is_mine = request.user_id == self.env.user
            request.can_decide = waits and pool._is_managed_by(self.env.user)

    def _record(self):
        self.ensure_one()
        return self.lead_id or self.partner_id

    @checked()
    def action_approve(self):
        """Agree: the salesperson gets what he asked for, if the rules still allow it.

        :return: True
        :raise AccessError: for anybody but a manager of the pool
        :raise UserError: if it has been decided already
        """
        for request in self._to_decide():
            asker = request.user_id
            record = request._record().with_user(asker).sudo()
            # The answer is for the salesperson: in his language and time zone.
            record = record.with_context(
                pool_via=VIA_APPROVED, lang=asker.lang, tz=asker.tz or "UTC"
            )
            if request.kind == "claim":
                [result] = record._pool_move("claim", user=request.user_id, note=request.note)
            else:
                [result] = record._pool_extend(request.note)
            request._decide("approved" if result["ok"] else "refused", result["message"])
        return True

    @checked()
    def action_refuse(self):
        """Refuse; the salesperson is told.

        :return: True
        :raise AccessError: for anybody but a manager of the pool
        """
        for request in self._to_decide():
            request._decide("refused", "")
        return True

    @checked()
    def action_withdraw(self):
        """Take one's own request back, as long as nobody has decided.

        :return: True
        :raise AccessError: for anybody but who asked
        :raise UserError: if it has been decided already
        """
        self.check_access("read")
        for request in self.sudo():
            if request.user_id != self.env.user:
                raise AccessError(self.env._("Only who asked takes a request back."))
            if request.state != "waiting":
                raise UserError(self.env._("This request has been decided already."))
        self.sudo().write(
            {
                "state": "withdrawn",
                "decided_by_id": self.env.uid,
                "decided_date": self.env.cr.now(),
            }
        )
        return True

    def _to_decide(self):
        """These requests in `sudo`, after checking that the user may decide on them."""
        self.check_access("read")
        requests = self.sudo()
        for request in requests:
            if not request.pool_id._is_managed_by(self.env.user):
                raise AccessError(
                    self.env._("Only a manager of the pool %s decides this.", request.pool_id.name)
                )
            if request.state != "waiting":
                raise UserError(self.env._("This request has been decided already."))
        return requests

    def _decide(self, state, answer):
        self.write(
            {
                "state": state,
                "answer": answer,
                "decided_by_id": self.env.uid,
                "decided_date": self.env.cr.now(),
            }
        )
        env = self.with_context(lang=self.user_id.lang).env
        decision = env._("Agreed") if state == "approved" else env._("Refused")
        # The name as the salesperson sees it: the record may lie in a sealed pool.
        name = self._record().with_user(self.user_id).sudo().display_name
        self.env["mail.thread"].message_notify(
            partner_ids=self.user_id.partner_id.ids,
            subject=f"{decision}: {name}",
            body=answer or decision,
        )

    @api.model
    def _asked_for(self, records):
        """Ids of those of these records for which the current user has asked and waits.

        :param records: records of one model
        """
        link = records._pool_move_link
        waiting = self.sudo().search(
            [
                ("user_id", "=", self.env.uid),
                ("kind", "=", "claim"),
                ("state", "=", "waiting"),
                (link, "in", records.ids),
            ]
        )
        return set(waiting[link].ids)

    @api.model
    def _asked_summary(self, results):
        """What a button says when managers have been asked and nothing was refused.

        :param list results: see `pool_claim`
        :return: text, empty if nobody was asked or something was refused
        """
        asked = [result for result in results if result["code"] == verdict.APPROVAL]
        moved = sum(result["ok"] for result in results)
        if not asked or moved + len(asked) < len(results):
            return ""
        texts = list(dict.fromkeys(result["message"] for result in asked))
        if moved:
            texts.append(self.env._("%s records are yours now.", moved))
        return " ".join(texts)

    @api.model
    def _ask(self, kind, records, note=None):
        """Ask the managers for each of these records, once.

        :param str kind: `claim` or `extend`
        :param records: records of one model
        """
        link = records._pool_move_link
        waiting = self.sudo().search(
            [
                ("user_id", "=", self.env.uid),
                ("kind", "=", kind),
                ("state", "=", "waiting"),
                (link, "in", records.ids),
            ]
        )
        new = records.sudo() - waiting[link]
        if not new:
            return
        self.sudo().create(
            [
                {
                    "kind": kind,
                    "user_id": self.env.uid,
                    "pool_id": record.pool_id.id,
                    link: record.id,
                    "note": note or False,
                }
                for record in new
            ]
        )
        for pool, records in new.grouped("pool_id").items():
            managers = pool.member_ids.filtered(lambda member: member.role == "manager").user_id
            if managers:
                self.env["mail.thread"].message_notify(
                    partner_ids=managers.partner_id.ids,
                    subject=self.env._(
                        "%(user)s asks for %(count)s records of %(pool)s",
                        user=self.env.user.name,
                        count=len(records),
                        pool=pool.name,
                    ),
                    body=note or self.env._("Decide in Public Pool ▸ Requests."),
                )
