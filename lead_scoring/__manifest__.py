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
        "security/lead_score_process_security.xml",
        "data/lead_score_signal_data.xml",
        "data/lead_score_motive_data.xml",
        "views/lead_score_motive_views.xml",
        "views/lead_score_competitor_views.xml",
        "views/crm_lead_profile_views.xml",
    ],
}
