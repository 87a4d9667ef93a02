from odoo import models

from ..tools.arguments import checked, text


class LeadPool(models.Model):
    _inherit = "lead.pool"

    @checked(phone=text, email=text, name=text)
    def pool_lookup_wait(self, phone=None, email=None, name=None):
        """Tell me when what is known under these values comes back to a pool of mine.

        See `pool_lookup`, which says whether there is such a record and nothing more.

        :param str phone: telephone number, in any notation
        :param str email: e-mail address
        :param str name: name of the company, in upper or lower case
        :return: one answer per record found: `ok`, `code`, `message`
        :rtype: list[dict]
        :raise UserError: if nothing usable is given
        :raise AccessError: if the user is no salesperson
        """
        if not self.pool_lookup(phone=phone, email=email, name=name):
            return []
        given = self._lookup_arguments(phone=phone, email=email, name=name)
        answers = []
        for kind in ("lead", "customer"):
            found = self._lookup_records(kind, given)
            # He knows what he typed, and learns no more than that.
            results = found._pool_wait_add(label=", ".join(given.values()))
            answers += [
                {key: result[key] for key in ("ok", "code", "message")} for result in results
            ]
        return answers

    def _cron_warn(self, batch_size=500):
        """Remind those who wait, before warnings take the time of the job.

        :param int batch_size: records per transaction
        """
        if not self.env["lead.pool.wait"]._remind_due(batch_size):
            return None
        return super()._cron_warn(batch_size=batch_size)


class LeadPoolMember(models.Model):
    _inherit = "lead.pool.member"

    def unlink(self):
        """Who no longer belongs to a pool no longer waits for its records."""
        waits = self.env["lead.pool.wait"].sudo()
        for member in self.sudo():
            waits.search(
                [
                    ("user_id", "=", member.user_id.id),
                    ("pool_id", "=", member.pool_id.id),
                    ("state", "=", "waiting"),
                ]
            ).unlink()
        return super().unlink()


class LeadPoolEntry(models.Model):
    _inherit = "lead.pool.entry"

    @checked()
    def action_pool_wait(self):
        """Be reminded when one may claim what these entries stand for.

        :return: action
        """
        names = [entry.name for entry in self.sudo()]
        results = self._each_kind(lambda records: records.pool_wait())
        if all(result["ok"] for result in results):
            return self._good_news(
                self.env._("You will be told."), {"type": "ir.actions.act_window_close"}
            )
        return self.env["lead.pool.result"]._open_named(names, results, self.env._("Wait"))
