from datetime import datetime, time, timedelta

import pytz

from odoo import models
from odoo.fields import Domain

# So many days ahead a visitor sees what comes; later revisits are planned by later runs.
HORIZON = 14
# A run makes at most so many revisits per plan; the next run goes on.
BATCH = 1000


class CustomerVisitPlan(models.Model):
    """How a plan finds whom to visit, who goes, and on which day."""

    _inherit = "customer.visit.plan"

    def _plan_visits(self):
        """Make the revisits of this plan that are due within the horizon.

        :return: the new `customer.visit` records
        """
        self.ensure_one()
        plan = self.with_company(self.company_id)
        find = plan._due_orders if plan.trigger == "order" else plan._due_customers
        calendar = _Agenda(plan)
        values, last = [], 0
        # What cannot be planned now does not keep those behind it waiting.
        while len(values) < BATCH:
            due, last = find(last)
            values += plan._bookings(due, calendar, BATCH - len(values))
            if not last:
                break
        visits = plan.env["customer.visit"].create(values)
        if plan.with_activity:
            visits._plan_activity()
        if plan.with_event:
            visits.action_add_to_calendar()
        return visits

    def _bookings(self, due, calendar, limit):
        """Values of at most so many revisits, for whom a visitor has time."""
        values = []
        for customer, order, day in due:
            if len(values) == limit:
                break
            visitor = self._visitor_for(customer, order)
            moment = visitor and calendar.book(visitor, self._local_day(visitor, day))
            if moment:
                values.append(self._visit_values(customer, order, visitor, moment))
        return values

    def _today(self):
        """The day of the company whose plan it is."""
        return self.env["customer.lifecycle"]._lifecycle_today(self.company_id)

    def _zone_of(self, visitor):
        """The time zone in which a visitor lives, else that of the company."""
        name = visitor.sudo().tz or self.env["customer.lifecycle"]._lifecycle_zone(self.company_id)
        return pytz.timezone(name)

    def _local_day(self, visitor, due):
        """The visitor's day so many days after a moment; a day is what it is.

        :param due: a date, or (moment in UTC, days)
        """
        if not isinstance(due, tuple):
            return due
        moment, days = due
        return pytz.utc.localize(moment).astimezone(self._zone_of(visitor)).date() + timedelta(days)

    def _due_orders(self, after=0):
        """Orders that have no revisit of this plan yet, and when they are due.

        :param int after: only orders with a higher id
        :return: list of (customer, order, due), and the last id if there may be more
        """
        today = self._today()
        start = datetime.combine(self.date_from, time.min)
        end = datetime.combine(today + timedelta(days=HORIZON - self.days), time.max)
        orders = self.env["sale.order"].search(
            Domain.AND(
                [
                    Domain("state", "=", "sale"),
                    Domain("id", ">", after),
                    Domain("company_id", "=", self.company_id.id),
                    self._basis_domain(start, end),
                    Domain("visit_ids", "not any", [("plan_id", "=", self.id)]),
                    Domain("partner_id.commercial_partner_id", "any", self._customer_domain()),
                    self._visitor_domain("partner_id.commercial_partner_id.user_id"),
                    self._parse(self.order_domain),
                ]
            ),
            limit=BATCH,
            order="id",
        )
        due = [
            (order.partner_id.commercial_partner_id, order, (self._basis_date(order), self.days))
            for order in orders.sorted(lambda order: (order.date_order, order.id))
        ]
        return due, orders[-1].id if len(orders) == BATCH else 0

    def _basis_domain(self, start, end):
        """Orders that were confirmed, or delivered, between two moments."""

        def within(name):
            return Domain(name, ">=", start) & Domain(name, "<=", end)

        if self.basis == "confirmation":
            return within("date_order")
        promised = within("commitment_date") | (
            Domain("commitment_date", "=", False) & within("date_order")
        )
        if "effective_date" not in self.env["sale.order"]._fields:
            return promised
        # With Inventory, services without any delivery still have their promised date.
        no_delivery = Domain("effective_date", "=", False) & Domain("picking_ids", "=", False)
        return within("effective_date") | (no_delivery & promised)

    def _basis_date(self, order):
        """When the order was confirmed, or delivered as far as this installation knows."""
        if self.basis == "confirmation":
            return order.date_order
        # The one place that reads the delivery date of Inventory, where that is installed.
        delivered = order.effective_date if "effective_date" in order._fields else False
        return delivered or order.commitment_date or order.date_order

    def _due_customers(self, after=0):
        """Customers whose last revisit is long ago; as `_due_orders`, without an order."""
        today = self._today()
        recent = datetime.combine(today + timedelta(days=HORIZON - self.days), time.max)
        held = Domain("state", "=", "done") & Domain("date_done", ">", recent)
        customers = self.env["res.partner"].search(
            self._customer_domain()
            & self._visitor_domain("user_id")
            & Domain("id", ">", after)
            & Domain("visit_ids", "not any", held | Domain("state", "=", "planned")),
            limit=BATCH,
            order="id",
        )
        last = dict(
            self.env["customer.visit"]._read_group(
                [("partner_id", "in", customers.ids), ("state", "=", "done")],
                ["partner_id"],
                ["date_done:max"],
            )
        )
        longest_ago = sorted(customers, key=lambda c: (last.get(c) or datetime.min, c.id))
        orders = self.env["sale.order"]
        due = [
            (customer, orders, (last[customer], self.days) if customer in last else today)
            for customer in longest_ago
        ]
        return due, customers[-1].id if len(customers) == BATCH else 0

    def _customer_domain(self):
        """Whole customers of this company that are still in use."""
        return Domain.AND(
            [
                Domain("parent_id", "=", False),
                Domain("active", "=", True),
                Domain("company_id", "in", [False, self.company_id.id]),
                self._parse(self.domain),
            ]
        )

    def _visitor_domain(self, owner):
        """Without somebody who steps in, records without a salesperson wait unseen."""
        if self.user_id:
            return Domain.TRUE
        return Domain("user_id" if self.visitor == "order" else owner, "!=", False)

    def _visitor_for(self, customer, order):
        """Who goes; nobody (an empty record) leaves the customer to a later run."""
        chosen = {"owner": customer.user_id, "order": order.user_id, "user": self.user_id}
        visitor = chosen[self.visitor]
        return visitor if visitor.active and visitor else self.user_id

    def _visit_values(self, customer, order, visitor, moment):
        contact = order.partner_id if order.partner_id != customer else order.partner_id.browse()
        return {
            "company_id": self.company_id.id,
            "partner_id": customer.id,
            "contact_id": contact.id,
            "order_id": order.id,
            "plan_id": self.id,
            "user_id": visitor.id,
            "date": moment,
            "channel": self._usable_channel(contact or customer),
            "topic": self.topic,
        }

    def _usable_channel(self, person):
        """An e-mail that would not arrive becomes a call."""
        if self.channel == "email" and (not person.email or person.message_bounce):
            return "phone"
        return self.channel


class _Agenda:
    """Books working days of visitors, so that no day holds more revisits than the plan allows."""

    def __init__(self, plan):
        self.plan = plan
        self.today = plan._today()
        self.days = self._working_days()
        self.booked = self._count_booked()

    def _working_days(self):
        """Working days of the company within the horizon; Monday to Friday without calendar."""
        days = [self.today + timedelta(days=number) for number in range(HORIZON + 1)]
        calendar = self.plan.company_id.sudo().resource_calendar_id
        if not calendar:
            return [day for day in days if day.weekday() < 5]
        zone = pytz.timezone(calendar.tz or "UTC")
        start = zone.localize(datetime.combine(days[0], time.min))
        end = zone.localize(datetime.combine(days[-1], time.max))
        worked = {begin.date() for begin, *_ in calendar._work_intervals_batch(start, end)[False]}
        return [day for day in days if day in worked]

    def _count_booked(self):
        """Planned revisits by (visitor id, day), of all plans."""
        if not self.days:
            return {}
        groups = (
            self.plan.env["customer.visit"]
            .with_context(tz="UTC")
            ._read_group(
                [
                    ("state", "=", "planned"),
                    # Days of visitors begin and end up to 14 hours off those of UTC.
                    ("date", ">=", datetime.combine(self.today - timedelta(1), time.min)),
                    ("date", "<=", datetime.combine(self.days[-1] + timedelta(1), time.max)),
                ],
                ["user_id", "date:hour"],
                ["__count"],
            )
        )
        booked = {}
        for user, moment, count in groups:
            day = self._day(user, moment)
            booked[user.id, day] = booked.get((user.id, day), 0) + count
        return booked

    def _day(self, visitor, moment):
        """The visitor's day on which a moment (UTC) lies."""
        return pytz.utc.localize(moment).astimezone(self.plan._zone_of(visitor)).date()

    def book(self, visitor, due):
        """First working day from the due one on which a visitor has time.

        :param visitor: `res.users`
        :param date due: not before this day
        :return: moment in UTC, or None when all days within the horizon are full
        """
        for day in self.days:
            key = (visitor.id, day)
            free = not self.plan.per_day or self.booked.get(key, 0) < self.plan.per_day
            if day < due or not free:
                continue
            moment = self._moment(visitor, day)
            if moment > self.plan.env.cr.now():
                self.booked[key] = self.booked.get(key, 0) + 1
                return moment
        return None

    def _moment(self, visitor, day):
        zone = self.plan._zone_of(visitor)
        minutes = round(self.plan.hour * 60)
        local = zone.localize(datetime.combine(day, time(minutes // 60, minutes % 60)))
        return local.astimezone(pytz.utc).replace(tzinfo=None)
