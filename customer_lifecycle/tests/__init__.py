from . import test_action_access
from . import test_churn
from . import test_contact_fields
from . import test_contact_role
from . import test_customer_churn_reason
from . import test_fit, test_backtest
from . import test_history
from . import test_money
from . import test_playbook
from . import test_playbook_steps
from . import test_playbook_tools
from . import test_purchase_model
from . import test_referral
from . import test_return_curve
from . import test_run
from . import test_scores
from . import test_states
from . import test_visit
