"""The product's addresses plus a floor: a raw cursor and f-strings behind the same middleware.

`/raw/<name>/` runs the SQL that `QUERIES` holds under this name, puts every row into a table and
sends it as one page. Nothing of the product's own views, forms or templates takes part.
"""

from html import escape
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from opsa.urls import urlpatterns as _product

QUERIES: dict[str, list[tuple[str, tuple[Any, ...]]]] = {}


def raw(request: HttpRequest, name: str) -> HttpResponse:
    """The rows of the named page, as plainly as Django can send them."""
    tables: list[str] = []
    with connection.cursor() as cursor:
        for sql, parameters in QUERIES[name]:
            cursor.execute(sql, parameters)
            rows = "".join(
                f'<tr><td><a href="/quay/ho-so/{row[0]}/xem/">{row[0]}</a></td>'
                f"{''.join(f'<td>{escape(str(value))}</td>' for value in row[1:])}</tr>"
                for row in cursor.fetchall()
            )
            tables.append(f"<table><tbody>{rows}</tbody></table>")
    return HttpResponse(
        '<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>raw</title></head>'
        f"<body><main>{''.join(tables)}</main></body></html>"
    )


@login_not_required
def raw_public(request: HttpRequest, name: str) -> HttpResponse:
    """The same for anybody, as the citizens' pages are."""
    return raw(request, name)


urlpatterns = [
    path("raw/<slug:name>/", raw),
    path("raw-public/<slug:name>/", raw_public),
    *_product,
]
