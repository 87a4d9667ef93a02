from . import lead_score_signal
