import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from ..tools import verdict
from ..tools.jobs import each_or_set_aside
from ..tools.verdict import Refusal

_logger = logging.getLogger(__name__)
# Only server code can hold this object: a context that arrives over RPC never contains it.
ENGINE = object()
# Doors other than picking a record: the blind next best, and a request that a manager agreed to.
VIA_NEXT = object()
VIA_APPROVED = object()
# Entry by the filter of a pool, and not by a person's choice.
VIA_ROUTE = object()
# A claim waits so long for a record that another transaction holds before it answers "locked".
LOCK_WAIT_MS = 3000
# Moves by which an owner loses a record to a pool.
RETURNS = {"release", "reclaim", "owner_left"}


def in_engine(env):
    """Whether the pool's own code is at work, the only one that may write homes and ledger."""
    return env.context.get("pool_engine") is ENGINE


class LeadPoolEngine(models.AbstractModel):
    """The one door: every change of home is locked, judged, written and entered in the ledger."""

    _name = "lead.pool.engine"
    _description = "Pool Engine"

    # Field of the ledger that points to records of the concrete model.
    _pool_move_link = None

    def _pool_move(
        self, kind, user=None, pool=None, reason=None, note=None, key=None, rule=None, run=None
    ):
        """Change the home of these records, each that may, and say what happened to each.

        :param str kind: kind of move, see `lead.pool.move`
        :param user: new owner (`res.users`), none for moves into a pool or out of it
        :param pool: pool after the move, none to keep the present one
        :param reason: why it is given back (`lead.pool.reason`)
        :param str note: free text for the ledger
        :param str key: idempotency key of the caller
        :param rule: rule that decided (`lead.pool.rule`)
        :param run: run that decided (`lead.pool.run`)
        :return: one result per record, in order, see `_pool_result`
        """
        records = self.sudo()
        user = user if user is not None else records.env["res.users"]
        records._pool_check_target(pool)
        if kind == "enter":
            return records._pool_enter(pool, note)
        if kind == "release" and not reason:
            records._pool_check_reason()
        locked = records._pool_lock()
        if user:
            records._pool_lock_members(user, pool)
        refusals = self.env["lead.pool.policy"]._refusals(
            kind, locked, user.with_env(records.env), pool
        )
        accepted = locked.filtered(lambda record: record.id not in refusals)
        details = {"reason": reason, "note": note, "key": key, "rule": rule, "run": run}
        for target, group in accepted.grouped(
            lambda record: record._pool_target(kind, pool)
        ).items():
            group._pool_apply(kind, user, target, **details)
        if kind in RETURNS:
            accepted._pool_weed_out()
        busy, locked_ids = self._pool_busy(), set(locked._ids)
        return [
            record._pool_result(refusals.get(record.id) if record.id in locked_ids else busy)
            for record in records
        ]

    def _pool_move_each(self, kind, **details):
        """Like `_pool_move`, but a record at which it fails is answered like any other refused.

        :raise Exception: if it fails at every record, which is then not to blame
        """
        if len(self) < 2:
            return self._pool_move(kind, **details)
        answers, failed = {}, {}
        for part in each_or_set_aside(
            self, lambda records: records._pool_move(kind, **details), failed.__setitem__
        ):
            answers.update({answer["id"]: answer for answer in part})
        if len(failed) == len(self):
            raise failed[self[:1]]
        for record, error in failed.items():
            _logger.warning("%s: %s is not possible", record, kind, exc_info=error)
            told = (
                str(error)
                if isinstance(error, UserError)
                else self.env._("It cannot be moved at present; the log of the server says why.")
            )
            answers[record.id] = record._pool_result(Refusal(verdict.LOCKED, told))
        return [answers[record.id] for record in self]

    def _pool_target(self, kind, pool):
        """Where a record goes: as asked, or to the next pool if it has had all its rounds."""
        if not pool and kind in RETURNS and self._pool_is_worn_out(1):
            return self.pool_id.next_pool_id.filtered("active") or pool
        return pool

    def _pool_is_worn_out(self, more=0):
        limit = self.pool_id.round_limit
        return bool(limit) and self.pool_round + more >= limit

    def _pool_weed_out(self):
        """Close what came back too often and has no pool to go on to."""
        # A search, since the move has emptied the cache, and few pools count rounds.
        counted = self.search(
            Domain("id", "in", self.ids)
            & Domain("pool_state", "=", "pooled")
            & Domain("pool_id.round_limit", ">", 0)
        )
        for record in counted.filtered(lambda record: record._pool_is_worn_out()):
            record._pool_close()

    def _pool_busy(self):
        return Refusal(
            verdict.LOCKED, self.env._("Somebody is working on it right now; try again.")
        )

    def _pool_check_target(self, pool):
        """Leads lie with leads, and each company keeps its own."""
        if not pool:
            return
        pool = pool.sudo()
        if pool.kind != self._pool_kind:
            raise UserError(self.env._("The pool %s holds another kind of records.", pool.name))
        if not pool.active:
            raise UserError(self.env._("The pool %s is archived and takes nothing in.", pool.name))
        for record in self:
            if record.company_id and record.company_id != pool.company_id:
                raise UserError(
                    self.env._(
                        "%(record)s belongs to %(company)s, the pool %(pool)s does not.",
                        record=record.display_name,
                        company=record.company_id.name,
                        pool=pool.name,
                    )
                )

    def _pool_check_reason(self):
        if any(self.pool_id.mapped("release_reason_required")):
            raise UserError(self.env._("Choose a reason for giving it back."))

    def _pool_enter(self, pool, note=None):
        """Give records without a home their pool: the unowned lie in it, the owned stay owned."""
        results = {}
        for user, records in self.grouped("user_id").items():
            if user:
                records._pool_lock_members(user, pool)
            refusals = self.env["lead.pool.policy"]._refusals("enter", records, user, pool)
            accepted = records.filtered(lambda r, refusals=refusals: r.id not in refusals)
            if accepted:
                accepted._pool_apply("enter", user, pool, note=note)
            for record in records:
                results[record.id] = record._pool_result(refusals.get(record.id))
            if not user:
                accepted._pool_route_to_owner(pool)
        return [results[record.id] for record in self]

    def _pool_route_to_owner(self, pool):
        """Where the pool says so, a customer's lead goes to the salesperson of the customer."""
        if pool.owner_guard != "route":
            return
        for owner, records in self.grouped(lambda record: record._pool_customer_owner()).items():
            if owner and pool._member(owner):
                each_or_set_aside(
                    records.with_context(pool_via=VIA_ROUTE),
                    lambda some, owner=owner: some._pool_move("assign", user=owner),
                    lambda record, error: self.env["lead.pool.trouble"]._note(
                        "assign", record, error
                    ),
                )

    def _pool_result(self, refusal=None, warning=""):
        """The public answer about one record.

        :param Refusal refusal: why not, None when it happened
        :param str warning: what to mind although it happens
        :return: `id`, `ok`, `code`, `message`, `available_at` (UTC, as text, or False)
        :rtype: dict
        """
        self.ensure_one()
        if refusal is None:
            return {
                "id": self.id,
                "ok": True,
                "code": verdict.OK,
                "message": warning,
                "available_at": False,
            }
        return {
            "id": self.id,
            "ok": False,
            "code": refusal.code,
            "message": refusal.message,
            "available_at": fields.Datetime.to_string(refusal.available_at)
            if refusal.available_at
            else False,
        }

    # ------------------------------------------------------------------
    # Locks
    # ------------------------------------------------------------------

    def _pool_lock(self):
        """Lock these records against other moves, waiting a moment for whoever is before us.

        Waiting matters: if the other one changed the record, PostgreSQL reports a serialization
        failure, Odoo replays the call, and the answer is the true one (`taken`).

        :return: the records that could be locked
        """
        if not self:
            return self
        self.flush_recordset(["user_id", "pool_id", "pool_state"])
        query = SQL(
            "SELECT id FROM %s WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
            SQL.identifier(self._table),
            tuple(self.ids),
        )
        # Mostly nobody is before us, and one statement will do.
        with mute_logger("odoo.sql_db"):
            self.env.cr.execute(SQL("%s SKIP LOCKED", query))
        if self.env.cr.rowcount == len(self):
            return self
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint(flush=False):
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_WAIT_MS))
                self.env.cr.execute(query)
                ids = {row[0] for row in self.env.cr.fetchall()}
                self.env.cr.execute(SQL("SET LOCAL lock_timeout TO DEFAULT"))
        except psycopg2.errors.LockNotAvailable:
            return self.try_lock_for_update(allow_referencing=True)
        return self.filtered(lambda record: record.id in ids)

    def _pool_lock_members(self, user, pool=None):
        """Lock the receiver's membership, so that his limits are counted by one move at a time.

        Where a limit holds over all pools of a company, all his memberships there.
        """
        if pools := pool or self.pool_id:
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM lead_pool_member WHERE user_id = %s AND %s"
                    " ORDER BY id FOR NO KEY UPDATE",
                    user.id,
                    pools.sudo()._counted_together(),
                )
            )

    def _pool_touch_members(self, user):
        """Write the membership rows of a user unchanged: of two who do so, one is replayed."""
        if self.pool_id:
            self.env.cr.execute(
                SQL(
                    "UPDATE lead_pool_member SET gain_count = gain_count"
                    " WHERE user_id = %s AND pool_id IN %s",
                    user.id,
                    tuple(self.pool_id.ids),
                )
            )

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _pool_apply(self, kind, user, pool, reason=None, note=None, key=None, rule=None, run=None):
        """Write owner, home, clocks, ledger and counters of records whose move is decided."""
        # The ledger is the history of owners: Odoo's tracking would write a message per record.
        records = self.with_context(pool_engine=ENGINE, tracking_disable=True)
        former = records.grouped("user_id")
        ledger = records._pool_ledger_values(
            kind, user, pool, reason=reason, note=note, key=key, rule=rule, run=run
        )
        if kind in RETURNS:
            records._pool_count_return(pool)
        records.write(records._pool_home_values(kind, user, pool))
        if kind == "restore":
            records._pool_uncount_return()
        if user:
            records._pool_protect_gain(user)
        if user or kind == "transfer":
            records._pool_refresh_due()
        records.env["lead.pool.move"].create(ledger)
        if user:
            records._pool_count_gain(user)
        records._pool_tell(kind, user, former, reason=reason, note=note)
        if kind in (*RETURNS, "enter", "transfer"):
            records.filtered(lambda record: record.pool_state == "pooled")._pool_offer()

    def _pool_home_values(self, kind, user, pool):
        """Values that all records of one move share."""
        now = self.env.cr.now()
        if kind == "leave":
            # The owner stays who he is; only the home ends.
            return {
                "pool_id": False,
                "pool_state": "outside",
                "pool_enter_date": False,
                "pool_due_date": False,
                "pool_due_rule_id": False,
                "pool_warn_date": False,
            }
        if kind == "transfer":
            return {"pool_id": pool.id, "pool_enter_date": now}
        values = {
            "user_id": user.id,
            "pool_touch_date": False,
            "pool_slot": False,
            "pool_extension_count": 0,
            "pool_offer_until": False,
            "pool_protected_until": False,
        }
        if pool:
            values["pool_id"] = pool.id
        if user:
            values.update(pool_state="owned", pool_own_date=now)
        else:
            values.update(
                pool_state="pooled",
                pool_own_date=False,
                pool_due_date=False,
                pool_due_rule_id=False,
                pool_warn_date=False,
            )
        if kind != "undo" and (not user or kind == "enter"):
            values["pool_enter_date"] = now
        return values

    def _pool_protect_gain(self, user):
        """A new owner has some days in which no rule takes the record back."""
        for pool, records in self.grouped("pool_id").items():
            days = pool._limits_for(user).protect_days
            if days:
                until = pool._days_later(self.env.cr.now(), days)
                records.write({"pool_protected_until": until})

    def _pool_count_return(self, pool):
        """Remember the former owner and one more round; another pool counts its own rounds.

        The values differ by record, and a `write` for each would cost much.
        """
        for owner, records in self.grouped("user_id").items():
            records._pool_store({"pool_former_user_id": owner.id})
        for rounds, records in self.grouped(
            lambda record: record.pool_round + 1 if not pool or pool == record.pool_id else 0
        ).items():
            records._pool_store({"pool_round": rounds})

    def _pool_uncount_return(self):
        """A return that was undone was no round."""
        for rounds, records in self.grouped("pool_round").items():
            records.write({"pool_round": max(rounds - 1, 0)})

    def _pool_count_gain(self, user):
        """Write the receiver's membership row: two gains at once conflict, and one is replayed.

        In SQL, since nothing looks at the counter and a `write` asks who tunes the pool.
        """
        for pool, records in self.grouped("pool_id").items():
            member = pool._member(user)
            if member:
                member.flush_recordset(["gain_count"])
                self.env.cr.execute(
                    SQL(
                        "UPDATE lead_pool_member SET gain_count = COALESCE(gain_count, 0) + %s"
                        " WHERE id = %s",
                        len(records),
                        member.id,
                    )
                )
                member.invalidate_recordset(["gain_count"], flush=False)

    def _pool_ledger_values(
        self, kind, user, pool, reason=None, note=None, key=None, rule=None, run=None
    ):
        """Rows of the ledger for a move of these records, worked out before it is written."""
        now = self.env.cr.now()
        common = {
            "date": now,
            "kind": kind,
            "res_model": self._name,
            "actor_id": self.env.uid,
            "reason_id": reason.id if reason else False,
            "note": note or False,
            "claim_key": key or False,
            "rule_id": rule.id if rule else False,
            "rule_version": rule.version if rule else 0,
            "run_id": run.id if run else False,
        }
        rows, memo = [], {}
        meetings = self._pool_meetings_held() if rule else {}
        for record in self:
            since = record.pool_own_date if record.user_id else record.pool_enter_date
            target = record.env["lead.pool"] if kind == "leave" else pool or record.pool_id
            keeps_owner = kind in ("transfer", "leave")
            rows.append(
                {
                    **common,
                    "res_id": record.id,
                    "record_name": record._pool_true_name(),
                    self._pool_move_link: record.id,
                    "company_id": target.company_id.id or record.pool_id.company_id.id,
                    # A record enters with the owner it has: before, it had no home at all.
                    "user_from_id": record.user_id.id if kind != "enter" else False,
                    "user_to_id": record.user_id.id if keeps_owner else user.id,
                    "pool_from_id": record.pool_id.id,
                    "pool_to_id": target.id,
                    "facts": rule._facts(record, meetings, memo) if rule else False,
                    "hours_before": (now - since).total_seconds() / 3600 if since else 0.0,
                }
            )
        return rows

    # ------------------------------------------------------------------
    # Entry
    # ------------------------------------------------------------------

    def _pool_route(self):
        """Send records without a home to the first pool whose filter they match.

        :return: results of those that match a pool but may not enter with their owner
        """
        if self.env.context.get("pool_no_entry") is ENGINE:
            return []
        candidates = self.sudo().filtered(lambda record: record.pool_state == "outside")
        pools = self.env["lead.pool"]._entry_pools(self._pool_kind)
        if not pools or not candidates:
            return []
        refused = []
        candidates = candidates.filtered_domain(
            candidates._pool_open_domain() & candidates._pool_entry_candidate_domain()
        )
        for pool in pools:
            found = pool._matching("entry_domain", candidates).filtered(
                lambda record, pool=pool: (
                    (not record.company_id or record.company_id == pool.company_id)
                    and (pool.entry_owned or not record.user_id)
                )
            )
            if found:
                candidates -= found
                results = found.with_context(pool_via=VIA_ROUTE)._pool_move("enter", pool=pool)
                refused += [result for result in results if not result["ok"]]
        return refused

    @api.model
    def _pool_entry_candidate_domain(self):
        """Which records may have a home at all."""
        return Domain.TRUE
