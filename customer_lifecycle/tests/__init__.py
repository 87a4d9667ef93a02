from . import test_customer_churn_reason
from . import test_contact_role
from . import test_visit
from . import test_contact_fields
