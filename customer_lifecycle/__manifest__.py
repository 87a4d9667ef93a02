{
    "name": "Customer Lifecycle",
    "summary": "Prospect, new, active, loyal, dormant, churned, recovered, and what to do about it",
    "version": "19.0.0.1.0",
    "category": "Sales/CRM",
    "author": "Lead Pool Founders",
    "license": "LGPL-3",
    "depends": ["sale_crm", "rating", "spreadsheet_dashboard"],
    "external_dependencies": {"python": ["numpy", "scipy"]},
    "data": [
        "security/ir.model.access.csv",
        "security/ir_rule.xml",
        "data/customer_churn_reason_data.xml",
        "data/customer_lifecycle_profile_data.xml",
    ],
}
