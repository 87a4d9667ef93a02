from . import customer_churn_reason
from . import customer_churn
from . import customer_lifecycle_transition
from . import customer_lifecycle
