from odoo import api, fields, models

# Key "0" comes first because the stars of Odoo count from the first choice.
SATISFACTION = [
    ("0", "Not asked"),
    ("1", "Very dissatisfied"),
    ("2", "Dissatisfied"),
    ("3", "Neither"),
    ("4", "Satisfied"),
    ("5", "Very satisfied"),
]
ACTIVITY_COMPLAINT = "customer_lifecycle.mail_activity_type_complaint"


class CustomerVisit(models.Model):
    """What a customer said in a revisit, and who has to hear about it."""

    _inherit = "customer.visit"

    satisfaction = fields.Selection(
        SATISFACTION,
        required=True,
        default="0",
        copy=False,
        tracking=True,
        help="How satisfied the customer is, from one to five stars. It also becomes a rating.",
    )
    satisfaction_value = fields.Integer(
        string="Satisfaction (1-5)",
        compute="_compute_satisfaction_value",
        store=True,
        aggregator="avg",
        help="Stars as a number, for reports. Averages leave out customers who were not asked.",
    )
    feedback = fields.Text(copy=False, help="What the customer said.")
    complaint_date = fields.Datetime(
        string="Complaint raised",
        readonly=True,
        copy=False,
        help="When the manager was told that this customer is not satisfied.",
    )

    @api.depends("satisfaction")
    def _compute_satisfaction_value(self):
        for visit in self:
            visit.satisfaction_value = int(visit.satisfaction or 0)

    def _rating_get_parent_field_name(self):
        """Ratings of revisits add up at the customer."""
        return "partner_id"

    def _after_feedback(self):
        """The customer's word goes to Odoo's ratings, and a bad one to the manager."""
        self._write_rating()
        self._raise_complaint()

    def _write_rating(self):
        """One consumed rating per revisit; without stars there is none."""
        # Ratings are written by the server only: salespeople may read them, not invent them.
        model_id = self.env["ir.model"]._get_id(self._name)
        for visit in self.sudo():
            rating = visit.rating_ids[:1]
            if not visit.satisfaction_value:
                rating.unlink()
                continue
            values = {
                "res_model_id": model_id,
                "res_id": visit.id,
                "rating": visit.satisfaction_value,
                "feedback": visit.feedback,
                "consumed": True,
                "partner_id": (visit.contact_id or visit.partner_id).id,
                "rated_partner_id": visit.user_id.partner_id.id,
            }
            if rating:
                rating.write(values)
            else:
                rating.create(values)

    def _raise_complaint(self):
        """Tell the manager about customers who are not satisfied, once per revisit."""
        unhappy = self.filtered(
            lambda visit: (
                visit.satisfaction_value
                and visit.satisfaction_value <= visit.company_id.lifecycle_low_satisfaction
                and not visit.complaint_date
            )
        )
        labels = dict(SATISFACTION)
        for visit in unhappy:
            visit.activity_schedule(
                ACTIVITY_COMPLAINT,
                user_id=visit._complaint_user().id,
                summary=self.env._("%s is not satisfied", visit.partner_id.name),
                note=visit.feedback or labels[visit.satisfaction],
            )
        unhappy.sudo().complaint_date = fields.Datetime.now()

    def _complaint_user(self):
        """Who handles complaints: set for the company, else who leads the visitor's team."""
        self.ensure_one()
        visitor = self.user_id.sudo()
        return (
            self.company_id.sudo().lifecycle_complaint_user_id
            or visitor.sale_team_id.user_id
            or visitor
        )

    def _tell_customer_history(self):
        """A line in the customer's history; the visitor may not be allowed to edit customers."""
        for visit in self:
            channels = dict(visit._fields["channel"]._description_selection(self.env))
            answers = dict(visit._fields["satisfaction"]._description_selection(self.env))
            visit.partner_id.sudo().message_post_with_source(
                "customer_lifecycle.visit_done_message",
                render_values={
                    "visit": visit,
                    "channel": channels[visit.channel],
                    "satisfaction": visit.satisfaction_value and answers[visit.satisfaction],
                },
                subtype_xmlid="mail.mt_note",
                author_id=self.env.user.partner_id.id,
            )
