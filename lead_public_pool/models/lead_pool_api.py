from odoo import models
from odoo.exceptions import UserError

from ..tools import verdict
from ..tools.arguments import check_number, checked, key, number, numbers, text
from ..tools.verdict import Refusal


class LeadPoolApi(models.AbstractModel):
    """What reps and other programs may call on a record, and the buttons that call it."""

    _name = "lead.pool.api"
    _description = "Public Methods of a Record with a Home"

    @checked(key=key)
    def pool_claim(self, key=None):
        """Claim these records for the current user.

        :param str key: idempotency key; the same key answers the same and counts once
        :return: one result per record: `id`, `ok`, `code`, `message`, `available_at`
        :rtype: list[dict]
        """
        records, results = self._pool_claimable()
        done = records._pool_claimed_with(key) if key else records.browse()
        results.update(
            {record.id: record._pool_result(record._pool_refuse_same_key()) for record in done}
        )
        for result in (records - done)._pool_move_each("claim", user=self.env.user, key=key):
            results[result["id"]] = result
        won = records.filtered(lambda record: results[record.id]["ok"])
        won._pool_add_notices(results)
        asked = records.filtered(lambda record: results[record.id]["code"] == verdict.APPROVAL)
        self.env["lead.pool.request"]._ask("claim", asked)
        for record in asked.sudo():
            results[record.id]["message"] = record.pool_id._asked_text()
        return [results[record_id] for record_id in self._ids]

    @checked()
    def pool_claim_check(self):
        """Whether the current user may claim these records, why not, and from when.

        Changes nothing. `message` also names duplicates that others hold, and whose customer it is.

        :return: one result per record, see `pool_claim`
        :rtype: list[dict]
        """
        return self._pool_claim_check(duplicates=True)

    def _pool_claim_check(self, duplicates=False):
        """See `pool_claim_check`.

        :param bool duplicates: say also who holds duplicates of what waits
        """
        records, results = self._pool_claimable()
        judged = records.sudo()
        refusals = self.env["lead.pool.policy"]._refusals("claim", judged, self.env.user, each=True)
        warn = self.env["lead.pool.policy"]._owner_warning
        results.update(
            {
                record.id: record._pool_result(refusals.get(record.id), warn(record, self.env.user))
                for record in judged
            }
        )
        if duplicates:
            claimable = judged.filtered(lambda record: record.id not in refusals)
            claimable.with_env(self.env)._pool_add_notices(results)
        return [results[record_id] for record_id in self._ids]

    def _pool_ask_states(self, answers):
        """Which of these records one may ask for, and which one has asked for.

        :param dict answers: see `pool_claim_check`, by record id
        :return: keys of `pool_ask_state` by record id
        """
        ids = [key for key, answer in answers.items() if answer["code"] == verdict.APPROVAL]
        asked = self.env["lead.pool.request"]._asked_for(self.browse(ids)) if ids else ()
        return {record_id: "asked" if record_id in asked else "ask" for record_id in ids}

    @checked(reason_id=number, note=text, pool_id=number)
    def pool_release(self, reason_id=None, note=None, pool_id=None):
        """Give these records back to their pool, or to another one.

        :param int reason_id: why (`lead.pool.reason`)
        :param str note: free text for the history
        :param int pool_id: pool that receives them; none for their own
        :return: one result per record, see `pool_claim`
        :rtype: list[dict]
        :raise UserError: if the reason or pool does not exist, or a required reason is missing
        """
        reason = self._pool_argument("lead.pool.reason", reason_id)
        pool = self._pool_argument("lead.pool", pool_id)
        records, results = self._pool_readable()
        for result in records._pool_move_each("release", pool=pool, reason=reason, note=note):
            results[result["id"]] = result
        return [results[record_id] for record_id in self._ids]

    @checked()
    def pool_assign(self, user_id):
        """Hand these records out to a member of their pools; for managers.

        :param int user_id: who receives them
        :return: one result per record, see `pool_claim`
        :rtype: list[dict]
        """
        check_number(self.env, "user_id", user_id)
        user = self.env["res.users"].browse(user_id).exists()
        records, results = self._pool_readable()
        if not user:
            refusal = Refusal(verdict.INVALID_USER, self.env._("There is no such user."))
            results.update({record.id: record._pool_result(refusal) for record in records})
        else:
            outside = records.filtered(lambda record: record.sudo().pool_state == "outside")
            refusal = Refusal(verdict.NOT_POOLED, self.env._("It does not lie in a pool."))
            results.update({record.id: record._pool_result(refusal) for record in outside})
            for result in (records - outside)._pool_move_each("assign", user=user):
                results[result["id"]] = result
        return [results[record_id] for record_id in self._ids]

    @checked(user_ids=numbers)
    def pool_split(self, user_ids):
        """Hand these records out evenly to several members of their pools; for managers.

        :param list user_ids: who receive them
        :return: one result per record, see `pool_claim`
        :rtype: list[dict]
        :raise UserError: if one of the users does not exist
        """
        users = self.env["res.users"].browse(user_ids)
        if not users or users.exists() != users:
            raise UserError(self.env._("There is no such user."))
        records, results = self._pool_readable()
        inside = records.filtered(lambda record: record.sudo().pool_state != "outside")
        refusal = Refusal(verdict.NOT_POOLED, self.env._("It does not lie in a pool."))
        results.update({record.id: record._pool_result(refusal) for record in records - inside})
        for result in inside._pool_split(users):
            results[result["id"]] = result
        return [results[record_id] for record_id in self._ids]

    @checked(pool_id=number)
    def pool_transfer(self, pool_id):
        """Move these records to another pool, with their owners; for managers.

        :param int pool_id: pool that receives them
        :return: one result per record, see `pool_claim`
        :rtype: list[dict]
        :raise UserError: if there is no such pool of this kind
        """
        pool = self._pool_argument("lead.pool", pool_id)
        if not pool:
            raise UserError(self.env._("Choose the pool that receives the records."))
        records, results = self._pool_readable()
        outside = records.filtered(lambda record: record.sudo().pool_state == "outside")
        outside.check_access("write")
        for kind, group in (("enter", outside), ("transfer", records - outside)):
            for result in group._pool_move_each(kind, pool=pool):
                results[result["id"]] = result
        return [results[record_id] for record_id in self._ids]

    def _pool_readable(self):
        """Split these ids into records the user may see, and an answer for all others.

        :return: the records, and a result by id for what is foreign, hidden or deleted
        """
        readable = self.exists()._filtered_access("read")
        refusal = Refusal(
            verdict.NOT_POOLED, self.env._("There is no such record in a pool you may use.")
        )
        return readable, {record.id: record._pool_result(refusal) for record in self - readable}

    def _pool_claimable(self):
        """Split these ids like `_pool_visible`; who was just too late for one is told so."""
        records, results = self._pool_visible()
        if not results or not self.env["lead.pool.entry"].has_access("read"):
            return records, results
        window = self.env.user._pool_window_ids(self.env.companies.ids)
        for gone in self.browse(results).sudo().exists():
            if gone.pool_state == "owned" and gone.pool_id.id in window:
                refusal = Refusal(verdict.TAKEN, self.env._("Somebody else already holds it."))
                results[gone.id] = gone._pool_result(refusal)
        return records, results

    def _pool_refuse_same_key(self):
        """Why a claim that is repeated with its key no longer holds, or None."""
        record = self.sudo()
        if record.user_id == self.env.user:
            return None
        if record.user_id:
            return Refusal(verdict.TAKEN, self.env._("Somebody else already holds it."))
        return Refusal(
            verdict.LOCKED,
            self.env._("You claimed it with this key before, and it has gone back since."),
        )

    def _pool_claimed_with(self, key):
        """Records that the current user has already claimed with the same key."""
        moves = (
            self.env["lead.pool.move"]
            .sudo()
            .search(
                [
                    ("actor_id", "=", self.env.uid),
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("claim_key", "=", key),
                ]
            )
        )
        return self.filtered(lambda record: record.id in set(moves.mapped("res_id")))

    def _pool_argument(self, model_name, value):
        """Record that a caller named by id, none if he named none."""
        model = self.env[model_name]
        if value is None or value is False:
            return model
        record = model.browse(value).exists()._filtered_access("read")
        if not record:
            raise UserError(
                self.env._(
                    "%(label)s: there is none with the number %(value)s.",
                    label=model._description,
                    value=value,
                )
            )
        return record

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    @checked()
    def action_pool_claim(self):
        """Claim from a button and show what happened to each record.

        :return: action
        """
        count = len(self)
        done = (
            self.env._("It is yours now.")
            if count == 1
            else self.env._("%s records are yours now.", count)
        )
        results = self.pool_claim()
        if count == 1 and results[0]["ok"] and results[0]["message"]:
            done = f"{done} {results[0]['message']}"
        return self._pool_show_results(results, self.env._("Claim"), done)

    @checked()
    def action_pool_release(self):
        """Ask for a reason and give these records back.

        :return: window action of the release dialog
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give back to the pool"),
            "res_model": "lead.pool.release",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": self._name, "active_ids": self.ids},
        }

    def _pool_show_results(self, results, title, done):
        """A short message if all went well, else a sheet with the answer for each record.

        :param list results: see `pool_claim`
        :param str title: title of the sheet
        :param str done: the short message
        :return: action
        """
        asked = self.env["lead.pool.request"]._asked_summary(results)
        if asked or all(result["ok"] for result in results):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": asked or done,
                    "next": self._pool_next_view(),
                },
            }
        return self.env["lead.pool.result"]._open(self, results, title)
