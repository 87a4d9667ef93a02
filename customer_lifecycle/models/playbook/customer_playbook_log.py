from odoo import api, fields, models
from odoo.tools import SQL, hmac

REASONS = [
    ("condition", "The condition was not met"),
    ("no_email", "No e-mail address"),
    ("bounced", "E-mails came back"),
    ("blacklist", "Wants no e-mails"),
    ("nobody", "Nobody to give it to"),
    ("no_customer", "The lead has no customer"),
    ("broken", "The step does not work"),
]


class CustomerPlaybookLog(models.Model):
    """What happened at one step of one passage."""

    _name = "customer.playbook.log"
    _description = "Playbook History"
    _order = "id desc"
    _rec_name = "step_name"

    enrolment_id = fields.Many2one(
        "customer.playbook.enrolment",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Passage to which it belongs.",
    )
    playbook_id = fields.Many2one(
        related="enrolment_id.playbook_id", store=True, index=True, export_string_translation=False
    )
    step_id = fields.Many2one(
        "customer.playbook.step",
        readonly=True,
        index=True,
        ondelete="set null",
        help="The step; empty when it was deleted later.",
    )
    step_name = fields.Char(
        string="What", readonly=True, help="What the step was called when it was taken."
    )
    round = fields.Integer(readonly=True, help="In which round it was taken.")
    date = fields.Datetime(
        readonly=True, default=lambda self: self.env.cr.now(), help="When it happened."
    )
    state = fields.Selection(
        [("started", "Begun"), ("done", "Done"), ("skipped", "Left out"), ("error", "Failed")],
        required=True,
        readonly=True,
        help="Begun is written before a server action runs: if it stays so, the server was stopped "
        "in the middle.",
    )
    reason = fields.Selection(REASONS, readonly=True, help="Why the step was left out.")
    note = fields.Char(readonly=True, help="What was done, or what went wrong.")
    message_id = fields.Many2one(
        "mail.message",
        string="E-mail",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The e-mail that was sent.",
    )
    open_date = fields.Datetime(string="Opened", readonly=True, help="When it was first opened.")
    answer_date = fields.Datetime(
        string="Answered", readonly=True, help="When the customer wrote to us afterwards."
    )

    # Whatever happens, a step is taken once in each round.
    _once = models.UniqueIndex(
        "(enrolment_id, step_id, round) WHERE step_id IS NOT NULL",
        "This step has already been taken in this round.",
    )

    @api.model
    def _count_by_step(self, steps):
        """Counters of steps.

        :param steps: `customer.playbook.step`
        :return: counters by id of the step
        :rtype: dict[int, dict[str, int]]
        """
        self.flush_model()
        self.env["mail.notification"].flush_model()
        names = (
            "done_count",
            "skipped_count",
            "failed_count",
            "sent_count",
            "opened_count",
            "answered_count",
        )
        counters = {step.id: dict.fromkeys(names, 0) for step in steps}
        if steps.ids:
            for step_id, *counts in self.env.execute_query(self._count_query(steps)):
                counters[step_id] = dict(zip(names, counts, strict=True))
        return counters

    def _count_query(self, steps):
        return SQL(
            """
            SELECT log.step_id,
                   count(*) FILTER (WHERE log.state = 'done'),
                   count(*) FILTER (WHERE log.state = 'skipped'),
                   count(*) FILTER (WHERE log.state = 'error' OR mail.failed),
                   count(*) FILTER (WHERE mail.sent),
                   count(log.open_date),
                   count(log.answer_date)
              FROM customer_playbook_log log
              LEFT JOIN LATERAL (
                   SELECT bool_or(notification_status IN ('sent', 'pending')) AS sent,
                          bool_or(notification_status IN ('bounce', 'exception')) AS failed
                     FROM mail_notification
                    WHERE mail_message_id = log.message_id
                   ) mail ON true
             WHERE log.step_id IN %s
             GROUP BY log.step_id
            """,
            tuple(steps.ids),
        )

    def _open_token(self):
        """Proof that an opening was not made up; for the address of the picture."""
        self.ensure_one()
        return hmac(self.env(su=True), "customer_lifecycle-open", self.id)
