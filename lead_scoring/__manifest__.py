{
    "name": "Lead Scoring",
    "summary": "A score a rep can read and a win probability a company can trust",
    "version": "19.0.0.1.0",
    "category": "Sales/CRM",
    "author": "Lead Pool Founders",
    "license": "LGPL-3",
    "depends": ["crm", "spreadsheet_dashboard"],
    "external_dependencies": {"python": ["scikit-learn"]},
    "data": [
        "security/ir.model.access.csv",
        "security/lead_win_rule.xml",
        "data/lead_score_signal_data.xml",
        "data/ir_cron_win_data.xml",
        "views/lead_score_model_views.xml",
        "views/crm_lead_win_views.xml",
        "views/res_config_settings_win_views.xml",
        "views/lead_score_model_menus.xml",
        "data/ir_cron_data.xml",
    ],
    "assets": {
        "web.assets_backend": ["lead_scoring/static/src/**/*"],
    },
}
