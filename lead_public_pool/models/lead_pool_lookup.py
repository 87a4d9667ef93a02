from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..hooks import SPELLING_JOB
from ..tools import numbers, spelling
from ..tools.arguments import checked, text

RECORD_MODELS = {"lead": "crm.lead", "customer": "res.partner"}
# So many records answer "is it known?"; more would be a way to read the database.
ANSWERS = 20
# Numbers that end alike are compared one by one, so many at most.
ENDING_ALIKE = 200


class LeadPoolLookupAnswer(models.AbstractModel):
    """Is this company known? An answer without contact details."""

    _name = "lead.pool.lookup.answer"
    _description = "What Is Known"

    @api.model
    @checked(phone=text, email=text, name=text)
    def pool_lookup(self, phone=None, email=None, name=None):
        """Whether a person or company is known, where it lies and whether I may claim it.

        Only exact matches are found: the whole number, address or company name. Blanks, accents,
        punctuation, odd digits and the legal form of a company make no difference.

        :param str phone: telephone number, in any notation, with or without its country
        :param str email: e-mail address
        :param str name: name of the company
        :return: at most 20 answers: `kind` (`lead` or `customer`), `state` (`pooled`,
            `protected`, `owned` or `outside`), `pool` (its name or False), `claimable`, and
            `owner` (False unless it is you, or you manage the pool)
        :rtype: list[dict]
        Each question is recorded, without what was asked in plain text.

        :raise UserError: if nothing usable is given, or the user has asked too often today
        :raise AccessError: if the user is no salesperson
        """
        found = self._lookup_found(phone=phone, email=email, name=name)
        return [answer for answer, _record, _check in found]

    @api.model
    def _lookup_found(self, **values):
        """What is known, recorded as a question of the current user.

        :return: answers of `pool_lookup`, each with its record and its answer of `pool_claim_check`
        :rtype: list[tuple]
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(self.env._("Only salespeople may ask whether a company is known."))
        given = self._lookup_arguments(**values)
        log = self.env["lead.pool.lookup.log"]
        log._check_quota()
        answers = []
        for kind, model in RECORD_MODELS.items():
            found = self._lookup_records(kind, given)
            if found:
                checks = self.env[model].browse(found.ids).pool_claim_check()
                answers += [
                    (self._lookup_answer(kind, record, check["ok"]), record, check)
                    for record, check in zip(found, checks, strict=True)
                ]
        log._record(given, bool(answers))
        return answers[:ANSWERS]

    def _lookup_arguments(self, **values):
        """The values to look for, in the form in which they are stored."""
        for value in values.values():
            if value not in (None, False) and not isinstance(value, str):
                raise UserError(self.env._("A text is expected, not %r.", value))
        given = {key: spelling.tidy(value) for key, value in values.items()}
        given = {key: value for key, value in given.items() if value}
        if not given:
            raise UserError(
                self.env._("Enter a phone number, an e-mail address or a company name.")
            )
        if "email" in given:
            addresses = spelling.emails(given["email"])
            if not addresses:
                raise UserError(self.env._("This is not an e-mail address."))
            # One question is about one address.
            given["email"] = addresses[0]
        return given

    def _lookup_records(self, kind, given):
        """Records that match any of the values, in the companies of the user."""
        records = self.env[RECORD_MODELS[kind]].sudo()
        scope = Domain("company_id", "in", [*self.env.companies.ids, False])
        scope &= self._lookup_domain(kind)
        matches = {
            "email": self._lookup_email,
            "phone": self._lookup_phone,
            "name": self._lookup_name,
        }
        wanted = Domain.OR(matches[key](records, scope, value) for key, value in given.items())
        found = records.search(wanted & scope, limit=ANSWERS)
        return found.commercial_partner_id if kind == "customer" else found

    def _lookup_email(self, records, scope, value):
        return Domain("email_normalized", "=", value) | self._lookup_keys([value])

    def _lookup_name(self, records, scope, value):
        name = records._pool_name_field
        found = Domain("pool_name_key", "=", spelling.name_key(value))
        if self.env.ref(SPELLING_JOB).sudo().active:
            exact = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            found |= Domain("pool_name_key", "=", False) & Domain(name, "=ilike", exact)
        return found

    def _lookup_phone(self, records, scope, value):
        """A number in the notation of any country, as typed and as people of its country do."""
        country = self.env.company.country_id
        number = records._phone_format(number=value, country=country)
        found = self._lookup_keys(numbers.spellings(value, number))
        if number:
            found |= Domain("phone_sanitized", "=", number)
        if len(end := spelling.tail(value)) == spelling.TAIL_DIGITS:
            alike = records.search(self._lookup_ending(end) & scope, limit=ENDING_ALIKE)
            alike = alike.filtered(lambda record: numbers.same(record.phone_sanitized, value))
            found |= Domain("id", "in", alike.ids)
        return found

    def _lookup_ending(self, end):
        """Records whose number ends with so many digits, see `spelling.tail`."""

        def to_sql(model, alias, query):
            column = model._field_to_sql(alias, "phone_sanitized", query)
            return SQL("right(%s, %s) = %s", column, spelling.TAIL_DIGITS, end)

        return Domain.custom(to_sql=to_sql)

    def _lookup_keys(self, keys):
        """Records with one of these as a further address, or as a number of no known country."""

        def to_sql(model, alias, query):
            column = model._field_to_sql(alias, "pool_contact_keys", query)
            return SQL(
                "(%s IS NOT NULL AND string_to_array(%s, ' ') && %s::text[])", column, column, keys
            )

        return Domain.custom(to_sql=to_sql) if keys else Domain.FALSE

    @api.model
    def _cron_spelling(self):
        """Spell plainly the names of companies that were typed before the addon came; then rest."""
        commit = self.env["ir.cron"]._commit_progress
        done = [
            self.env[model].sudo()._pool_fill_name_keys(commit) for model in RECORD_MODELS.values()
        ]
        commit(remaining=0, deactivate=True) if all(done) else commit(remaining=1)

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
            "owner": record.user_id.name if managed or record.user_id == self.env.user else False,
        }

    def _lookup_state(self, record):
        if record.pool_state == "owned":
            until = "pool_protected_until" in record._fields and record.pool_protected_until
            return "protected" if until and until > self.env.cr.now() else "owned"
        if record.pool_state == "outside" and record.user_id:
            return "owned"
        return record.pool_state
