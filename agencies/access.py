"""Who may do what: the marks views carry, and the actor a person is in the journal (F23).

Every view asks for a signed-in, unlocked person unless it says otherwise with `public`, so a
forgotten decorator closes a page instead of opening one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from agencies.models import OFFICE_ROLES, Role, Staff
from opsa.core.actors import Actor, ActorKind

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def public[**P](view: View[P]) -> View[P]:
    """Mark a view as open to everybody: no sign-in, no screen lock."""
    return login_not_required(view)


def _marked[**P](view: View[P], mark: str) -> View[P]:
    """The view with a mark that the middleware reads, and that decorators around it keep."""
    view.__dict__[mark] = True
    return view


def passive[**P](view: View[P]) -> View[P]:
    """Mark a view that pages ask by themselves (polling): it doesn't keep a session awake."""
    return _marked(view, "passive")


def when_locked[**P](view: View[P]) -> View[P]:
    """Mark a view that must answer although the screen is locked: unlock and sign-out."""
    return _marked(view, "when_locked")


def half_signed_in[**P](view: View[P]) -> View[P]:
    """Mark a view that answers before the second factor or the new password is given."""
    return _marked(view, "half_signed_in")


def staff_of(request: HttpRequest) -> Staff:
    """The signed-in person. Raises PermissionDenied for a visitor."""
    user: Staff | AnonymousUser = request.user
    if not user.is_authenticated or not user.is_active:
        raise PermissionDenied
    return user


def actor_of(staff: Staff | AnonymousUser) -> Actor:
    """The actor for the journal: office people act as clerk, city-wide roles as supervisor.

    Raises PermissionDenied for a visitor: nobody anonymous acts in anyone's name.
    """
    if not isinstance(staff, Staff) and not getattr(staff, "is_authenticated", False):
        raise PermissionDenied
    person = cast("Staff", staff)
    kind = ActorKind.CLERK if person.role in OFFICE_ROLES else ActorKind.SUPERVISOR
    return Actor(kind, staff_id=person.pk)


def staff_required[**P](view: View[P]) -> View[P]:
    """Any signed-in, unlocked, active person; says aloud what the middleware does by default."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        staff_of(request)
        return view(request, *args, **kwargs)

    return checked


def require_role[**P](*roles: Role) -> Callable[[View[P]], View[P]]:
    """Let only these roles in; everybody else gets the 403 page."""
    allowed = frozenset(roles)

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if staff_of(request).role not in allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate
