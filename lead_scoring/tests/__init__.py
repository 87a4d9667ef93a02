from . import test_lead_score_signal
