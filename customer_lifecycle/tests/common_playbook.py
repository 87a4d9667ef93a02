from datetime import timedelta

from odoo import fields

from .common_action import ActionCase


class PlaybookCase(ActionCase):
    """A playbook of one activity for the customer of `ActionCase`, without control group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls.env.ref("mail.mail_activity_data_call")
        cls.customer_template = cls._create_template("res.partner")
        cls.lead_template = cls._create_template("crm.lead")
        cls.playbook = cls._create_playbook()

    @classmethod
    def _create_template(cls, model):
        return cls.env["mail.template"].create(
            {
                "name": f"Test mail for {model}",
                "model_id": cls.env["ir.model"]._get_id(model),
                "subject": "We miss you, {{ object.name }}",
                "body_html": "<p>Come back!</p>",
                "email_from": "sales@example.com",
                "auto_delete": True,
            }
        )

    @classmethod
    def _create_playbook(cls, steps=None, start=True, **values):
        playbook = cls.env["customer.playbook"].create(
            {
                "name": "Test playbook",
                "domain": f"[('id', '=', {cls.customer.id})]",
                "control_percent": 0,
                "quiet_from": 0,
                "quiet_to": 0,
                "step_ids": [
                    (0, 0, {"sequence": number, **step})
                    for number, step in enumerate(steps or [cls._activity_step()])
                ],
                **values,
            }
        )
        if start:
            playbook.action_start()
        return playbook

    @classmethod
    def _activity_step(cls, **values):
        return {"kind": "activity", "activity_type_id": cls.call.id, "summary": "Call", **values}

    @classmethod
    def _mail_step(cls, **values):
        return {"kind": "email", "template_id": cls.customer_template.id, **values}

    @classmethod
    def _create_customers(cls, count, **values):
        return cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "user_id": cls.rep.id,
                    "email": f"c{number}@example.com",
                    **values,
                }
                for number in range(count)
            ]
        )

    def _for(self, records, **values):
        """Point the playbook at other records."""
        self.playbook.write({"domain": f"[('id', 'in', {records.ids})]", **values})
        return records

    def _enter(self, playbook=None):
        return (playbook or self.playbook).sudo()._let_in()

    def _run(self):
        self._run_cron("playbook_run")

    def _make_due(self, rows):
        rows.sudo().step_due = fields.Datetime.now() - timedelta(minutes=1)

    def _go(self, playbook=None, times=1):
        """Enter and take so many steps, however long their delays are."""
        rows = self._enter(playbook)
        for _step in range(times):
            self._make_due(rows.filtered(lambda row: row.state == "running"))
            self._run()
        return rows

    def _calls(self, record):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", record._name),
                ("res_id", "in", record.ids),
                ("activity_type_id", "=", self.call.id),
            ]
        )

    def _mails(self, row):
        return self.env["mail.mail"].search([("mail_message_id", "in", row.log_ids.message_id.ids)])

    def assertLog(self, rows, *expected):
        """(state, reason) of everything that happened, in its order."""
        logs = rows.log_ids.sorted("id")
        self.assertEqual([(log.state, log.reason) for log in logs], list(expected))
