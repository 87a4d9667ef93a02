"""Free text that says something about a buyer: a job title has a rank, an e-mail address a kind."""

import re

# The first match counts, so that "assistant to the CEO" is an assistant.
RANKS = [
    ("assistant", r"assistant|secretary|intern\b|trainee|working student|助理|秘书|实习"),
    ("student", r"student|学生"),
    (
        "owner",
        r"\b(owner|founder|co-?founder|proprietor|partner|gesellschafter|inhaber)\b"
        r"|创始人|老板|合伙人",
    ),
    (
        "executive",
        r"\b(c[eftiomrp]o|chief|(?<!vice )(?<!vice-)president|chair\w*|managing director|md"
        r"|geschäftsführer\w*|pdg|general manager|gm|vorstand)\b|总裁|董事|总经理|首席|总监",
    ),
    (
        "director",
        r"\b(vp|svp|evp|vice[ -]president|director|directeur|direktor\w*|head)\b|主任|部长",
    ),
    ("manager", r"\b(manager|lead|leiter\w*|supervisor|responsable|gerente|jefe)\b|经理|主管|组长"),
    ("self_employed", r"freelanc\w*|self[- ]employed|consultant|contractor|自由职业|顾问"),
    ("not_working", r"unemployed|retired|housewife|homemaker|job ?seeker|退休|待业"),
]
RANKS = [(rank, re.compile(pattern, re.IGNORECASE)) for rank, pattern in RANKS]
FREE_DOMAINS = re.compile(
    r"^(gmail|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|live|msn|icloud|me|mac|aol|gmx|web"
    r"|mail|proton|protonmail|pm|zoho|yandex|mail\.ru|qq|163|126|yeah|sina|sohu|foxmail|139|189"
    r"|aliyun|rediffmail|t-online|freenet|orange|wanadoo|free|laposte|libero|comcast|verizon|att"
    r"|btinternet|naver|hanmail|daum|tutanota|fastmail|hey)\."
)
ADDRESS = re.compile(r"^[^@\s<>]+@([^@\s<>]+\.[^@\s<>.]{2,})$")


def job_rank(title):
    """Rank of a job title: `executive`, `manager`, ..., `other`; None for an empty one."""
    title = (title or "").strip()
    if not title:
        return None
    return next((rank for rank, pattern in RANKS if pattern.search(title)), "other")


def email_kind(address):
    """`free`, `company` or `invalid`; None for an empty address."""
    address = (address or "").strip().lower()
    if not address:
        return None
    if "<" in address:
        address = address.rpartition("<")[2].rstrip("> ")
    found = ADDRESS.match(address)
    if not found:
        return "invalid"
    return "free" if FREE_DOMAINS.match(found[1]) else "company"
