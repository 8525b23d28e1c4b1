"""The catalogue: procedures, their dated versions and everything a version says.

A published version never changes (a trigger refuses it); a case keeps the version it was started
under (F15). Conditions are data: see `procedures.conditions`.
"""

from .parts import DeclarationField, FeePart, Question, RequiredDocument, ResultKind
from .procedure import OtherProcedure, Procedure
from .systems import FilingOverride, FilingSystem
from .version import ProcedureVersion

__all__ = [
    "DeclarationField",
    "FeePart",
    "FilingOverride",
    "FilingSystem",
    "OtherProcedure",
    "Procedure",
    "ProcedureVersion",
    "Question",
    "RequiredDocument",
    "ResultKind",
]
