"""The public contract of the design: models, fields and methods that other programs rely on."""

import inspect

from odoo.tests import TransactionCase

from ..common import requires, top_level

FIELDS = {
    "lead_public_pool": {
        "lead.pool": "name kind company_id member_ids entry_domain visibility claim_mode rule_ids"
        " next_pool_id round_limit holding_limit daily_limit min_interval_minutes cooldown_days"
        " fresh_delay_hours backlog_limit protect_days undo_minutes extension_days extension_limit",
        "lead.pool.member": "pool_id user_id role",
        "lead.pool.rule": "clock delay unit domain version",
        "lead.pool.move": "kind user_from_id user_to_id pool_from_id pool_to_id actor_id reason_id"
        " rule_id rule_version facts run_id date",
        "lead.pool.run": "state",
        "lead.pool.request": "state",
        "lead.pool.reason": "name",
        "lead.pool.entry": "pool_id",
        **dict.fromkeys(
            ("crm.lead", "res.partner"),
            "pool_id pool_state pool_enter_date pool_own_date pool_touch_date pool_due_date"
            " pool_due_rule_id pool_warn_date pool_protected_until pool_round pool_priority"
            " pool_former_user_id pool_extension_count",
        ),
    },
    "lead_scoring": {
        "lead.score.card": "name domain company_id rule_ids",
        "lead.score.rule": "dimension domain signal_id points card_id",
        "lead.score.signal": "name code",
        "lead.score.event": "lead_id signal_id quantity date key",
        "lead.score.history": "lead_id date score",
        "lead.score.model": "algorithm state auc log_loss brier",
        "crm.lead": "score score_fit score_need score_budget score_authority score_timing"
        " score_engagement score_negative score_grade score_temperature score_intent"
        " qualification score_due_date win_probability",
    },
    "customer_lifecycle": {
        "customer.lifecycle": "partner_id company_id state",
        "customer.lifecycle.transition": "state_from state_to date_entered date_left facts",
        "customer.lifecycle.profile": "name domain",
        "customer.lifecycle.backtest": "profile_id",
        "customer.playbook": "name step_ids",
        "customer.playbook.step": "playbook_id",
        "customer.playbook.enrolment": "playbook_id",
        "customer.visit": "partner_id satisfaction feedback",
        "customer.contact.role": "role",
        "customer.churn.reason": "name",
        "res.partner": "lifecycle_state lifecycle_since lifecycle_due_date lifecycle_tier"
        " lifecycle_group lifecycle_p_buy lifecycle_last_order lifecycle_explanation",
    },
}
MOVES = {
    "pool_claim": "key",
    "pool_claim_check": "",
    "pool_release": "reason_id note pool_id",
    "pool_assign": "user_id",
    "pool_transfer": "pool_id",
    "pool_extend": "note",
    "pool_undo_claim": "",
}
METHODS = {
    "lead_public_pool": {
        "crm.lead": MOVES,
        "res.partner": MOVES,
        "lead.pool": {
            "pool_claim_next": "count",
            "pool_lookup": "phone email name",
            "action_preview": "",
        },
        "lead.pool.rule": {"action_preview": ""},
        "lead.pool.run": {"action_undo": ""},
    },
    "lead_scoring": {
        "crm.lead": {
            "score_signal": "code quantity date key ref",
            "score_explain": "",
            "score_refresh": "",
            "action_accept": "",
            "action_reject": "reason_id",
        },
        "lead.score.card": {"action_simulate": ""},
        "lead.score.model": {"action_train": "", "action_promote": ""},
    },
    "customer_lifecycle": {},
}


@top_level
class TestContract(TransactionCase):
    """Names that are written down for others do not change."""

    def test_fields(self):
        for addon, models in FIELDS.items():
            requires(self.env, addon)
            for model, names in models.items():
                with self.subTest(addon=addon, model=model):
                    self.assertIn(model, self.env)
                    self.assertFalse(set(names.split()) - set(self.env[model]._fields))

    def test_methods_take_the_agreed_parameters(self):
        for addon, models in METHODS.items():
            requires(self.env, addon)
            for model, methods in models.items():
                for name, parameters in methods.items():
                    with self.subTest(addon=addon, model=model, method=name):
                        method = getattr(type(self.env[model]), name)
                        taken = [*inspect.signature(inspect.unwrap(method)).parameters][1:]
                        self.assertEqual(taken[: len(parameters.split())], parameters.split())

    def test_classes_have_the_agreed_keys(self):
        keys = {
            ("lead_public_pool", "lead.pool", "claim_mode"): "free next broadcast approval assign",
            ("lead_public_pool", "lead.pool", "visibility"): "open sealed hidden",
            ("lead_public_pool", "crm.lead", "pool_state"): "outside pooled owned",
            ("lead_scoring", "crm.lead", "score_grade"): "A B C D",
            ("lead_scoring", "crm.lead", "score_temperature"): "hot warm cold",
            ("lead_scoring", "crm.lead", "score_intent"): "high medium low",
            ("lead_scoring", "crm.lead", "qualification"): "raw mql accepted rejected sql",
            ("lead_scoring", "lead.score.rule", "dimension"): (
                "fit need budget authority timing engagement negative"
            ),
            ("customer_lifecycle", "res.partner", "lifecycle_state"): (
                "prospect new active loyal dormant churned not_tracked"
            ),
        }
        for (addon, model, name), wanted in keys.items():
            requires(self.env, addon)
            with self.subTest(field=f"{model}.{name}"):
                selection = self.env[model]._fields[name].get_values(self.env)
                self.assertEqual(set(selection), set(wanted.split()))
