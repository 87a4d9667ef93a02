from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from ..tools import numbers, spelling

# So many records are brought up to date in one statement.
FILLED_AT_ONCE = 5000


class LeadPoolTwin(models.AbstractModel):
    """One spelling of names, numbers and addresses, by which records are looked up and compared."""

    _inherit = "lead.pool.twin"

    # Field with the name of the company, and the one with its addresses.
    _pool_name_field = None
    _pool_email_field = None

    pool_name_key = fields.Char(
        string="Company name, spelled plainly",
        compute="_compute_pool_name_key",
        store=True,
        copy=False,
        groups="sales_team.group_sale_manager",
        help="Name of the company without capitals, accents, blanks and legal form, by which it is "
        "found however somebody types it.",
    )
    pool_contact_keys = fields.Char(
        string="Further addresses and numbers",
        compute="_compute_pool_contact_keys",
        store=True,
        copy=False,
        groups="sales_team.group_sale_manager",
        help="Further e-mail addresses of the same field, and numbers whose country is not known, "
        "by which the record is found as well.",
    )

    @api.depends(lambda self: [self._pool_name_field] if self._pool_name_field else [])
    def _compute_pool_name_key(self):
        for record in self:
            record.pool_name_key = spelling.name_key(record[self._pool_name_field])

    @api.depends(
        lambda self: (
            [self._pool_email_field, "email_normalized", "phone", "phone_sanitized"]
            if self._pool_email_field
            else []
        )
    )
    def _compute_pool_contact_keys(self):
        for record in self:
            keys = spelling.emails(record[self._pool_email_field])
            keys = [key for key in keys if key != record.email_normalized]
            if not record.phone_sanitized:
                keys += numbers.written(record.phone)
            record.pool_contact_keys = " ".join(filter(None, keys)) or False

    def _compute_email_normalized(self):
        """Odoo's own key, of the plain spelling."""
        odd = self.filtered(lambda record: not (record[self._pool_email_field] or "").isascii())
        for record in odd:
            text = spelling.plain(record[self._pool_email_field])
            record.email_normalized = email_normalize(text, strict=False)
        return super(LeadPoolTwin, self - odd)._compute_email_normalized()

    def _compute_phone_sanitized(self):
        """Odoo's own key, of the plain spelling."""
        odd = self.filtered(lambda record: not (record.phone or "").isascii())
        for record in odd:
            record.phone_sanitized = record._phone_format(number=spelling.tidy(record.phone))
        return super(LeadPoolTwin, self - odd)._compute_phone_sanitized()

    def _pool_lookup_terms(self):
        """By what this record is compared with others, as a lookup would name it."""
        terms = {
            "phone": self.phone_sanitized or self.phone,
            "email": self.email_normalized,
            "name": self[self._pool_name_field],
        }
        return {key: term for key, term in terms.items() if term} or {"name": self.name or "-"}

    # ------------------------------------------------------------------
    # Records that were there before
    # ------------------------------------------------------------------

    @api.model
    def _pool_fill_rare_keys(self):
        """Spell plainly what Odoo cannot compare: few records, whatever their number."""
        for names, condition in self._pool_rare_keys():
            query = SQL("SELECT id FROM %s WHERE %s", SQL.identifier(self._table), condition)
            ids = [record_id for (record_id,) in self.env.execute_query(query)]
            for start in range(0, len(ids), FILLED_AT_ONCE):
                records = self.browse(ids[start : start + FILLED_AT_ONCE])
                for name in names:
                    self.env.add_to_compute(self._fields[name], records)
                records.flush_recordset(names)
                self.env.invalidate_all()

    @api.model
    def _pool_rare_keys(self):
        """Stored fields to work out anew, and SQL that says for which records."""
        email = SQL.identifier(self._pool_email_field)
        odd_email = SQL("octet_length(%s) <> length(%s)", email, email)
        return (
            (["email_normalized"], odd_email),
            (["phone_sanitized"], SQL("octet_length(phone) <> length(phone)")),
            (
                ["pool_contact_keys"],
                SQL(
                    "%s OR %s ~ '@.*@' OR phone <> '' AND phone_sanitized IS NULL",
                    odd_email,
                    email,
                ),
            ),
        )

    @api.model
    def _pool_fill_name_keys(self, commit=None):
        """Spell the names of companies plainly that were typed before the addon came.

        In SQL, since nothing depends on the key, and a million leads should not be written one by
        one.

        :param function commit: called with the number of records after each batch; gives the
            seconds that are left
        :return: whether all are done
        """
        last = 0
        while rows := self._pool_unspelled_names(last):
            last = rows[-1][0]
            keys = [spelling.name_key(name) or "" for _id, name in rows]
            self.env.cr.execute(
                SQL(
                    "UPDATE %s r SET pool_name_key = k.key"
                    " FROM unnest(%s, %s) AS k (id, key) WHERE r.id = k.id",
                    SQL.identifier(self._table),
                    [record_id for record_id, _name in rows],
                    keys,
                )
            )
            self.invalidate_model(["pool_name_key"], flush=False)
            if commit and not commit(len(rows)):
                return False
        return True

    @api.model
    def _pool_unspelled_names(self, after):
        name = SQL.identifier(self._pool_name_field)
        return self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id > %s AND pool_name_key IS NULL AND %s <> ''"
                " ORDER BY id LIMIT %s",
                name,
                SQL.identifier(self._table),
                after,
                name,
                FILLED_AT_ONCE,
            )
        )
