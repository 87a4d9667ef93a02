from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import formataddr

# Kinds that speak to the customer, and so wait while it is quiet.
SPEAKING = ("email", "coupon")
TAG_FIELDS = {"res.partner": ("category_id", "tag_ids"), "crm.lead": ("tag_ids", "lead_tag_ids")}


class CustomerPlaybookStep(models.Model):
    """What a step does to a record. Each kind has a `_problem_` and a `_do_` of its own."""

    _inherit = "customer.playbook.step"

    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Activity",
        ondelete="set null",
        domain="['|', ('res_model', '=', False), ('res_model', '=', model)]",
        help="What the colleague has to do.",
    )
    summary = fields.Char(translate=True, help="Title of the activity.")
    note = fields.Html(translate=True, help="What the colleague should know.")
    plan_id = fields.Many2one(
        "mail.activity.plan",
        string="Activity plan",
        ondelete="set null",
        domain="[('res_model', '=', model)]",
        help="All activities of this plan are planned at once. Where the plan asks for a person, "
        "it is whoever gets the activities of the playbook.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="E-mail template",
        ondelete="set null",
        domain="[('model', '=', model)]",
        help="The e-mail that the customer gets.",
    )
    track_opens = fields.Boolean(
        string="Count openings",
        help="An invisible picture in the e-mail tells when it is opened. Ask your data protection "
        "officer before you switch this on.",
    )
    tag_ids = fields.Many2many(
        "res.partner.category", string="Contact tags", help="Tags that the customer gets."
    )
    lead_tag_ids = fields.Many2many("crm.tag", string="Tags", help="Tags that the lead gets.")
    server_action_id = fields.Many2one(
        "ir.actions.server",
        string="Server action",
        ondelete="set null",
        domain="[('model_name', '=', model)]",
        help="Runs on the customer or lead with all rights; it may, for example, hand the record "
        "to a public pool. Only administrators choose it.",
    )
    coupon_model = fields.Char(
        compute="_compute_coupon_model",
        export_string_translation=False,
        compute_sudo=False,
        help="Whether the app that gives coupons is installed.",
    )
    coupon_program_id = fields.Many2oneReference(
        string="Coupon program",
        model_field="coupon_model",
        help="Program of Odoo's loyalty app whose coupon, or points, the customer gets.",
    )
    coupon_points = fields.Float(
        string="Points", default=1.0, help="Points or value of the coupon."
    )
    coupon_days = fields.Integer(
        string="Valid for days", default=30, help="Days until the coupon expires; 0 means never."
    )

    def _compute_coupon_model(self):
        # Loyalty is no dependency: without it there is no program to choose.
        self.coupon_model = "loyalty.program" if "loyalty.program" in self.env else False

    # ------------------------------------------------------------------
    # Problems
    # ------------------------------------------------------------------

    @api.depends(
        "kind",
        "model",
        "activity_type_id",
        "plan_id.template_ids",
        "template_id.model",
        "tag_ids",
        "lead_tag_ids",
        "server_action_id",
        "coupon_program_id",
    )
    def _compute_problem(self):
        for step in self:
            check = getattr(step, f"_problem_{step.kind}", None)
            step.problem = check() if check else False

    def _problem_activity(self):
        return not self.activity_type_id and self.env._("Choose the activity; it may be deleted.")

    def _problem_plan(self):
        plan = self.sudo().plan_id
        if not plan or not plan.active:
            return self.env._("Choose the activity plan; it may have been deleted.")
        if plan.res_model != self.model:
            return self.env._("The activity plan is for other records.")
        return not plan.template_ids and self.env._("The activity plan has no activities.")

    def _problem_email(self):
        template = self.sudo().template_id
        if not template or not template.active:
            return self.env._("Choose the e-mail template; it may have been deleted.")
        return template.model != self.model and self.env._(
            "The e-mail template is for other records."
        )

    def _problem_tag(self):
        tags = self.tag_ids if self.model == "res.partner" else self.lead_tag_ids
        return not tags and self.env._("Choose the tags.")

    def _problem_server(self):
        action = self.sudo().server_action_id
        if not action:
            return self.env._("Choose the server action; it may have been deleted.")
        return action.model_name != self.model and self.env._(
            "The server action is for other records."
        )

    def _problem_coupon(self):
        if "loyalty.program" not in self.env:
            return self.env._("Coupons need the loyalty app, which is not installed.")
        return not self._coupon_program() and self.env._(
            "Choose the coupon program; it may have been deleted."
        )

    def _coupon_program(self):
        programs = self.env["loyalty.program"].sudo()
        return programs.browse(self.coupon_program_id or []).exists().filtered("active")

    # ------------------------------------------------------------------
    # Deeds
    # ------------------------------------------------------------------

    def _perform(self, enrolment):
        """Do what this step says.

        :param enrolment: one `customer.playbook.enrolment`
        :return: values of the log row: `state`, and `reason`, `note` or `message_id`
        :rtype: dict
        """
        self.ensure_one()
        if self.problem:
            return {"state": "skipped", "reason": "broken", "note": self.problem}
        return getattr(self, f"_do_{self.kind}")(enrolment, enrolment._record())

    def _today(self):
        """The day of the company whose playbook it is."""
        return self.env["customer.lifecycle"]._lifecycle_today(self.company_id)

    def _skip(self, reason, note=False):
        return {"state": "skipped", "reason": reason, "note": note}

    def _do_activity(self, enrolment, record):
        user = enrolment._responsible()
        if not user:
            return self._skip("nobody")
        self._schedule(record, self.activity_type_id, user, self._today(), self.summary, self.note)
        return {"state": "done", "note": user.name}

    def _do_plan(self, enrolment, record):
        user = enrolment._responsible()
        lines = self.plan_id.template_ids
        people = {line: line._determine_responsible(user, record)["responsible"] for line in lines}
        if not all(people.values()):
            return self._skip("nobody")
        for line, person in people.items():
            self._schedule(
                record,
                line.activity_type_id,
                person,
                line._get_date_deadline(self._today()),
                line.summary,
                line.note,
            )
        return {"state": "done", "note": self.plan_id.name}

    def _schedule(self, record, kind, user, deadline, summary, note):
        """One activity, without an e-mail about each: the colleague sees them in his list."""
        record.with_context(mail_activity_quick_update=True, lang=user.lang).activity_schedule(
            activity_type_id=kind.id,
            user_id=user.id,
            date_deadline=deadline,
            summary=summary or kind.summary or False,
            note=note or False,
        )

    def _do_tag(self, enrolment, record):
        target, source = TAG_FIELDS[self.model]
        record.write({target: [fields.Command.link(tag.id) for tag in self[source]]})
        return {"state": "done", "note": ", ".join(self[source].mapped("name"))}

    def _do_server(self, enrolment, record):
        self.server_action_id.with_context(
            active_model=record._name,
            active_id=record.id,
            active_ids=record.ids,
            playbook_enrolment_id=enrolment.id,
        ).run()
        return {"state": "done", "note": self.server_action_id.name}

    # ------------------------------------------------------------------
    # E-mails
    # ------------------------------------------------------------------

    def _mail_refusal(self, record):
        """Why a customer or lead gets no e-mail: a reason of the log, or None."""
        person = self._recipient(record)
        address = person.email_normalized or self._lead_address(record)
        if not address:
            return "no_email"
        if self.env["mail.blacklist"].sudo().search_count([("email", "=", address)], limit=1):
            return "blacklist"
        source = person if person.email_normalized else record
        return "bounced" if source.message_bounce else None

    @api.model
    def _lead_address(self, record):
        return record.email_normalized if record._name == "crm.lead" else False

    def _do_email(self, enrolment, record):
        if refusal := self._mail_refusal(record):
            return self._skip(refusal)
        person = self._recipient(record)
        rendered = record if self.model == "crm.lead" else person
        mail = self.env["mail.mail"].browse(
            # Into the queue of Odoo: it leaves only if this transaction is committed, and once.
            self.template_id.send_mail(rendered.id, email_values=self._mail_values(person, record))
        )
        self._note_recipient(mail, person, record)
        message = mail.mail_message_id
        return {"state": "done", "note": mail.subject, "message_id": message.id}

    def _mail_values(self, person, record):
        """Who gets it is decided here, not by the template."""
        values = {
            "recipient_ids": [fields.Command.set(person.ids if person.email_normalized else [])],
            "email_to": False if person.email_normalized else record.email_from,
            # The message stays in the history when the queue has sent the mail.
            "is_notification": True,
        }
        if not self.template_id.email_from:
            sender = record.user_id.partner_id or self.company_id.partner_id
            if sender.email:
                values["email_from"] = formataddr((sender.name, sender.email))
        return values

    def _note_recipient(self, mail, person, record):
        """With this row Odoo writes down whether it was sent, failed or came back."""
        self.env["mail.notification"].sudo().create(
            {
                "mail_message_id": mail.mail_message_id.id,
                "mail_mail_id": mail.id,
                "res_partner_id": person.id if person.email_normalized else False,
                "mail_email_address": False if person.email_normalized else record.email_from,
                "notification_type": "email",
                "notification_status": "ready",
                "is_read": True,
            }
        )

    # ------------------------------------------------------------------
    # Coupons
    # ------------------------------------------------------------------

    def _do_coupon(self, enrolment, record):
        person = self._recipient(record)
        if not person:
            return self._skip("no_customer")
        silent = bool(self._mail_refusal(record))
        cards = self.env["loyalty.card"].with_context(
            loyalty_no_mail=silent, action_no_send_mail=silent
        )
        program = self._coupon_program()
        card = cards.browse()
        if program.program_type == "loyalty":
            # A loyalty card is kept for life: points are added to the one the customer has.
            card = cards.search(
                [("program_id", "=", program.id), ("partner_id", "=", person.id)], limit=1
            )
        if card:
            card.points += self.coupon_points
        else:
            card = cards.create(self._coupon_values(program, person))
        self.env["loyalty.history"].create(
            {
                "card_id": card.id,
                "description": enrolment.playbook_id.name,
                "issued": self.coupon_points,
            }
        )
        return {"state": "done", "note": card.code}

    def _coupon_values(self, program, person):
        values = {
            "program_id": program.id,
            "partner_id": person.id,
            "points": self.coupon_points,
        }
        if self.coupon_days and program.program_type != "loyalty":
            values["expiration_date"] = self._today() + timedelta(days=self.coupon_days)
        return values
