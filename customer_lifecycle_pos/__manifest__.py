{
    "name": "Customer Lifecycle for Point of Sale",
    "summary": "Sales at the till move customers at once",
    "version": "19.0.0.2.0",
    "category": "Sales/CRM",
    "author": "Lead Pool Founders",
    "license": "LGPL-3",
    "depends": ["customer_lifecycle", "point_of_sale"],
    "auto_install": True,
}
