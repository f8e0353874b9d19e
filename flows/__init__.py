"""The procedures of the house, and the flows that run them. A new procedure is one file here and one line below."""

from flows.kpi_report import EACH_QUARTER, KPI_COUNT, KPI_REPORT, KPI_RETURN
from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from flows.tender_bidder import TENDER_BIDDER
from flows.tender_care_office import TENDER_CARE_OFFICE, TENDER_NOTA, TENDER_ROUND
from flows.wzd_half_year import EACH_HALF_YEAR, EACH_YEAR, WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR
from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from tijdig.engine.language import Programme

PROCEDURES = (
    ORANGE_STATUS, RED_FOLLOW_UP, TENDER_BIDDER, TENDER_ROUND, TENDER_CARE_OFFICE, TENDER_NOTA, ZAP_APPROVAL,
    ZAP_ARRANGEMENT, WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR, KPI_REPORT, KPI_RETURN, KPI_COUNT,
)  # fmt: skip
PROGRAMMES: tuple[Programme, ...] = (EACH_HALF_YEAR, EACH_YEAR, EACH_QUARTER)
