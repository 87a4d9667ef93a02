from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..tools.arguments import checked, text

RECORD_MODELS = {"lead": "crm.lead", "customer": "res.partner"}
# So many records answer "is it known?"; more would be a way to read the database.
ANSWERS = 20


class LeadPoolLookupAnswer(models.AbstractModel):
    """Is this company known? An answer without contact details."""

    _name = "lead.pool.lookup.answer"
    _description = "What Is Known"

    @api.model
    @checked(phone=text, email=text, name=text)
    def pool_lookup(self, phone=None, email=None, name=None):
        """Whether a person or company is known, where it lies and whether I may claim it.

        Only exact matches are found: the whole number, address or company name.

        :param str phone: telephone number, in any notation
        :param str email: e-mail address
        :param str name: name of the company, in upper or lower case
        :return: at most 20 answers: `kind` (`lead` or `customer`), `state` (`pooled`,
            `protected`, `owned` or `outside`), `pool` (its name or False), `claimable`, and
            `owner` (False unless you manage the pool)
        :rtype: list[dict]
        Each question is recorded, without what was asked in plain text.

        :raise UserError: if nothing usable is given, or the user has asked too often today
        :raise AccessError: if the user is no salesperson
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(self.env._("Only salespeople may ask whether a company is known."))
        given = self._lookup_arguments(phone=phone, email=email, name=name)
        log = self.env["lead.pool.lookup.log"]
        log._check_quota()
        answers = []
        for kind, model in RECORD_MODELS.items():
            found = self._lookup_records(kind, given)
            if found:
                checks = self.env[model].browse(found.ids).pool_claim_check()
                answers += [
                    self._lookup_answer(kind, record, check["ok"])
                    for record, check in zip(found, checks, strict=True)
                ]
        log._record(given, bool(answers))
        return answers[:ANSWERS]

    def _lookup_arguments(self, **values):
        """The values to look for, in the form in which they are stored."""
        for value in values.values():
            if value not in (None, False) and not isinstance(value, str):
                raise UserError(self.env._("A text is expected, not %r.", value))
        given = {key: value.strip() for key, value in values.items() if value and value.strip()}
        if not given:
            raise UserError(
                self.env._("Enter a phone number, an e-mail address or a company name.")
            )
        if "email" in given:
            given["email"] = email_normalize(given["email"], strict=False)
            if not given["email"]:
                raise UserError(self.env._("This is not an e-mail address."))
        return given

    def _lookup_records(self, kind, given):
        """Records that match any of the values, in the companies of the user."""
        records = self.env[RECORD_MODELS[kind]].sudo()
        domains = []
        if "email" in given:
            domains.append(Domain("email_normalized", "=", given["email"]))
        if "phone" in given:
            number = records._phone_format(
                number=given["phone"], country=self.env.company.country_id
            )
            domains += [Domain("phone_sanitized", "=", number)] if number else []
            domains.append(Domain("phone", "=", given["phone"]))
        if "name" in given:
            exact = given["name"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            field_name = "partner_name" if kind == "lead" else "name"
            domains.append(Domain(field_name, "=ilike", exact))
        found = records.search(
            Domain.OR(domains)
            & Domain("company_id", "in", [*self.env.companies.ids, False])
            & self._lookup_domain(kind),
            limit=ANSWERS,
        )
        return found.commercial_partner_id if kind == "customer" else found

    @api.model
    def _lookup_domain(self, kind):
        """Which records count as known: open leads, and customers who are no colleagues."""
        records = self.env[RECORD_MODELS[kind]]
        if kind == "lead":
            return records._pool_open_domain()
        return Domain("active", "=", True) & Domain("partner_share", "=", True)

    def _lookup_answer(self, kind, record, claimable):
        """One answer of `pool_lookup`; the record is in `sudo`."""
        pool = record.pool_id
        managed = bool(pool) and pool._is_managed_by(self.env.user)
        secret = pool.visibility == "hidden" and not managed
        return {
            "kind": kind,
            "state": self._lookup_state(record),
            "pool": pool.name if pool and not secret else False,
            "claimable": bool(claimable),
            "owner": record.user_id.name if managed and record.user_id else False,
        }

    def _lookup_state(self, record):
        if record.pool_state == "owned":
            until = "pool_protected_until" in record._fields and record.pool_protected_until
            return "protected" if until and until > self.env.cr.now() else "owned"
        if record.pool_state == "outside" and record.user_id:
            return "owned"
        return record.pool_state
