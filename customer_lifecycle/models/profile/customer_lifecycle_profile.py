from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools.arguments import checked
from ...tools.caches import forget
from ...tools.filters import read_filter

# A change of these decides anew about all customers of the profile.
DECIDING = {
    "engine",
    "source",
    "risk_days",
    "dormant_days",
    "churn_days",
    "p_risk",
    "p_dormant",
    "p_churn",
    "horizon_days",
    "new_days",
    "loyal_orders",
    "loyal_days",
    "contact_days",
    "recovered_days",
}
# A change of these may give customers another profile.
SORTING = {"domain", "sequence", "active", "company_id"}


class CustomerLifecycleProfile(models.Model):
    """A class of customers, and how it is decided what state they are in."""

    _name = "customer.lifecycle.profile"
    _description = "Customer Lifecycle Profile"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="What you call this class of customers.")
    sequence = fields.Integer(default=10, help="The first profile that fits a customer wins.")
    active = fields.Boolean(
        "In use", default=True, help="Archived profiles are not given to customers."
    )
    company_id = fields.Many2one(
        "res.company", help="Only for this company; empty means for every company."
    )
    domain = fields.Char(
        default="[]", help="Which customers belong to this profile, as a filter on contacts."
    )
    domain_error = fields.Char(
        readonly=True,
        copy=False,
        help="Why the filter could not be used in the last run. Until it is repaired, customers "
        "go to the next profile.",
    )
    source = fields.Selection(
        [
            ("sale", "Confirmed orders"),
            ("invoice", "Posted invoices"),
            ("pos", "Point of sale"),
            ("sale_pos", "Confirmed orders and point of sale"),
        ],
        string="Purchases Are",
        required=True,
        default="sale",
        help="Which documents count as purchases. Credit notes are deducted.",
    )
    engine = fields.Selection(
        [
            ("curve", "Silence by number of purchases"),
            ("p_buy", "Chance of an order"),
            ("fixed", "Fixed days of silence"),
            ("none", "Do not track"),
        ],
        required=True,
        default="curve",
        help="How the state is decided. “Silence by number of purchases” is the best choice for "
        "most: somebody who bought ten times is given more time than somebody who bought once.",
    )
    threshold_ids = fields.One2many(
        "customer.lifecycle.threshold",
        "profile_id",
        copy=True,
        help="How many silent days it takes, by the number of purchases.",
    )
    risk_days = fields.Integer(
        string="At Risk After (days)",
        default=60,
        help="Days without a purchase after which a customer is marked as at risk.",
    )
    dormant_days = fields.Integer(
        string="Dormant After (days)",
        default=90,
        help="Days without a purchase after which a customer is dormant.",
    )
    churn_days = fields.Integer(
        string="Churned After (days)",
        default=365,
        help="Days without a purchase after which a customer has churned.",
    )
    horizon_days = fields.Integer(
        string="Horizon (days)",
        default=180,
        help="A chance of an order is a chance within so many days.",
    )
    p_risk = fields.Float(
        string="At Risk Below", default=0.5, help="Chance of an order, from 0 to 1."
    )
    p_dormant = fields.Float(
        string="Dormant Below", default=0.3, help="Chance of an order, from 0 to 1."
    )
    p_churn = fields.Float(
        string="Churned Below", default=0.1, help="Chance of an order, from 0 to 1."
    )
    new_days = fields.Integer(
        string="New For (days)",
        default=30,
        help="Days after the first purchase. Whoever bought on one day only stays new for longer.",
    )
    loyal_orders = fields.Integer(
        string="Loyal From Purchases", default=5, help="On so many days something was bought."
    )
    loyal_days = fields.Integer(
        string="Loyal After (days)",
        default=180,
        help="Days between the first and the last purchase that it takes to be loyal.",
    )
    contact_days = fields.Integer(
        string="And No Contact For (days)",
        default=0,
        help="Days without an e-mail, a meeting or a completed activity that it takes too before "
        "a silent customer is dormant or churned. 0 means that contacts do not matter.",
    )
    recovered_days = fields.Integer(
        string="Recovered For (days)",
        default=90,
        help="Days for which a customer who came back is shown as recovered.",
    )
    version = fields.Integer(
        default=1, readonly=True, copy=False, help="Counts the changes of the settings."
    )
    customer_ids = fields.One2many(
        "customer.lifecycle",
        "profile_id",
        readonly=True,
        help="The customers that this profile judges.",
    )

    _days_check = models.Constraint(
        "CHECK (risk_days BETWEEN 1 AND dormant_days AND dormant_days < churn_days"
        " AND churn_days <= 36500)",
        "A customer is at risk first, then dormant, then churned, within 100 years.",
    )
    _chance_check = models.Constraint(
        "CHECK (p_risk >= p_dormant AND p_dormant > p_churn AND p_churn > 0 AND p_risk < 1)",
        "The chance for at risk is the highest and that for churned the lowest, between 0 and 1.",
    )
    _number_check = models.Constraint(
        "CHECK (horizon_days BETWEEN 1 AND 3650 AND new_days >= 0 AND loyal_orders >= 1"
        " AND loyal_days >= 0 AND contact_days >= 0 AND recovered_days >= 0)",
        "Days and numbers of purchases cannot be negative.",
    )

    @api.constrains("source")
    def _check_source(self):
        if "pos.order" not in self.env:
            for profile in self.filtered(lambda profile: "pos" in profile.source):
                raise ValidationError(
                    self.env._(
                        "The profile %s counts purchases at the point of sale, but that app is "
                        "not installed.",
                        profile.name,
                    )
                )

    @api.constrains("domain")
    def _check_domain(self):
        for profile in self:
            try:
                profile._lifecycle_domain().validate(self.env["res.partner"])
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The filter of the profile %(profile)s cannot be used: %(error)s",
                        profile=profile.name,
                        error=error,
                    )
                ) from error

    def _lifecycle_domain(self):
        """The filter on `res.partner`; raises if the text is no domain."""
        self.ensure_one()
        return read_filter(self.domain)

    # ------------------------------------------------------------------
    # Changes decide anew
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        profiles = super().create(vals_list)
        profiles._lifecycle_changed_rules(True)
        return profiles

    def write(self, vals):
        if DECIDING & vals.keys():
            for profile in self:
                super(CustomerLifecycleProfile, profile).write({"version": profile.version + 1})
        result = super().write(vals)
        if (DECIDING | SORTING) & vals.keys():
            self._lifecycle_changed_rules(bool(SORTING & vals.keys()))
        return result

    def _lifecycle_new_version(self):
        """The lines of these profiles have changed."""
        for profile in self:
            profile.version += 1
        self._lifecycle_changed_rules(False)

    def unlink(self):
        result = super().unlink()
        self.browse()._lifecycle_changed_rules(True)
        return result

    def _lifecycle_changed_rules(self, sort_anew):
        """Have the customers of these profiles looked at by the next run, and start it soon.

        :param bool sort_anew: whether customers may belong to another profile now
        """
        forget(self.env)
        if self.env.context.get("install_mode"):
            return
        rows = self.env["customer.lifecycle"].sudo()
        self.env.flush_all()
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            rows._lifecycle_mark_due(company, self)
            if sort_anew:
                rows._lifecycle_assign(company)
        rows._lifecycle_forget()
        cron = self.env.ref("customer_lifecycle.ir_cron_lifecycle_run", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    @checked()
    def action_run(self):
        """Decide about the customers of these profiles now, and show them.

        :return: window action
        """
        self.check_access("write")
        rows = self.env["customer.lifecycle"].sudo()
        found = rows.search([("profile_id", "in", self.ids)])
        found._lifecycle_refresh()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_lifecycle.customer_lifecycle_action"
        )
        return {**action, "domain": [("profile_id", "in", self.ids)], "context": {}}
