from odoo import api, fields, models
from odoo.exceptions import ValidationError

ROLES = [
    ("decider", "Decision Maker"),
    ("influencer", "Influencer"),
    ("evaluator", "Evaluator"),
    ("user", "User"),
]
STANCES = [("for", "In favour"), ("neutral", "Neutral"), ("against", "Against")]


class LeadScoreInfluencer(models.Model):
    """A person at the prospect who has a say in the purchase."""

    _name = "lead.score.influencer"
    _inherit = ["lead.score.bounded", "lead.score.seen"]
    _description = "Influencer of a Purchase"
    _order = "sequence, id"

    lead_id = fields.Many2one(
        "crm.lead",
        required=True,
        index=True,
        ondelete="cascade",
        help="The lead whose purchase this person has a say in.",
    )
    company_id = fields.Many2one(related="lead_id.company_id", help="The company of the lead.")
    sequence = fields.Integer(default=10, help="Order in the list.")
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        index="btree_not_null",
        ondelete="set null",
        help="The person, if we have a contact of him or her.",
    )
    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        help="Name of the person; enough if there is no contact yet.",
    )
    role = fields.Selection(
        ROLES,
        required=True,
        default="influencer",
        help="Decision makers sign, influencers are listened to, evaluators compare offers, "
        "users work with what is bought.",
    )
    stance = fields.Selection(
        STANCES,
        required=True,
        default="neutral",
        help="Whether this person is in favour of buying from us.",
    )
    note = fields.Char(help="What matters to this person.")

    _person_uniq = models.UniqueIndex(
        "(lead_id, partner_id) WHERE partner_id IS NOT NULL",
        "This contact is already among the people of this lead.",
    )

    @api.depends("partner_id")
    def _compute_name(self):
        for person in self:
            person.name = person.partner_id.name or person.name

    @api.constrains("name", "partner_id")
    def _check_name(self):
        if any(not (person.name or "").strip() for person in self):
            raise ValidationError(
                self.env._("Please choose a contact or enter the name of the person.")
            )

    @api.depends("name", "role")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for person in self:
            person.display_name = self.env._(
                "%(name)s (%(role)s)", name=person.name or "", role=roles.get(person.role, "")
            )

    @api.model_create_multi
    def create(self, vals_list):
        people = super().create(vals_list)
        people.lead_id.check_access("write")
        people._score_leads(people.lead_id)
        return people

    def write(self, vals):
        leads = self.lead_id
        leads.check_access("write")
        result = super().write(vals)
        self.lead_id.check_access("write")
        self._score_leads(leads | self.lead_id)
        return result

    def unlink(self):
        leads = self.lead_id
        leads.check_access("write")
        result = super().unlink()
        self._score_leads(leads)
        return result

    def _score_leads(self, leads):
        """Rules may ask who has a say; a lead that is just being created is scored in a moment."""
        leads.sudo().filtered("lead_score_id")._score_update("edit")

    def _move_to(self, lead):
        """Hand these people over to the lead that theirs was merged into; nobody twice."""
        known = lead.profile_influencer_ids
        partners = known.partner_id
        names = {person.name.casefold() for person in known if not person.partner_id}
        for person in self - known:
            double = (
                person.partner_id in partners
                if person.partner_id
                else person.name.casefold() in names
            )
            if double:
                continue
            person.lead_id = lead
            partners |= person.partner_id
            names.add(person.name.casefold())
