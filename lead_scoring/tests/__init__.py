from . import test_equality
from . import test_lead_score_signal
