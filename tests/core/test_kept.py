"""What is kept in memory is asked once, is never older than it may be, and does not pile up."""

import threading
from functools import partial

from opsa.core.kept import Kept, forget_all


class Asked:
    """Answers with a new number each time."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


def test_an_answer_is_asked_once_for_each_key() -> None:
    kept, ask = Kept[str, int](60), Asked()
    assert [kept.get("a", ask), kept.get("a", ask), kept.get("b", ask)] == [1, 1, 2]


def test_an_answer_past_its_time_is_asked_anew_and_takes_no_more_room() -> None:
    kept, ask = Kept[int, int](0), Asked()
    assert [kept.get(key, ask) for key in (1, 1, 2, 3)] == [1, 2, 3, 4]
    assert len(kept._held) == 1


def test_an_answer_that_nothing_was_found_for_is_not_kept() -> None:
    kept = Kept[str, list[str]](60, keep=bool)
    assert kept.get("a", list) == []
    assert kept.get("a", lambda: ["now"]) == ["now"]
    assert kept.get("a", list) == ["now"]


def test_an_answer_that_could_not_be_had_is_asked_again() -> None:
    kept = Kept[str, float](60)
    try:
        kept.get("a", lambda: 1 / 0)
    except ZeroDivisionError:
        assert kept.get("a", lambda: 1.0) == 1.0


def test_forgetting_asks_anew_here_or_everywhere() -> None:
    one, other, ask = Kept[str, int](60), Kept[str, int](60), Asked()
    one.get("a", ask), other.get("a", ask)
    one.forget()
    assert [one.get("a", ask), other.get("a", ask)] == [3, 2]
    forget_all()
    assert [one.get("a", ask), other.get("a", ask)] == [4, 5]


def test_answers_of_many_threads_do_not_get_lost() -> None:
    kept = Kept[int, int](60)
    together = threading.Barrier(8)

    def ask(start: int) -> None:
        together.wait()
        for key in range(start, start + 50):
            kept.get(key, partial(int, key))

    threads = [threading.Thread(target=ask, args=(50 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept._held) == list(range(400))
