from odoo.tools import SQL


def post_init_hook(env):
    """Customers of a database with years of orders have their past from the first day on.

    What the nightly jobs learn and count follows within minutes instead of the next night.
    """
    env["customer.lifecycle"].sudo()._lifecycle_rebuild_all()
    for cron in ("ir_cron_fit", "ir_cron_lifecycle_run"):
        env.ref(f"customer_lifecycle.{cron}")._trigger()


def uninstall_hook(env):
    """Take along what Odoo leaves of an addon whose models use mixins of others.

    Those mixins name their values on our models as their own data, which Odoo removes with the
    models but not from the list of names. The numbers of revisits are made on first use.
    """
    env["ir.sequence"].search([("code", "=", "customer.visit")]).unlink()
    ours = [
        model for model in env.registry.values() if model._original_module == "customer_lifecycle"
    ]
    names = tuple(
        f"{kind}{model._name.replace('.', '_')}__%"
        for kind in ("model_inherit__", "selection__")
        for model in ours
    )
    env.cr.execute(
        SQL(
            "DELETE FROM ir_model_data WHERE module <> 'customer_lifecycle' AND name LIKE ANY (%s)",
            [name.replace("_", r"\_") for name in names],
        )
    )
