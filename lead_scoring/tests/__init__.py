from . import test_equality
from . import test_lead_score_signal
from . import test_win_model
from . import test_win_tools
