"""F01, at its size: two hundred sendings in doubt, and no second dossier."""

from itertools import batched

import pytest

from cases.models import Filing
from opsa.core.outbox import Outbox
from tests.support.cases import Counter
from tests.support.processes import Simulator
from tests.support.sending import drain, file, make_due

pytestmark = pytest.mark.django_db(transaction=True)

FORCED = 200
#: Fewer lost answers in a row than the breaker takes for a portal that is down.
IN_A_ROW = 4


def test_two_hundred_forced_doubts_make_no_second_dossier(
    counter: Counter, simulator: Simulator
) -> None:
    """The portal keeps each filing, cuts each answer, and knows no repeated reference."""
    for some in batched(range(FORCED), IN_A_ROW, strict=True):
        simulator.put("/api/dial", {"portal": {"idempotency": False, "cut": {"next": IN_A_ROW}}})
        filings = [file(counter) for _ in some]
        drain(filings[0])
        assert Outbox.objects.filter(state=Outbox.State.UNKNOWN).count() == IN_A_ROW
        for filing in filings:
            make_due(filing)
        drain(filings[0])
    totals = simulator.get("/api/truth")["totals"]
    assert (totals["dossiers"], totals["posts"], totals["duplicates"]) == (FORCED, FORCED, 0)
    assert Filing.objects.filter(state=Filing.State.ACCEPTED).count() == FORCED
