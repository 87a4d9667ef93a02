from odoo import api, fields, models

from ..tools import verdict
from ..tools.arguments import checked
from ..tools.jobs import each_or_set_aside
from ..tools.verdict import Refusal
from .lead_pool_engine import RETURNS


class LeadPoolWaitlist(models.AbstractModel):
    """Waiting for a record that somebody else holds, or that one may not claim yet."""

    _name = "lead.pool.waitlist"
    _description = "Waiting List of a Record"

    pool_can_wait = fields.Boolean(
        compute="_compute_pool_wait",
        groups="sales_team.group_sale_salesman",
        help="Whether you may ask to be told about it.",
    )
    pool_is_waiting = fields.Boolean(
        string="You wait for it",
        compute="_compute_pool_wait",
        groups="sales_team.group_sale_salesman",
        help="You are told when it comes back or when you may claim it.",
    )

    @api.depends("pool_state", "pool_id", "user_id")
    @api.depends_context("uid")
    def _compute_pool_wait(self):
        records = self._origin.filtered(lambda record: record.sudo().pool_id)
        waiting = records._pool_waits()[self._pool_move_link]
        answers = {answer["id"]: answer for answer in records._pool_wait_check()}
        for record in self:
            known = record._origin
            record.pool_is_waiting = known.id in waiting.ids
            answer = answers.get(known.id)
            record.pool_can_wait = bool(answer and answer["ok"] and not record.pool_is_waiting)

    @checked()
    def pool_wait(self):
        """Tell me when these records come back, or when I may claim them.

        :return: one result per record, see `pool_claim`; `holding_limit` when I wait for too many
        :rtype: list[dict]
        """
        records, results = self._pool_claimable()
        for result in records._pool_wait_add():
            results[result["id"]] = result
        return [results[record_id] for record_id in self._ids]

    @checked()
    def pool_wait_cancel(self):
        """Stop waiting for these records.

        :return: one result per record, see `pool_claim`
        :rtype: list[dict]
        """
        records, results = self._pool_visible()
        records._pool_waits().state = "cancelled"
        results.update({record.id: record._pool_result() for record in records})
        return [results[record_id] for record_id in self._ids]

    @checked()
    def action_pool_wait(self):
        """Wait, from a button.

        :return: action
        """
        return self._pool_show_results(
            self.pool_wait(), self.env._("Wait"), self.env._("You will be told.")
        )

    @checked()
    def action_pool_wait_cancel(self):
        """Stop waiting, from a button.

        :return: action
        """
        return self._pool_show_results(
            self.pool_wait_cancel(), self.env._("Wait"), self.env._("You no longer wait for it.")
        )

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def _pool_waits(self):
        """Waits of the current user for these records, in `sudo`."""
        return (
            self.env["lead.pool.wait"]
            .sudo()
            .search(
                [
                    ("user_id", "=", self.env.uid),
                    (self._pool_move_link, "in", self.ids),
                    ("state", "=", "waiting"),
                ]
            )
        )

    def _pool_wait_add(self, label=None):
        """Put the current user on the list of each of these records that he may wait for.

        :param str label: what he knows the records by; none if he sees their names
        :return: one result per record
        """
        waits = self.env["lead.pool.wait"].sudo()
        already = self._pool_waits()[self._pool_move_link]
        rows, results = [], []
        for record, answer in zip(self.sudo(), self._pool_wait_check(), strict=True):
            results.append({**answer, "available_at": False} if answer["ok"] else answer)
            if not answer["ok"] or record in already:
                continue
            pool = record.pool_id
            rows.append(
                {
                    "name": label or record.with_env(self.env).display_name,
                    "user_id": self.env.uid,
                    "pool_id": pool.id,
                    self._pool_move_link: record.id,
                    "remind_date": answer["available_at"],
                    "expire_date": pool._days_later(self.env.cr.now(), pool.wait_days),
                }
            )
        waits.create(rows)
        return results

    def _pool_wait_check(self):
        """Whether the current user may wait for each of these records.

        :return: one result per record; `available_at` says when he may claim it, if that is known
        """
        records = self.sudo()
        answers = {
            answer["id"]: answer
            for answer in records.filtered(lambda r: r.pool_state == "pooled")
            .with_env(self.env)
            ._pool_claim_check()
        }
        open_waits = [("user_id", "=", self.env.uid), ("state", "=", "waiting")]
        waits = self.env["lead.pool.wait"].sudo()
        counts = dict(waits._read_group(open_waits, ["pool_id"], ["__count"]))
        results = []
        for record in records:
            answer = answers.get(record.id)
            refusal = record._pool_refuse_wait(self.env.user, answer, counts)
            result = record._pool_result(refusal)
            if refusal is None:
                counts[record.pool_id] = counts.get(record.pool_id, 0) + 1
                result["available_at"] = answer["available_at"] if answer else False
            results.append(result)
        return results

    def _pool_refuse_wait(self, user, answer, counts):
        """Why a user may not wait for this record, or None.

        :param dict answer: what `pool_claim_check` says of a record that lies in the pool
        :param dict counts: for how many records of each pool he waits already
        """
        pool = self.pool_id
        mine = (
            pool
            and pool._member(user)
            and (pool.visibility != "hidden" or pool._is_managed_by(user))
        )
        if not mine or self._pool_is_closed():
            return Refusal(
                verdict.NOT_POOLED, self.env._("There is no such record in a pool you may use.")
            )
        if not pool.wait_limit:
            return Refusal(
                verdict.LOCKED, self.env._("The pool %s keeps no waiting list.", pool.name)
            )
        if self.user_id == user:
            return Refusal(verdict.TAKEN, self.env._("You already hold it."))
        if answer and answer["ok"]:
            return Refusal(verdict.LOCKED, self.env._("You may claim it now."))
        if answer and not answer["available_at"]:
            return Refusal(answer["code"], answer["message"])
        if counts.get(pool, 0) >= pool.wait_limit:
            return Refusal(
                verdict.HOLDING_LIMIT,
                self.env._(
                    "You already wait for %(count)s records of %(pool)s; stop waiting for one.",
                    count=counts[pool],
                    pool=pool.name,
                ),
            )
        return None

    # ------------------------------------------------------------------
    # What a move means for those who wait
    # ------------------------------------------------------------------

    def _pool_apply(self, kind, user, pool, **details):
        result = super()._pool_apply(kind, user, pool, **details)
        if not user and kind in (*RETURNS, "undo", "enter", "transfer"):
            self._pool_tell_waiting()
        return result

    def _pool_tell_waiting(self):
        """These records lie in a pool now: tell who waits for them, first come, first told."""
        waits = (
            self.env["lead.pool.wait"]
            .sudo()
            .search([(self._pool_move_link, "in", self.ids), ("state", "=", "waiting")])
        )
        if not waits:
            return
        former = waits.filtered(lambda wait: wait._record().pool_former_user_id == wait.user_id)
        former.state = "over"
        each_or_set_aside(
            (waits - former)._may_be_told(),
            lambda some: some._tell(
                lambda env, count: env._("%s that you waited for are back in the pool", count)
            ),
            lambda wait, error: self.env["lead.pool.trouble"]._note("remind", wait, error),
        )

    def _pool_merge(self, tail):
        """Who waited for a merged record waits for the one that remains."""
        link = self._pool_move_link
        waits = self.env["lead.pool.wait"].sudo()
        open_waits = waits.search([(link, "in", (self | tail).ids), ("state", "=", "waiting")])
        for mine in open_waits.grouped("user_id").values():
            (mine[1:]).unlink()
            mine[:1].write({link: self.id})
        return super()._pool_merge(tail)
