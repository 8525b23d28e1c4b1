"""What every test can rely on: real engines, no network, nothing undefined, nothing hidden.

Fixtures:
  query_budget(n)      context manager; at most n queries, all printed when there are more
  clock                clock.at("2026-11-23 09:12") freezes Hanoi's time, clock.forward(hours=3)
  simulator            the outside world in a process of its own, over real HTTP (session)
  workers              real Celery workers on the test database and broker
  page                 a real Chromium at 1366x768; shoot(page, "name"); assert_axe(page)
  seen(staff, url)     this page as this person sees it there
  counter              an office, its clerk and one procedure; birth_counter: one with every part
  staff, clerk         the counter's clerk, and a client that is signed in as them
  filing               a filing that the portal has taken
  joint, bring         a filing made together with the citizen, and a paper brought for it
  desk                 an office with the acts of delivery
"""

pytest_plugins = [
    "tests.support.guards",
    "tests.support.helpers",
    "tests.support.processes",
    "tests.support.cases",
    "tests.support.worklists",
    "tests.support.browser",
    "tests.support.birth",
    "tests.support.filings",
    "tests.support.joint",
    "tests.support.delivery",
]
