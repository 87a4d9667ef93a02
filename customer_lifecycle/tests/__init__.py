from . import test_customer_churn_reason, test_purchase_model, test_return_curve
from . import test_contact_fields
from . import test_fit, test_backtest
from . import test_history
from . import test_money
from . import test_run
from . import test_scores
from . import test_states
