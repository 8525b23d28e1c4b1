"""Which role may do what in the admin: one table instead of groups that drift (F23).

Only the administrator keeps people; the editor keeps the catalogue, which is then published by a
supervisor; the auditor reads everything and changes nothing.
"""

from typing import Final

from agencies.models import Role

# App label -> roles that may change its data; seeing is wider.
_CHANGE: Final[dict[str, frozenset[Role]]] = {
    "agencies": frozenset({Role.ADMIN}),
    "procedures": frozenset({Role.ADMIN, Role.EDITOR, Role.SUPERVISOR}),
    "core": frozenset({Role.ADMIN, Role.SUPERVISOR}),
    "cases": frozenset({Role.ADMIN}),
    "delivery": frozenset({Role.ADMIN}),
}
_SEE: Final[dict[str, frozenset[Role]]] = {
    "agencies": frozenset({Role.ADMIN, Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR}),
    "procedures": frozenset({Role.ADMIN, Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR}),
    "core": frozenset({Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR}),
    "cases": frozenset({Role.ADMIN, Role.AUDITOR}),
    "delivery": frozenset({Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR}),
}
# Models whose rows only some of those roles see or change: people, and the journal.
_SEE_MODEL: Final[dict[str, frozenset[Role]]] = {
    "agencies.staff": frozenset({Role.ADMIN, Role.AUDITOR}),
    "core.journalentry": frozenset({Role.ADMIN, Role.AUDITOR}),
    "core.journalseal": frozenset({Role.ADMIN, Role.AUDITOR}),
}
ADMIN_ROLES: Final = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR})


def may(role: str, perm: str) -> bool:
    """Whether `role` holds a permission like `agencies.change_staff`; unknown apps: nobody."""
    app, _, codename = perm.partition(".")
    action, _, model = codename.partition("_")
    allowed = _SEE if action == "view" else _CHANGE
    roles = allowed.get(app, frozenset())
    if model:
        roles &= _SEE_MODEL.get(f"{app}.{model}", ADMIN_ROLES)
    return role in roles
