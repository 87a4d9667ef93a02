from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.arguments import checked

CHANNELS = [
    ("meeting", "Face to face"),
    ("phone", "Phone"),
    ("sms", "SMS"),
    ("email", "E-mail"),
    ("chat", "WeChat or WhatsApp"),
    ("video", "Video call"),
    ("other", "Other"),
]
ACTIVITY_VISIT = "customer_lifecycle.mail_activity_type_visit"
# What a state may become: a cancelled visit has to be reopened before it can be held.
NEXT_STATES = {
    "planned": {"planned", "done", "cancelled"},
    "done": {"done", "planned"},
    "cancelled": {"cancelled", "planned"},
}


class CustomerVisit(models.Model):
    """A revisit (回访): somebody asks a customer how it is going, and writes down the answer."""

    _name = "customer.visit"
    _description = "Customer Revisit"
    _inherit = ["rating.mixin", "mail.activity.mixin"]
    _order = "date, id"
    _check_company_auto = True

    name = fields.Char(
        string="Number",
        required=True,
        readonly=True,
        copy=False,
        default="/",
        help="Number of the revisit, counted in each company.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="Company for which the customer is visited.",
    )
    state = fields.Selection(
        [("planned", "Planned"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        default="planned",
        copy=False,
        tracking=True,
        help="Planned until somebody has spoken with the customer or cancels it.",
    )
    date = fields.Datetime(
        string="Planned for",
        required=True,
        index=True,
        default=fields.Datetime.now,
        help="When the customer is to be visited or called.",
    )
    date_done = fields.Datetime(
        string="Done on", readonly=True, copy=False, help="When the revisit took place."
    )
    date_next = fields.Date(
        string="Next on",
        copy=False,
        help="When this customer should be visited again. The next revisit is planned for that "
        "day as soon as this one is done.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Visitor",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        tracking=True,
        help="Who visits or calls the customer.",
    )
    channel = fields.Selection(
        CHANNELS, required=True, default="phone", help="How the customer is contacted."
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        help="The company or private person that is visited.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="set null",
        domain="[('commercial_partner_id', '=', partner_id), ('is_company', '=', False)]",
        help="The person spoken with.",
    )
    order_id = fields.Many2one(
        "sale.order",
        index="btree_not_null",
        ondelete="set null",
        domain="[('partner_id.commercial_partner_id', '=', partner_id)]",
        check_company=True,
        help="The order that the revisit is about.",
    )
    topic = fields.Char(help="What to talk about, for example the last delivery.")
    plan_id = fields.Many2one(
        "customer.visit.plan",
        string="Planned by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The revisit plan that made this revisit; empty when somebody planned it by hand.",
    )
    previous_id = fields.Many2one(
        "customer.visit",
        string="Previous revisit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The revisit after which this one was planned.",
    )
    event_id = fields.Many2one(
        "calendar.event",
        string="Meeting",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The entry in the calendar of the visitor.",
    )
    cancel_reason = fields.Char(
        readonly=True, copy=False, help="Why the revisit was cancelled, if it was not by hand."
    )
    phone = fields.Char(compute="_compute_reach", help="Number of the contact, or of the customer.")
    reach_warning = fields.Char(
        compute="_compute_reach", help="Why the customer cannot be reached in the planned way."
    )
    is_overdue = fields.Boolean(
        compute="_compute_is_overdue", help="Its time is over and it has not been done."
    )

    # A plan makes one revisit per order, and never a second one while the first is open.
    _plan_order_uniq = models.UniqueIndex(
        "(plan_id, order_id) WHERE order_id IS NOT NULL",
        "This plan has already planned a revisit for this order.",
    )
    _plan_partner_uniq = models.UniqueIndex(
        "(plan_id, partner_id) WHERE order_id IS NULL AND state = 'planned'",
        "This plan has already planned a revisit for this customer.",
    )
    _previous_uniq = models.UniqueIndex(
        "(previous_id) WHERE previous_id IS NOT NULL",
        "The next revisit after this one is planned already.",
    )
    _planned_index = models.Index("(user_id, date) WHERE state = 'planned'")
    _done_index = models.Index("(partner_id, date_done) WHERE state = 'done'")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for visit in self:
            number = self.env._("New revisit") if visit.name in (False, "/") else visit.name
            visit.display_name = f"{number} {visit.partner_id.name or ''}".strip()

    @api.depends("channel", "contact_id", "partner_id")
    def _compute_reach(self):
        for visit in self:
            person = visit.contact_id or visit.partner_id
            visit.phone = person.phone or visit.partner_id.phone
            visit.reach_warning = visit.state == "planned" and visit._reach_problem(person)

    def _reach_problem(self, person):
        """Why a person cannot be reached on the channel of this revisit, False if he can."""
        self.ensure_one()
        if not person.active:
            return self.env._("%s is archived.", person.display_name)
        if self.channel == "email" and not person.email:
            return self.env._("%s has no e-mail address.", person.display_name)
        if self.channel == "email" and person.message_bounce:
            return self.env._("E-mails to %s came back.", person.display_name)
        if self.channel in ("phone", "sms") and not self.phone:
            return self.env._("%s has no phone number.", person.display_name)
        return False

    @api.depends("state", "date")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for visit in self:
            visit.is_overdue = visit.state == "planned" and bool(visit.date) and visit.date < now

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    @api.constrains("partner_id", "contact_id", "order_id")
    def _check_same_customer(self):
        for visit in self:
            for other in (visit.contact_id, visit.order_id.sudo().partner_id):
                if other and other.commercial_partner_id != visit.partner_id:
                    raise ValidationError(
                        self.env._(
                            "%(other)s does not belong to %(customer)s.",
                            other=other.display_name,
                            customer=visit.partner_id.display_name,
                        )
                    )

    @api.constrains("date_next", "date_done")
    def _check_date_next(self):
        for visit in self:
            if visit.date_next and visit.date_done and visit.date_next < visit.date_done.date():
                raise ValidationError(self.env._("The next revisit cannot lie before this one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(visit.state == "done" for visit in self):
            raise UserError(self.env._("A revisit that took place is kept; cancel planned ones."))

    # ------------------------------------------------------------------
    # Create and write
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._on_customer(vals) for vals in vals_list]
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self._next_number(vals.get("company_id") or self.env.company.id)
            if vals.get("state") == "done" and not vals.get("date_done"):
                vals["date_done"] = min(
                    fields.Datetime.to_datetime(vals.get("date")) or fields.Datetime.now(),
                    fields.Datetime.now(),
                )
        visits = super().create(vals_list)
        visits.filtered(lambda visit: visit.state == "done")._after_done()
        return visits

    def write(self, vals):
        vals = self._on_customer(vals)
        if "state" in vals:
            self._check_next_state(vals["state"])
            if vals["state"] == "done":
                vals.setdefault("date_done", fields.Datetime.now())
            elif vals["state"] == "planned":
                vals.update(date_done=False, cancel_reason=False)
        before = {visit.id: visit.state for visit in self}
        result = super().write(vals)
        changed = self.filtered(lambda visit: visit.state != before[visit.id])
        changed.filtered(lambda visit: visit.state == "done")._after_done()
        changed.filtered(lambda visit: visit.state == "cancelled")._after_cancel()
        if {"satisfaction", "feedback"} & vals.keys():
            (self - changed).filtered(lambda visit: visit.state == "done")._after_feedback()
        if {"date", "user_id"} & vals.keys():
            self.filtered(lambda visit: visit.state == "planned")._move_agenda()
        return result

    @api.model
    def _on_customer(self, vals):
        """A revisit belongs to the customer; a contact given as customer becomes the contact."""
        vals = dict(vals)
        person = self.env["res.partner"].browse(vals.get("partner_id") or [])
        if person and person.commercial_partner_id != person:
            vals["partner_id"] = person.commercial_partner_id.id
            vals.setdefault("contact_id", person.id)
        return vals

    @api.model
    def _next_number(self, company_id):
        """Next number of a company, from a sequence of its own."""
        sequences = self.env["ir.sequence"].sudo()
        own = [("code", "=", "customer.visit"), ("company_id", "=", company_id)]
        sequence = sequences.search(own, order="id", limit=1)
        if not sequence:
            # Two first revisits at once: the second waits, and starts anew when it sees nothing.
            self.env.cr.execute(
                SQL("UPDATE res_company SET write_date = write_date WHERE id = %s", company_id)
            )
            sequence = sequences.search(own, order="id", limit=1)
        sequence = sequence or sequences.create(
            {
                "name": self.env._("Revisits"),
                "code": "customer.visit",
                "company_id": company_id,
                "prefix": "RV%(year)s-",
                "padding": 5,
            }
        )
        return sequence.next_by_id()

    def _check_next_state(self, state):
        for visit in self:
            if state in NEXT_STATES[visit.state]:
                continue
            if visit.state == "done":
                raise UserError(
                    self.env._("%s took place, so that it cannot be cancelled.", visit.display_name)
                )
            raise UserError(self.env._("%s was cancelled. Reopen it first.", visit.display_name))

    @api.model
    def _lifecycle_prepare_merge(self, sources, target):
        """Before contacts merge: of two revisits that one plan has planned, one stays.

        :param sources: contacts that will be gone
        :param target: contact that stays; its commercial partner is the customer
        """
        customer = target.commercial_partner_id
        visits = self.search([("partner_id", "in", [customer.id, *sources.ids])], order="date, id")
        planned = visits.filtered(lambda v: v.state == "planned" and v.plan_id and not v.order_id)
        for several in planned.grouped("plan_id").values():
            for visit in several[1:]:
                visit.write(
                    {"state": "cancelled", "cancel_reason": self.env._("Contacts were merged")}
                )
        if target != customer:
            visits.filtered(lambda v: v.partner_id in sources and not v.contact_id).write(
                {"contact_id": target.id, "partner_id": customer.id}
            )
        self.env.flush_all()

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @checked()
    def action_done(self):
        """These revisits took place.

        :return: True
        :raise UserError: for a cancelled revisit
        """
        self.write({"state": "done"})
        return True

    @checked()
    def action_cancel(self):
        """These revisits will not take place.

        :return: True
        """
        self.write({"state": "cancelled"})
        return True

    @checked()
    def action_reopen(self):
        """Plan these revisits again, for the time they had.

        :return: True
        """
        self.write({"state": "planned"})
        return True

    @checked()
    def action_add_to_calendar(self):
        """Put these planned revisits into the calendars of their visitors.

        :return: True
        """
        self.check_access("write")
        events = self.env["calendar.event"].with_context(
            mail_create_nosubscribe=True, dont_notify=True, no_mail_to_attendees=True
        )
        for visit in self.filtered(lambda visit: visit.state == "planned" and not visit.event_id):
            visit.event_id = events.create(visit._event_values())
        return True

    def _event_values(self):
        self.ensure_one()
        return {
            "name": visit_title(self),
            "start": self.date,
            "stop": fields.Datetime.add(self.date, hours=1),
            "user_id": self.user_id.id,
            # Only the colleague: the customer gets no invitation that nobody wrote.
            "partner_ids": [fields.Command.set(self.user_id.partner_id.ids)],
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
        }

    # ------------------------------------------------------------------
    # What follows a change
    # ------------------------------------------------------------------

    def _after_done(self):
        self.activity_feedback([ACTIVITY_VISIT])
        self._after_feedback()
        self._tell_customer_history()
        self._plan_next()
        self.env["customer.contact.role"]._touch(self.contact_id | self.partner_id)

    def _after_cancel(self):
        self.activity_unlink([ACTIVITY_VISIT])
        self.sudo().event_id.unlink()

    def _plan_next(self):
        """Plan the revisits that the visitors wished for, once each."""
        due = self.filtered("date_next")
        have = self.search([("previous_id", "in", due.ids)]).previous_id
        for visit in due - have:
            visit.copy(
                {
                    "date": visit._moment(visit.date_next),
                    "previous_id": visit.id,
                    "order_id": visit.order_id.id,
                }
            )._plan_activity()

    def _moment(self, day):
        """The time of this revisit on another day, in the visitor's time zone, as UTC."""
        self.ensure_one()
        zone = pytz.timezone(self.user_id.tz or "UTC")
        local = pytz.utc.localize(self.date).astimezone(zone)
        moment = zone.localize(datetime.combine(day, time(local.hour, local.minute)))
        return moment.astimezone(pytz.utc).replace(tzinfo=None)

    def _plan_activity(self):
        """An activity tells the visitor about each of these planned revisits."""
        for visit in self.with_context(mail_activity_quick_update=True):
            visit.activity_schedule(
                ACTIVITY_VISIT,
                date_deadline=visit._local_day(),
                user_id=visit.user_id.id,
                summary=visit.topic or False,
            )

    def _local_day(self):
        self.ensure_one()
        record = self.with_context(tz=self.user_id.tz or self.env.context.get("tz"))
        return fields.Datetime.context_timestamp(record, self.date).date()

    def _move_agenda(self):
        """Activity and meeting follow the revisit to another day or visitor."""
        for visit in self:
            visit.activity_reschedule(
                [ACTIVITY_VISIT],
                date_deadline=visit._local_day(),
                new_user_id=visit.user_id.id,
            )
            if visit.event_id:
                visit.event_id.with_context(no_mail_to_attendees=True, dont_notify=True).write(
                    visit._event_values()
                )

    @api.model
    def _cancel_obsolete(self):
        """Cancel planned revisits of archived customers and of cancelled or deleted orders.

        :return: number of cancelled revisits
        """
        reasons = (
            (self.env._("The customer was archived."), Domain("partner_id.active", "=", False)),
            (self.env._("The order was cancelled."), Domain("order_id.state", "=", "cancel")),
            (
                self.env._("The order was deleted."),
                Domain("order_id", "=", False) & Domain("plan_id.trigger", "=", "order"),
            ),
        )
        count = 0
        for reason, domain in reasons:
            visits = self.search(Domain("state", "=", "planned") & domain)
            visits.write({"state": "cancelled"})
            visits.cancel_reason = reason
            count += len(visits)
        return count

    # ------------------------------------------------------------------
    # Statistics
    # ------------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        """An average of satisfaction leaves out those who were not asked."""
        if aggregate_spec == "satisfaction_value:avg":
            field = self._field_to_sql(self._table, "satisfaction_value", query)
            return SQL("AVG(NULLIF(%s, 0))", field)
        return super()._read_group_select(aggregate_spec, query)


def visit_title(visit):
    """What a calendar shows of a revisit.

    :param visit: one `customer.visit`
    :rtype: str
    """
    parts = (visit.env._("Revisit"), visit.partner_id.name, visit.topic)
    return " · ".join(part for part in parts if part)
