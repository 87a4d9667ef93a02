from . import test_card_access
from . import test_equality
from . import test_lead
from . import test_lead_score_signal
from . import test_points
from . import test_rules
from . import test_signal
