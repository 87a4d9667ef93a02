import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..tools.jobs import each_or_set_aside, replayed, work_off
from .lead_pool_engine import ENGINE
from .lead_pool_trouble import RETRY_HOURS

_logger = logging.getLogger(__name__)
# The report of a run names so many records that failed, and counts the rest.
LISTED = 200
# What may change without a word to the record is looked at so often, and so many batches a run.
CHECK_HOURS = 24
CHECK_BATCHES = 4
# Their values change only by a write of the record itself.
OWN_OPERATORS = {"=", "!=", "in", "not in"}


class LeadPoolClock(models.AbstractModel):
    """Due dates, and taking back what is due."""

    _name = "lead.pool.clock"
    _description = "Pool Clock"

    pool_check_date = fields.Datetime(
        string="Looked at again",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="When its return is worked out anew, because the filters of its pool look at more "
        "than the record itself, for example at its quotations.",
    )

    _pool_check_index = models.Index("(pool_check_date) WHERE pool_check_date IS NOT NULL")

    # ------------------------------------------------------------------
    # Due dates
    # ------------------------------------------------------------------

    def _pool_refresh_due(self):
        """Work out and store when each record goes back, by which rule, and the next warning."""
        records = self.sudo().with_context(pool_engine=ENGINE, tracking_disable=True)
        dues = records._pool_due_map()
        values = {}
        for record in records:
            due, rule_id = dues.get(record.id, (False, False))
            warning = due and record._pool_next_warning(due)
            stored = (due, rule_id, warning, record._pool_next_check())
            known = (
                record.pool_due_date,
                record.pool_due_rule_id.id,
                record.pool_warn_date,
                record.pool_check_date,
            )
            if known != stored:
                values.setdefault(stored, []).append(record.id)
        for stored, ids in values.items():
            records.browse(ids)._pool_store(
                dict(
                    zip(
                        ("pool_due_date", "pool_due_rule_id", "pool_warn_date", "pool_check_date"),
                        stored,
                        strict=True,
                    )
                )
            )

    def _pool_refresh_safely(self):
        """Work out when these records go back; one at which that fails stops no other."""
        each_or_set_aside(
            self,
            lambda records: records._pool_refresh_due(),
            lambda record, error: self.env["lead.pool.trouble"]._note("refresh", record, error),
        )

    def _pool_store(self, values):
        """Write columns that only our code looks at, past all that a `write` of a lead sets off."""
        for name, value in values.items():
            self._fields[name].write(self, value)
        self.modified(values)

    def _pool_due_map(self):
        """When these records go back.

        :return: (moment, rule id) by record id; records that no rule watches are missing
        """
        dues, memo = {}, {}
        circulating = self.filtered(
            lambda record: record.pool_state == "owned" and not record._pool_is_closed()
        )
        meetings = circulating._pool_meetings_held()
        for pool, records in circulating.grouped("pool_id").items():
            rules = pool._active_rules()
            records = pool._not_exempt(records) if rules else self.browse()
            for rule in rules:
                for record in rule._matching("domain", records):
                    if not rule._watches(record, meetings):
                        continue
                    due = rule._due(record, meetings, memo)
                    if record.id not in dues or due < dues[record.id][0]:
                        dues[record.id] = (due, rule.id)
        return dues

    def _pool_meetings_held(self):
        """End of the last meeting that took place while its present owner had a record.

        :return: naive UTC moments by record id
        """
        return {}

    @api.model
    @ormcache("self._name")
    def _pool_rule_fields(self):
        """Fields on which the filters of rules look: a change of one may change a due date."""
        rules = self.env["lead.pool.rule"].sudo().search([("pool_id.kind", "=", self._pool_kind)])
        return frozenset(
            condition.field_expr.split(".")[0]
            for rule in rules
            for domain in (rule._domain(), rule.pool_id._exempt_domain())
            for condition in domain.iter_conditions()
        ) | frozenset(rules.date_field_id.mapped("name"))

    # ------------------------------------------------------------------
    # Looking again at what depends on other records
    # ------------------------------------------------------------------

    def _pool_next_check(self):
        """When the return of this record is worked out anew, False where its own writes do."""
        self.ensure_one()
        circulates = self.pool_state == "owned" and not self._pool_is_closed()
        if not circulates:
            return False
        now = self.env.cr.now()
        if self.pool_check_date and self.pool_check_date > now:
            return self.pool_check_date
        if self.pool_id.id not in self._pool_looking_elsewhere():
            return False
        return fields.Datetime.add(now, hours=CHECK_HOURS)

    @api.model
    @ormcache("self._name")
    def _pool_looking_elsewhere(self):
        """Ids of pools by whose rules a return may change while nobody writes on the record."""
        rules = self.env["lead.pool.rule"].sudo().search([("pool_id.kind", "=", self._pool_kind)])
        return frozenset(
            pool.id
            for pool, of_pool in rules.grouped("pool_id").items()
            if any(rule.unit == "workday" for rule in of_pool)
            or any(
                self._pool_looks_elsewhere(condition)
                for domain in (pool._exempt_domain(), *(rule._domain() for rule in of_pool))
                for condition in domain.iter_conditions()
            )
        )

    @api.model
    def _pool_looks_elsewhere(self, condition):
        """Whether a condition may come true by another record, or because time goes by."""
        name, _dot, path = condition.field_expr.partition(".")
        field = self._fields.get(name)
        if path or not field or not field.store or field.compute:
            return True
        if field.type in ("one2many", "many2many", "reference", "date", "datetime"):
            return True
        return bool(field.relational) and condition.operator not in OWN_OPERATORS

    @api.model
    def _pool_check_again(self, batch_size):
        """Work out anew what may have changed without a write on the record.

        What the filters would take back by now is found at once; what else may have changed is
        looked at in turn, so many in a run.

        :param int batch_size: records per transaction
        """
        commit = self.env["ir.cron"]._commit_progress
        records = self.sudo()
        found = records._pool_lapsed()
        due = Domain("pool_check_date", "<=", self.env.cr.now()) & Domain(
            "pool_state", "=", "owned"
        )
        found |= records.search(due, order="pool_check_date, id", limit=batch_size * CHECK_BATCHES)
        for start in range(0, len(found), batch_size):
            batch = found[start : start + batch_size]
            replayed(self.env, lambda batch=batch: batch.exists()._pool_check_safely())
            if not commit(len(batch)):
                return

    @api.model
    def _pool_lapsed(self):
        """Held records without a return that a rule watches by now: an exemption has ended."""
        found = self.browse()
        for pool in self.env["lead.pool"].sudo().browse(self._pool_looking_elsewhere()):
            unwatched = (
                Domain("pool_state", "=", "owned")
                & Domain("pool_id", "=", pool.id)
                & Domain("pool_due_date", "=", False)
                & self._pool_open_domain()
            )
            for rule in pool._active_rules():
                watched = unwatched & rule._watched_domain()

                def search(domain, watched=watched):
                    return self.search(watched & domain, order="id")

                held = rule._with_filter("domain", search, self.browse())
                found |= pool._not_exempt(held)
        return found

    def _pool_check_safely(self):
        """Work out anew when these records go back; one that fails waits for tomorrow."""
        each_or_set_aside(
            self.try_lock_for_update(allow_referencing=True),
            lambda records: records._pool_look_again(),
            lambda record, error: record._pool_set_aside("refresh", "pool_check_date", error),
        )

    def _pool_look_again(self):
        self._pool_refresh_due()
        self._pool_plan_check()

    def _pool_plan_check(self):
        """Look at these records again as soon as something planned on them is over."""

    # ------------------------------------------------------------------
    # Taking back
    # ------------------------------------------------------------------

    @api.model
    def _pool_due_domain(self):
        """Records whose time has run out."""
        return (
            Domain("pool_due_date", "<=", self.env.cr.now())
            & Domain("pool_state", "=", "owned")
            & self._pool_open_domain()
        )

    @api.model
    def _pool_reclaim_due(self, run, batch_size, on_hold=()):
        """Take back what is due, batch by batch, each in a transaction of its own.

        :param run: runs to continue, one for each company, or none
        :param int batch_size: records per transaction
        :param on_hold: ids of pools whose brake has stopped the run
        :return: the runs, and the seconds left to the cron
        """
        runs = [run]

        def to_do():
            """What is due at this moment, less the pools that were told to wait."""
            return self._pool_due_domain() & Domain("pool_id", "not in", on_hold)

        def work(records):
            for company, some in records.grouped(lambda r: r.pool_id.company_id).items():
                run = runs[-1].exists()._of_company(company)
                runs.append(runs[-1].exists() | run)
                some._pool_reclaim(run)
                run.date_end = self.env.cr.now()

        time_left = work_off(self.sudo(), to_do, "pool_due_date, id", batch_size, work)
        return runs[-1].exists(), time_left

    def _pool_reclaim(self, run):
        """Take these locked records back, checking each again."""

        def set_aside(record, error):
            record._pool_set_aside("reclaim", "pool_due_date", error)
            run.failed_count += 1
            if run.failed_count <= LISTED:
                failure = f"{record._name},{record.id}: {error}"
                run.failure_log = "\n".join(filter(None, [run.failure_log, failure]))

        counts = each_or_set_aside(
            self, lambda records: records._pool_reclaim_batch(run), set_aside
        )
        run.reclaimed_count += sum(taken for taken, _skipped in counts)
        run.skipped_count += sum(skipped for _taken, skipped in counts)

    def _pool_reclaim_batch(self, run):
        """Take back those that are due also by the facts of now; put the others right.

        :return: how many were taken back, and how many were not
        """
        now = self.env.cr.now()
        dues = self._pool_due_map()
        due = self.filtered(lambda record: record.id in dues and dues[record.id][0] <= now)
        taken = 0
        for rule_id, records in due.grouped(lambda record: dues[record.id][1]).items():
            rule = self.env["lead.pool.rule"].sudo().browse(rule_id)
            results = records._pool_move(
                "reclaim", pool=rule.target_pool_id.filtered("active") or None, rule=rule, run=run
            )
            taken += sum(result["ok"] for result in results)
        (self - due)._pool_refresh_due()
        return taken, len(self) - taken

    def _pool_set_aside(self, kind, field_name, error, hours=RETRY_HOURS, logger=_logger):
        """Keep a record at which a job fails from stopping every run, and show it to the managers.

        :param str kind: which job, see `lead.pool.trouble`
        :param str field_name: date at which the job takes the record up
        :param error: exception, or text
        :param int hours: after how long it is tried again; 0 for never
        """
        retry = fields.Datetime.add(self.env.cr.now(), hours=hours) if hours else None
        # Plain SQL: whatever makes the record fail must not make this fail too.
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id IN %s",
                SQL.identifier(self._table),
                SQL.identifier(field_name),
                retry,
                tuple(self.ids),
            )
        )
        self.invalidate_recordset([field_name], flush=False)
        for record in self:
            self.env["lead.pool.trouble"]._note(kind, record, error, logger=logger)
