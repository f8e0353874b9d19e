"""What a house chose for the settings that have no default, in tests without a database."""

from tijdig.engine import months, weeks, working_days, years

SETTINGS = {
    "red_decider": "directeur",
    "zap_wlz_opinion_term": working_days(10),
    "zap_quality_opinion_term": working_days(10),
    "vg7_advice_term": working_days(10),
    "zap_decide_term": working_days(5),
    "zap_repair_term": weeks(4),
    "zap_validity": years(2),
    "zap_renewal_lead": months(3),
}
