from odoo.tests import TransactionCase, new_test_user, tagged

SALES = "base.group_user,sales_team."
ROLES = {
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "salesman": f"{SALES}group_sale_salesman",
    "manager": f"{SALES}group_sale_manager",
}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
# r read, w write, c create, d delete: salesman, sales manager; everybody else may do nothing.
MATRIX = {
    "customer.visit": ("rwc", "rwcd"),
    "customer.visit.plan": ("r", "rwcd"),
    "customer.contact.role": ("rwcd", "rwcd"),
    "customer.playbook": ("r", "rwcd"),
    "customer.playbook.step": ("r", "rwcd"),
    "customer.playbook.enrolment": ("r", "r"),
    "customer.playbook.log": ("r", "r"),
    "customer.playbook.preview": ("", "rwcd"),
    "customer.playbook.preview.line": ("", "rwcd"),
    "customer.churn.reason": ("r", "rwcd"),
    "customer.churn.close": ("rwcd", "rwcd"),
    "customer.churn.report": ("r", "r"),
}


@tagged("post_install", "-at_install")
class TestActionAccess(TransactionCase):
    def test_each_role_may_do_what_the_matrix_says_and_no_more(self):
        for role, groups in ROLES.items():
            user = new_test_user(self.env, f"action_matrix_{role}", groups=groups)
            for model, (salesman, manager) in MATRIX.items():
                allowed = {"salesman": salesman, "manager": manager}.get(role, "")
                records = self.env[model].with_user(user)
                may = "".join(
                    letter for letter, name in OPERATIONS.items() if records.has_access(name)
                )
                self.assertEqual(may, allowed, (role, model))

    def test_every_model_is_in_the_matrix(self):
        ours = {
            name
            for name, model in self.env.registry.items()
            if name.startswith(
                ("customer.visit", "customer.playbook", "customer.churn", "customer.contact")
            )
            and not model._abstract
        }
        self.assertEqual(ours, set(MATRIX))
