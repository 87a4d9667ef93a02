import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.arguments import checked
from ..tools.jobs import each_or_set_aside

_logger = logging.getLogger(__name__)

# What has not failed again for so many days is forgotten; a bad record is tried once a day.
KEPT_DAYS = 3
# A job that fails at a record tries it again after so many hours, and not at every run.
RETRY_HOURS = 24


class LeadPoolTrouble(models.Model):
    """What does not work at present: filters that are broken, records that a job set aside."""

    _name = "lead.pool.trouble"
    _description = "Trouble in a Pool"
    _order = "date desc, id desc"
    _rec_name = "message"

    kind = fields.Selection(
        [
            ("filter", "Broken filter"),
            ("refresh", "Working out when it goes back"),
            ("reclaim", "Taking back"),
            ("warn", "Warning before a return"),
            ("digest", "Daily e-mail"),
            ("first_contact", "Warning about the first contact"),
            ("remind", "Reminder of the waiting list"),
            ("assign", "Automatic assignment"),
            ("claim", "Claiming the next best"),
            ("offer", "What nobody claimed"),
            ("members", "Members by team and filter"),
            ("intake", "Taking in existing records"),
            ("transfer", "Transferring everything"),
            ("owner_left", "Giving back what somebody held who left"),
        ],
        string="What",
        required=True,
        readonly=True,
        help="A broken filter matches nothing until it is mended. All else is a record at which a "
        "job failed: it was set aside so that the others go on, and is tried again.",
    )
    pool_id = fields.Many2one(
        "lead.pool", readonly=True, ondelete="cascade", index=True, help="The pool concerned."
    )
    company_id = fields.Many2one(related="pool_id.company_id", store=True)
    res_model = fields.Char(
        string="Model", required=True, readonly=True, help="Kind of the record that has trouble."
    )
    res_id = fields.Many2oneReference(
        string="Record",
        model_field="res_model",
        required=True,
        readonly=True,
        help="The record that has trouble.",
    )
    message = fields.Text(readonly=True, help="What went wrong, in the words of the program.")
    date = fields.Datetime(
        string="Last time", required=True, readonly=True, help="When it failed last."
    )
    count = fields.Integer(string="How often", readonly=True, help="How often it has failed.")

    _once = models.UniqueIndex("(kind, res_model, res_id)")

    @checked(one=True)
    def action_open_record(self):
        """Open the record that has trouble.

        :return: window action
        """
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    @api.model
    def action_open_all(self):
        """Look at all filters once more, and open what does not work.

        :return: window action
        """
        self.check_access("read")
        self.sudo()._note_filters()
        return self.env["ir.actions.actions"]._for_xml_id(
            "lead_public_pool.lead_pool_trouble_action"
        )

    # ------------------------------------------------------------------
    # Noting
    # ------------------------------------------------------------------

    @api.model
    def _note(self, kind, record, error, pool=None, logger=_logger):
        """Write down that something does not work; the same thing again counts up.

        :param str kind: which job, see `kind`
        :param record: the record at which it fails
        :param error: exception, or text
        :param pool: pool concerned, none for the pool of the record
        :param logger: where an exception is logged, none if it has been
        """
        if logger and isinstance(error, Exception):
            logger.warning("%s is set aside: %s", record, kind, exc_info=error)
        # Plain SQL: whatever makes the record fail must not make this fail too.
        pool_id = pool.id if pool else self._pool_of(record)
        now = self.env.cr.now()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO lead_pool_trouble
                       (kind, pool_id, company_id, res_model, res_id, message, date, count,
                        create_uid, create_date, write_uid, write_date)
                VALUES (%(kind)s, %(pool)s, (SELECT company_id FROM lead_pool WHERE id = %(pool)s),
                        %(model)s, %(id)s, %(message)s, %(now)s, 1,
                        %(uid)s, %(now)s, %(uid)s, %(now)s)
                ON CONFLICT (kind, res_model, res_id) DO UPDATE
                   SET pool_id = EXCLUDED.pool_id, company_id = EXCLUDED.company_id,
                       message = EXCLUDED.message, date = EXCLUDED.date,
                       count = lead_pool_trouble.count + 1
                """,
                kind=kind,
                pool=pool_id,
                model=record._name,
                id=record.id,
                message=str(error).replace("\x00", "") or type(error).__name__,
                now=now,
                uid=self.env.uid,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _pool_of(self, record):
        if record._name == "lead.pool":
            return record.id
        rows = self.env.execute_query(
            SQL("SELECT pool_id FROM %s WHERE id = %s", SQL.identifier(record._table), record.id)
        )
        return rows[0][0] if rows else None

    @api.model
    def _note_filters(self):
        """Bring the list of broken filters up to date."""
        known = {
            (trouble.res_model, trouble.res_id): trouble
            for trouble in self.search([("kind", "=", "filter")])
        }
        for part in self._filtering():
            message = "\n".join(part._own_filter_errors())
            if not message:
                continue
            trouble = known.pop((part._name, part.id), self.browse())
            if trouble.message != message:
                self._note("filter", part, message)
            if not trouble:
                each_or_set_aside(
                    part,
                    lambda broken, message=message: self._tell_managers(broken, message),
                    lambda broken, error: _logger.warning(
                        "Nobody could be told about %s", broken, exc_info=error
                    ),
                )
        self.browse(trouble.id for trouble in known.values()).unlink()

    @api.model
    def _tell_managers(self, part, message):
        """Tell the managers of a pool once that one of its filters has broken.

        :param part: pool, rule or member that has the filter
        :param str message: what is wrong
        """
        pool = part if part._name == "lead.pool" else part.pool_id

        def text(env):
            return (
                env._("A filter of the pool %s no longer works", pool.name),
                env._(
                    "%(where)s: %(error)s Until it is mended it matches nothing, and what hangs on "
                    "it rests.",
                    where=part.display_name,
                    error=message,
                ),
            )

        pool._tell_managers(text)

    @api.model
    def _filtering(self):
        """Everything in all companies that has stored filters and is in use."""
        pools = self.env["lead.pool"].sudo().search(Domain.TRUE)
        return [*pools, *pools.rule_ids, *pools.member_ids]

    @api.autovacuum
    def _gc_troubles(self):
        """What has not failed again is mended, gone, or no longer tried."""
        old = fields.Datetime.subtract(self.env.cr.now(), days=KEPT_DAYS)
        gone = self.search([("kind", "!=", "filter"), ("date", "<", old)], limit=10000)
        gone.unlink()
        return len(gone), len(gone) == 10000
