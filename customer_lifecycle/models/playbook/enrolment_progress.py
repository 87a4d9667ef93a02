import logging
from functools import partial

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.jobs import guarded

_logger = logging.getLogger(__name__)


class CustomerPlaybookEnrolment(models.Model):
    """What a customer does in the meantime, and whether a step still makes sense."""

    _inherit = "customer.playbook.enrolment"

    def _stop_reason(self):
        """First reason why no further step is taken, None to go on."""
        self.ensure_one()
        playbook, record = self.playbook_id, self._record()
        if not record.exists() or (not record.active and not self._is_lost()):
            return "gone"
        if self._is_lost():
            return "lost"
        answered = self._note_answer()
        checks = (
            ("purchase", playbook.stop_on_purchase, self._has_bought),
            ("reply", playbook.stop_on_reply, lambda: answered),
            ("optout", playbook.stop_on_optout, self._has_opted_out),
            ("left", playbook.stop_on_left, self._has_left),
        )
        for reason, wanted, check in checks:
            if wanted and check():
                return reason
        # A won lead has come to its end, whatever the settings are.
        return "purchase" if self.lead_id.won_status == "won" else None

    def _is_lost(self):
        return self.lead_id.won_status == "lost"

    def _has_bought(self):
        """A purchase since the passage began, or the lead was won."""
        if self.lead_id:
            return self.lead_id.won_status == "won"
        # Where invoices or the point of sale count as purchases, the lifecycle knows of them.
        last = self._record().lifecycle_last_order
        if last and last > self._first_day():
            return True
        return bool(
            self.env["sale.order"].search_count(
                [
                    ("state", "=", "sale"),
                    ("company_id", "=", self.company_id.id),
                    ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                    ("date_order", ">", self.date_start),
                ],
                limit=1,
            )
        )

    def _first_day(self):
        """The day on which the passage began, as its company counts days."""
        rows = self.env["customer.lifecycle"]
        return rows._lifecycle_day_of(self.company_id, self.date_start)

    def _has_opted_out(self):
        record = self._record()
        return bool(
            record.email_normalized
            and self.env["mail.blacklist"].search_count(
                [("email", "=", record.email_normalized)], limit=1
            )
        )

    def _has_left(self):
        playbook = self.playbook_id
        record = self._record()
        matches = playbook._records().search_count(
            Domain("id", "=", record.id) & playbook._target_domain(), limit=1
        )
        return not matches

    # ------------------------------------------------------------------
    # Replies
    # ------------------------------------------------------------------

    def _note_answer(self):
        """Whether the customer has written to us since the passage began; notes it at the e-mail.

        :return: date of the first message, or False
        """
        self.ensure_one()
        writers = self.lead_id._writers() if self.lead_id else (self.partner_id, ())
        messages = self.env["mail.message"].search(
            self._reply_domain() & Domain("date", ">", self.date_start), order="date, id"
        )
        message = next((one for one in messages if one._lifecycle_is_from(*writers)), None)
        if not message:
            return False
        self._write_answer(message.date)
        return message.date

    def _write_answer(self, moment):
        """The last e-mail before a reply is the answered one."""
        for row in self:
            sent = row.log_ids.filtered(lambda log: log.message_id and log.date <= moment)
            sent.sorted("id")[-1:].filtered(lambda log: not log.answer_date).answer_date = moment

    def _reply_domain(self):
        """Messages that the customer, or somebody of their company, may have written to us."""
        customer = (self.partner_id or self.lead_id.partner_id).commercial_partner_id
        wrote = Domain("message_type", "in", ("email", "comment"))
        wrote &= Domain("lifecycle_automatic", "=", False)
        people = Domain("author_id.commercial_partner_id", "=", customer.id) & Domain(
            "author_id.partner_share", "=", True
        )
        if not self.lead_id:
            return wrote & people
        stranger = (
            Domain("model", "=", "crm.lead")
            & Domain("res_id", "=", self.lead_id.id)
            & Domain("message_type", "=", "email")
            & Domain("lifecycle_automatic", "=", False)
            & (Domain("author_id", "=", False) | Domain("author_id.partner_share", "=", True))
        )
        return stranger | (wrote & people if customer else Domain.FALSE)

    # ------------------------------------------------------------------
    # Conditions
    # ------------------------------------------------------------------

    def _condition_met(self, step):
        """Whether the present step is to be taken."""
        self.ensure_one()
        if step.condition != "always" and not self._mail_condition(step.condition):
            return False
        domain = step._condition_domain()
        record = self._record()
        return bool(
            record.with_context(active_test=False).search_count(
                Domain("id", "=", record.id) & domain, limit=1
            )
        )

    def _mail_condition(self, condition):
        """What became of the last e-mail of this round; without any, only a "not" holds."""
        sent = self.log_ids.filtered(lambda log: log.message_id and log.round == self.round)
        last = sent.sorted("id")[-1:]
        field = "open_date" if condition.endswith("opened") else "answer_date"
        return bool(last[field]) != condition.startswith("not_")

    # ------------------------------------------------------------------
    # At once
    # ------------------------------------------------------------------

    @api.model
    def _customers_bought(self, customers, company):
        """Customers have bought: their passages stop at once."""
        self.flush_model(["state", "partner_id", "company_id"])
        # Each order asks this, and a search by the ORM takes three times as long.
        running = self.env.execute_query(
            SQL(
                "SELECT id FROM customer_playbook_enrolment"
                " WHERE state = 'running' AND partner_id = ANY(%s) AND company_id = %s",
                customers.ids,
                company.id,
            )
        )
        rows = self.sudo().browse(row[0] for row in running)
        stopping = rows.filtered("playbook_id.stop_on_purchase")
        if stopping:
            stopping._stop("purchase")

    @api.model
    def _note_untold(self, error):
        _logger.warning("Playbooks were not told of a purchase or a reply: %s", error)

    @api.model
    def _replied(self, records):
        """Customers or leads have written to us: note it, and stop where the playbook says so.

        A message is never lost for it: the next step looks for replies again.
        """
        guarded(self.env, partial(self._note_reply, records), self._note_untold)

    def _note_reply(self, records):
        link = "lead_id" if records._name == "crm.lead" else "partner_id"
        now = self.env.cr.now()
        # Somebody who answers after the last step has still answered.
        current = Domain("state", "=", "running") | Domain("window_end", ">=", now)
        rows = self.sudo().search(current & Domain(link, "in", records.ids))
        rows._write_answer(now)
        stopping = rows.filtered(
            lambda row: row.state == "running" and row.playbook_id.stop_on_reply
        )
        if stopping:
            stopping._stop("reply")
