"""Who may open which address. Written out by hand, so that a new address closes a test, not a door.

A rule says: which methods the address answers, who may come in, and whether its object belongs to
an office. A new address without a rule fails `test_access.py`: add its line to `RULES` below.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.urls import URLPattern, URLResolver, get_resolver

from agencies.models import Role

OFFICE: Final = frozenset({Role.CLERK, Role.LEAD})
CITY: Final = frozenset({Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR, Role.ADMIN})
STAFF: Final = OFFICE | CITY
WORKING: Final = OFFICE | {Role.SUPERVISOR}
READERS: Final = STAFF - {Role.EDITOR}
#: A lead sees the board of the own office.
BOARD: Final = frozenset({Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})
EVERYBODY: Final = "everybody"


@dataclass(frozen=True)
class Rule:
    """`methods`: G, P or GP. `roles`: who comes in, or EVERYBODY. `owned`: belongs to an office."""

    methods: str
    roles: frozenset[Role] | str
    owned: bool = False


def counter(methods: str) -> Rule:
    """A step at the counter, on a case of one's own office."""
    return Rule(methods, OFFICE, owned=True)


#: The only addresses that open without signing in.
PUBLIC: Final = {
    "agencies:sign_in": "GP",
    "agencies:sign_out": "P",
    "agencies:offices": "G",
    "agencies:worker": "G",
    "agencies:offline": "G",
    "procedures:index": "G",
    "procedures:detail": "G",
    "screen:page": "GP",
    "screen:look": "G",
    "screen:answer": "P",
    "screen:touch": "P",
    "public:lookup": "GP",
    "public:status": "GP",
    "public:revoke": "GP",
    "public:texts": "GP",
    "messages:report": "P",
    "public:help": "G",
    "public:privacy": "G",
    "public:accessibility": "G",
    "public:robots": "G",
    "quan-tri/login/": "GP",
    "quan-tri/logout/": "P",
}

RULES: Final[dict[str, Rule]] = {
    **{name: Rule(methods, EVERYBODY) for name, methods in PUBLIC.items()},
    # one's own account
    "agencies:second_factor": Rule("GP", STAFF),
    "agencies:second_factor_setup": Rule("GP", STAFF),
    "agencies:lock": Rule("P", STAFF),
    "agencies:unlock": Rule("GP", STAFF),
    "agencies:account": Rule("G", STAFF),
    "agencies:keys": Rule("GP", STAFF),
    "agencies:devices": Rule("G", STAFF),
    "agencies:try_scan": Rule("P", STAFF),
    "agencies:line": Rule("G", STAFF),
    "agencies:test_sheet": Rule("G", STAFF),
    "agencies:scanner": Rule("P", OFFICE),
    "agencies:choose_counter": Rule("P", STAFF),
    "agencies:pin": Rule("P", STAFF),
    "agencies:password": Rule("GP", STAFF),
    "agencies:recovery_codes": Rule("P", STAFF),
    "agencies:second_factor_start": Rule("P", STAFF),
    "agencies:ledger": Rule("G", STAFF),
    "agencies:ledger_csv": Rule("G", STAFF),
    "quan-tri/password_change/": Rule("GP", STAFF),
    # the catalogue
    "procedures:clerk_index": Rule("G", STAFF),
    "procedures:search": Rule("G", STAFF),
    "procedures:clerk_detail": Rule("G", STAFF),
    # lists; people of the city are sent on to their own first page
    "quay:home": Rule("G", STAFF),
    "quay:work": Rule("G", STAFF),
    "quay:list": Rule("GP", STAFF),
    "quay:search": Rule("GP", READERS),
    "quay:unsent": Rule("G", READERS),
    # slips for a power cut
    "quay:blanks": Rule("G", OFFICE),
    "quay:blanks_run": Rule("P", OFFICE),
    "quay:blank": Rule("GP", OFFICE, owned=True),
    # a practice office alone; a real one is led home
    "quay:practice": Rule("G", OFFICE),
    "quay:practice_play": Rule("P", OFFICE),
    "quay:practice_advance": Rule("P", OFFICE),
    # a filed case
    "quay:filed": Rule("G", READERS, owned=True),
    "quay:timeline": Rule("G", READERS, owned=True),
    "quay:people": Rule("G", READERS, owned=True),
    "quay:unmask": Rule("P", WORKING, owned=True),
    "quay:ask_now": Rule("P", WORKING, owned=True),
    "quay:question_note": counter("P"),
    "quay:question_take_back": counter("P"),
    "quay:close": Rule("P", WORKING, owned=True),
    "quay:supplement": Rule("P", WORKING, owned=True),
    "quay:resolved": Rule("P", WORKING, owned=True),
    # intake
    "quay:command": Rule("P", READERS),
    "quay:start": Rule("G", OFFICE),
    "quay:start_clear": Rule("P", OFFICE),
    "quay:forgotten": Rule("G", OFFICE),
    "quay:new": Rule("P", OFFICE),
    "quay:case": counter("G"),
    "quay:change_person": counter("GP"),
    "quay:another": counter("GP"),
    "quay:fetch": counter("P"),
    "quay:hold": counter("P"),
    "quay:today": counter("G"),
    "quay:bring": counter("P"),
    "quay:resume": counter("P"),
    "quay:customer": counter("GP"),
    "quay:mark": counter("GP"),
    "quay:payment": counter("P"),
    "quay:mode": counter("P"),
    "quay:mandate_begin": counter("P"),
    "quay:mandate_code": counter("P"),
    "quay:mandate_decline": counter("P"),
    "quay:mandate_revoke": counter("P"),
    "quay:known": counter("GP"),
    "quay:same_person": counter("P"),
    "quay:mandate_signed": counter("P"),
    "quay:mandate_extras": counter("P"),
    "quay:mandate": Rule("G", READERS, owned=True),
    "quay:mandate_proof": Rule("G", READERS, owned=True),
    "quay:screen": Rule("GP", OFFICE),
    "quay:screen_remote": counter("GP"),
    "quay:scan_upload": counter("P"),
    "quay:scan_view": Rule("G", READERS, owned=True),
    "quay:upload_begin": counter("P"),
    "quay:upload_piece": counter("P"),
    "quay:scan_preview": Rule("G", READERS, owned=True),
    "quay:scan_pdf": Rule("G", READERS, owned=True),
    "quay:scan_count": counter("P"),
    "quay:scan_act": counter("P"),
    "quay:scan_restore": counter("P"),
    "quay:step": counter("GP"),
    "quay:save": counter("P"),
    "quay:part": counter("G"),
    # filing
    "quay:file": counter("P"),
    "quay:copilot": Rule("G", READERS, owned=True),
    "quay:dossier_code": counter("P"),
    "quay:export_all": counter("P"),
    "quay:export_one": counter("P"),
    "quay:acknowledgement": counter("G"),
    "quay:acknowledgement_part": Rule("G", READERS, owned=True),
    "quay:acknowledgement_bring": counter("P"),
    "quay:acknowledgement_eye": counter("P"),
    "quay:resend": counter("P"),
    "quay:send_now": Rule("P", WORKING, owned=True),
    "quay:settle": counter("P"),
    "quay:file_again": counter("P"),
    # supplements
    "quay:asked": counter("G"),
    "quay:asked_scans": counter("G"),
    "quay:asked_papers": counter("P"),
    "quay:answer": counter("P"),
    "quay:answer_files": counter("P"),
    "quay:promise": counter("P"),
    # papers
    "quay:paper": Rule("G", READERS, owned=True),
    "quay:sheet": counter("P"),
    "quay:paper_state": Rule("G", READERS, owned=True),
    "quay:paper_print": Rule("P", WORKING, owned=True),
    "quay:paper_retry": Rule("P", WORKING, owned=True),
    # the board
    "board:home": Rule("G", BOARD),
    "board:part": Rule("G", BOARD),
    "board:list": Rule("G", BOARD),
    "board:returned": Rule("G", BOARD),
    "board:questions": Rule("G", BOARD),
    "board:unsent": Rule("G", BOARD),
    "board:digest": Rule("G", BOARD),
    "board:health": Rule("G", BOARD - {Role.LEAD}),
    # one person or two
    "board:persons": Rule("G", frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})),
    "board:person_answer": Rule("P", frozenset({Role.SUPERVISOR})),
    "board:person_undo": Rule("P", frozenset({Role.SUPERVISOR})),
    # messages
    "board:texts": Rule("G", frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})),
    "board:text": Rule("G", frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})),
    "board:text_off": Rule("G", frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})),
    "board:text_save": Rule("P", frozenset({Role.SUPERVISOR, Role.ADMIN})),
    "board:text_preview": Rule("P", frozenset({Role.SUPERVISOR, Role.ADMIN})),
    "board:text_off_save": Rule("P", frozenset({Role.SUPERVISOR, Role.ADMIN})),
    "quay:calls": Rule("G", WORKING),
    "quay:called": Rule("P", WORKING, owned=True),
    "quay:text_again": Rule("P", WORKING, owned=True),
    "quay:texts_stop": Rule("P", WORKING, owned=True),
    "quay:texts_start": Rule("P", WORKING, owned=True),
    # reported held against observed
    "board:imports": Rule("GP", frozenset({Role.SUPERVISOR})),
    "board:import": Rule("G", frozenset({Role.SUPERVISOR})),
    "board:import_apply": Rule("P", frozenset({Role.SUPERVISOR})),
    "board:import_drop": Rule("P", frozenset({Role.SUPERVISOR})),
    "board:reconcile": Rule("G", BOARD),
    "board:reconcile_csv": Rule("G", BOARD),
    "board:difference_explain": Rule("P", frozenset({Role.LEAD, Role.SUPERVISOR}), owned=True),
    "board:difference_ask": Rule("P", frozenset({Role.LEAD, Role.SUPERVISOR}), owned=True),
    # portal weather
    "quay:weather": Rule("G", STAFF),
    "board:portal": Rule("G", BOARD),
    "board:maintenance": Rule("P", frozenset({Role.SUPERVISOR, Role.ADMIN})),
    "board:maintenance_cancel": Rule("P", frozenset({Role.SUPERVISOR, Role.ADMIN})),
    # delivery
    "delivery:manifests": Rule("G", OFFICE),
    "delivery:manifest_scan": Rule("P", OFFICE),
    "delivery:manifest_remove": counter("P"),
    "delivery:manifest": Rule("G", WORKING, owned=True),
    "delivery:manifest_close": counter("P"),
    "delivery:receive_scan": Rule("P", OFFICE),
    "delivery:labels": Rule("P", OFFICE),
    "delivery:label_run": Rule("G", READERS, owned=True),
    "delivery:results": Rule("GP", OFFICE),
    "delivery:receive": counter("P"),
    "delivery:label": counter("P"),
    "delivery:counter": counter("GP"),
    "delivery:counter_code": counter("P"),
    "delivery:address": counter("GP"),
    "delivery:parcel": Rule("G", READERS, owned=True),
    "delivery:give": counter("P"),
    "delivery:send_code": counter("P"),
    "delivery:cancel": counter("P"),
    "delivery:hold": counter("P"),
    "delivery:ask_now": counter("P"),
}

#: A line that is off the manifest already and one that never was get the same way back.
SAME_WAY_BACK: Final = frozenset({"delivery:manifest_remove"})

#: Admin: which roles see each model's rows, and which change them. Office people see nothing.
ADMIN: Final = CITY
SEE: Final[dict[str, frozenset[Role]]] = {
    "core.journalentry": frozenset({Role.ADMIN, Role.AUDITOR}),
    "core.journalseal": frozenset({Role.ADMIN, Role.AUDITOR}),
    "core.calendarday": frozenset({Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR}),
    "agencies.staff": frozenset({Role.ADMIN, Role.AUDITOR}),
    "agencies.province": CITY,
    "agencies.commune": CITY,
    "agencies.oldunit": CITY,
    "agencies.agency": CITY,
    "procedures.procedureversion": CITY,
    "procedures.procedure": CITY,
    "procedures.otherprocedure": CITY,
    "procedures.filingsystem": CITY,
    "procedures.filingoverride": CITY,
    "cases.statusmapping": CITY,
    "cases.mandatetext": CITY,
    "cases.message": frozenset({Role.ADMIN, Role.AUDITOR}),
    "cases.paper": frozenset({Role.ADMIN, Role.AUDITOR}),
    "cases.case": frozenset({Role.ADMIN, Role.AUDITOR}),
    "cases.alarmrule": frozenset({Role.ADMIN, Role.AUDITOR}),
    "delivery.result": frozenset({Role.ADMIN, Role.AUDITOR}),
    "delivery.parcel": frozenset({Role.ADMIN, Role.AUDITOR}),
    "delivery.manifest": frozenset({Role.ADMIN, Role.AUDITOR}),
    "delivery.proofofdelivery": frozenset({Role.ADMIN, Role.AUDITOR}),
    "auth.group": frozenset(),
}
#: Models that nobody adds, changes or deletes in the admin, not even the administrator.
READ_ONLY: Final = frozenset(
    {
        "core.journalentry",
        "core.journalseal",
        "cases.case",
        "cases.mandatetext",
        "cases.message",
        "cases.paper",
        "delivery.result",
        "delivery.parcel",
        "delivery.manifest",
        "delivery.proofofdelivery",
    }
)


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver: its name (or its route, where it has none) and converters."""

    name: str
    route: str
    converters: tuple[str, ...]


def _walk(resolver: URLResolver, prefix: str, spaces: tuple[str, ...]) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            more = (pattern.namespace,) if pattern.namespace else ()
            yield from _walk(pattern, route, spaces + more)
        elif isinstance(pattern, URLPattern):
            plain = ":".join((*spaces, pattern.name)) if pattern.name else route
            yield Address(plain, route, tuple(pattern.pattern.converters))


def addresses() -> list[Address]:
    """Every address there is, the admin's included."""
    return list(_walk(get_resolver(), "", ()))
