from . import lead_score_reject
