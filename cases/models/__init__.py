"""One noun a file; import them from here."""

from cases.models.acknowledgement import Acknowledgement
from cases.models.address import DeliveryAddress
from cases.models.blank import BlankSlip
from cases.models.case import Case, CaseNameToken
from cases.models.citizen import Citizen
from cases.models.difference import Difference, Reconciliation
from cases.models.document import CaseDocument, Scan, Upload
from cases.models.extra_use import ExtraUse
from cases.models.filing import Filing
from cases.models.mandate import Mandate, MandateText
from cases.models.message import Message
from cases.models.message_text import MessageSwitch, MessageText
from cases.models.pace import Pace
from cases.models.paper import Paper
from cases.models.payment import CaseFee, Payment
from cases.models.provider import Provider
from cases.models.question import StatusQuestion
from cases.models.report import PollState, StatusMapping, StatusReport
from cases.models.same_person import SamePerson
from cases.models.screen import CounterScreen
from cases.models.status_import import ImportedDossier, StatusImport
from cases.models.supplement import Refusal, Supplement
from cases.models.watch import Alarm, AlarmRule, Digest, Pulse
from cases.models.weather import CallMinute, Outage

__all__ = [
    "Acknowledgement",
    "Alarm",
    "AlarmRule",
    "BlankSlip",
    "CallMinute",
    "Case",
    "CaseDocument",
    "CaseFee",
    "CaseNameToken",
    "Citizen",
    "CounterScreen",
    "DeliveryAddress",
    "Difference",
    "Digest",
    "ExtraUse",
    "Filing",
    "ImportedDossier",
    "Mandate",
    "MandateText",
    "Message",
    "MessageSwitch",
    "MessageText",
    "Outage",
    "Pace",
    "Paper",
    "Payment",
    "PollState",
    "Provider",
    "Pulse",
    "Reconciliation",
    "Refusal",
    "SamePerson",
    "Scan",
    "StatusImport",
    "StatusMapping",
    "StatusQuestion",
    "StatusReport",
    "Supplement",
    "Upload",
]
