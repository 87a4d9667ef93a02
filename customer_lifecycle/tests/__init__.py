from . import test_customer_churn_reason
from . import test_contact_fields
from . import test_contact_role
from . import test_playbook
from . import test_playbook_steps
from . import test_playbook_tools
from . import test_visit
