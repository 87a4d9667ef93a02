from datetime import timedelta

from odoo import api, fields, models

from ..tools import verdict
from ..tools.arguments import checked, flag, text
from ..tools.verdict import Refusal
from .lead_pool_engine import ENGINE, VIA_APPROVED


class LeadPoolHold(models.AbstractModel):
    """What an owner may do to keep a record longer, or to undo a mistaken claim."""

    _name = "lead.pool.hold"
    _description = "Holding a Record"

    pool_protected_until = fields.Datetime(
        string="Protected until",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Until then no rule takes it back.",
    )
    pool_slot = fields.Boolean(
        string="Protected",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="It takes one of the protected slots of its owner.",
    )
    pool_protect_start = fields.Datetime(
        readonly=True,
        copy=False,
        export_string_translation=False,
        groups="sales_team.group_sale_salesman",
        help="When its present salesperson first protected it: freeing the slot and taking it "
        "again protects it no longer.",
    )
    pool_extension_count = fields.Integer(
        string="Extensions",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="How often its owner has put off the return.",
    )

    pool_can_extend = fields.Boolean(
        compute="_compute_pool_can_hold",
        groups="sales_team.group_sale_salesman",
        help="Whether you may extend the time to work this record.",
    )
    pool_can_protect = fields.Boolean(
        compute="_compute_pool_can_hold",
        groups="sales_team.group_sale_salesman",
        help="Whether you may protect this record from being taken back.",
    )
    pool_can_undo = fields.Boolean(
        compute="_compute_pool_can_hold",
        groups="sales_team.group_sale_salesman",
        help="Whether the claim can still be undone.",
    )

    @api.depends("pool_state", "user_id", "pool_extension_count", "pool_slot", "pool_touch_date")
    @api.depends_context("uid")
    def _compute_pool_can_hold(self):
        for record in self:
            known = record._origin.sudo()
            mine = known.pool_state == "owned" and known.user_id == self.env.user
            limits = known.pool_id._limits_for(self.env.user) if mine else None
            refusal = known._pool_refuse_extension() if mine else True
            record.pool_can_extend = mine and (not refusal or refusal.code == verdict.APPROVAL)
            record.pool_can_protect = bool(mine and limits.protected_limit)
            record.pool_can_undo = bool(
                mine and limits.undo_minutes and not known._pool_refuse_undo()
            )

    @checked(note=text)
    def pool_extend(self, note=None):
        """Put off the return of these records, as often as their pool allows.

        :param str note: why, for the manager who may have to agree
        :return: one result per record, see `pool_claim`; `approval` when a manager has been asked
        :rtype: list[dict]
        """
        records, results = self._pool_readable()
        for result in records._pool_extend(note):
            results[result["id"]] = result
        waiting = records.filtered(lambda record: results[record.id]["code"] == verdict.APPROVAL)
        self.env["lead.pool.request"]._ask("extend", waiting, note)
        return [results[record_id] for record_id in self._ids]

    @checked(protect=flag)
    def pool_protect(self, protect=True):
        """Put these records into protected slots, or free their slots.

        :param bool protect: False to free the slots
        :return: one result per record, see `pool_claim`; `holding_limit` when no slot is free
        :rtype: list[dict]
        """
        records, results = self._pool_readable()
        for record in records.sudo()._pool_lock():
            refusal = record._pool_refuse_protect() if protect else record._pool_refuse_holder()
            if refusal is None:
                record._pool_set_slot(protect)
            results[record.id] = record._pool_result(refusal)
        return [
            results.get(record_id) or self.browse(record_id)._pool_result(self._pool_busy())
            for record_id in self._ids
        ]

    @checked()
    def pool_undo_claim(self):
        """Undo a mistaken claim as if it had not happened: no cool-down, and the quota is refunded.

        In a sealed pool the claim has shown contact details, so nothing is refunded there.

        :return: one result per record, see `pool_claim`
        :rtype: list[dict]
        """
        records, results = self._pool_readable()
        for result in records._pool_move("undo"):
            results[result["id"]] = result
        return [results[record_id] for record_id in self._ids]

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    @checked()
    def action_pool_extend(self):
        """Put off the return from a button.

        :return: action
        """
        return self._pool_show_results(
            self.pool_extend(), self.env._("Extend"), self.env._("The return is put off.")
        )

    @checked()
    def action_pool_protect(self):
        """Protect from a button.

        :return: action
        """
        return self._pool_show_results(
            self.pool_protect(), self.env._("Protect"), self.env._("It is protected.")
        )

    @checked()
    def action_pool_unprotect(self):
        """Free protected slots from a button.

        :return: action
        """
        return self._pool_show_results(
            self.pool_protect(protect=False),
            self.env._("Protect"),
            self.env._("Its slot is free again."),
        )

    @checked()
    def action_pool_undo_claim(self):
        """Undo a claim from a button.

        :return: action
        """
        return self._pool_show_results(
            self.pool_undo_claim(), self.env._("Undo"), self.env._("The claim is undone.")
        )

    # ------------------------------------------------------------------
    # Extension
    # ------------------------------------------------------------------

    def _pool_extend(self, note=None):
        """Extend each of these records that may be; the others are refused."""
        results = []
        locked = self.sudo()._pool_lock()
        for record in self.sudo():
            refusal = record._pool_refuse_extension() if record in locked else self._pool_busy()
            if refusal is None:
                record._pool_put_off(note)
            results.append(record._pool_result(refusal))
        return results

    def _pool_refuse_extension(self):
        self.ensure_one()
        if refusal := self._pool_refuse_holder():
            return refusal
        limits = self.pool_id._limits_for(self.user_id)
        if not limits.extension_days or not self.pool_due_date:
            return Refusal(
                verdict.LOCKED, self.env._("The pool %s grants no extension.", self.pool_id.name)
            )
        if self.pool_extension_count >= limits.extension_limit:
            return Refusal(
                verdict.LOCKED,
                self.env._(
                    "It has been extended %(count)s of %(limit)s times.",
                    count=self.pool_extension_count,
                    limit=limits.extension_limit,
                ),
            )
        approved = self.env.context.get("pool_via") is VIA_APPROVED
        if self.pool_id.extension_approval and not approved:
            return Refusal(
                verdict.APPROVAL,
                self.pool_id._asked_text(),
            )
        return None

    def _pool_put_off(self, note):
        days = self.pool_id._limits_for(self.user_id).extension_days
        self.with_context(pool_engine=ENGINE).write(
            {
                "pool_protected_until": self.pool_id._days_later(self.pool_due_date, days),
                "pool_extension_count": self.pool_extension_count + 1,
            }
        )
        self._pool_refresh_due()
        text = self.env._("Extended by %s days.", days)
        self._message_log(body=f"{text} {note}" if note else text)

    # ------------------------------------------------------------------
    # Protection
    # ------------------------------------------------------------------

    def _pool_refuse_holder(self):
        """Only the owner, and managers of the pool, decide how long he keeps a record."""
        if self.pool_state != "owned":
            return Refusal(verdict.NOT_POOLED, self.env._("Nobody holds it from a pool."))
        if self.user_id == self.env.user or self.pool_id._is_managed_by(self.env.user):
            return None
        return Refusal(verdict.TAKEN, self.env._("Somebody else holds it."))

    def _pool_refuse_protect(self):
        if refusal := self._pool_refuse_holder():
            return refusal
        if self.pool_slot:
            return None
        days, start = self.pool_id.protected_days, self.pool_protect_start
        if days and start and self.pool_id._days_later(start, days) <= self.env.cr.now():
            return Refusal(
                verdict.LOCKED,
                self.env._("It has been protected for %s days, the longest there is.", days),
            )
        self._pool_lock_members(self.user_id)
        limit = self.pool_id._limits_for(self.user_id).protected_limit
        used = self.search_count(
            [
                ("user_id", "=", self.user_id.id),
                ("pool_id", "=", self.pool_id.id),
                ("pool_slot", "=", True),
                ("pool_state", "=", "owned"),
            ]
        )
        if used < limit:
            return None
        return Refusal(
            verdict.HOLDING_LIMIT,
            self.env._("%(used)s of %(limit)s protected slots are in use.", used=used, limit=limit),
        )

    def _pool_set_slot(self, protect):
        days = self.pool_id.protected_days
        start = self.pool_protect_start or self.env.cr.now()
        until = self.pool_id._days_later(start, days) if protect and days else False
        if protect and not days:
            # No limit in time: far away, yet a date that can be compared and shown.
            until = self.env.cr.now() + timedelta(days=3650)
        self.with_context(pool_engine=ENGINE).write(
            {"pool_slot": protect, "pool_protected_until": until, "pool_protect_start": start}
        )
        # Two slots taken at the same moment conflict here, and one is replayed.
        self._pool_touch_members(self.user_id)
        self._pool_refresh_due()

    def _pool_protect_until(self, until):
        """No rule takes these records back before a moment; a longer protection stays."""
        shorter = self.filtered(
            lambda record: not record.pool_protected_until or record.pool_protected_until < until
        )
        shorter.with_context(pool_engine=ENGINE).write({"pool_protected_until": until})
        shorter._pool_refresh_due()

    # ------------------------------------------------------------------
    # Undo
    # ------------------------------------------------------------------

    def _pool_last_move(self):
        """The latest row of the ledger for this record."""
        return (
            self.env["lead.pool.move"]
            .sudo()
            .search([(self._pool_move_link, "=", self.id)], order="id desc", limit=1)
        )

    def _pool_refuse_undo(self):
        """Why this claim cannot be undone, or None."""
        if self.pool_state != "owned" or self.user_id != self.env.user:
            return Refusal(verdict.NOT_POOLED, self.env._("You do not hold it."))
        minutes = self.pool_id._limits_for(self.user_id).undo_minutes
        last = self._pool_last_move()
        if last.kind != "claim" or not minutes:
            return Refusal(verdict.LOCKED, self.env._("It cannot be undone; give it back."))
        if last.date + timedelta(minutes=minutes) < self.env.cr.now() or self.pool_touch_date:
            return Refusal(
                verdict.LOCKED, self.env._("It is too late to undo the claim; give it back.")
            )
        return None
