"""Tests: the same engines as production, fast hashing, no waiting."""

from .base import *

DEMO = True
SECRET_KEY = "test-only-not-a-secret"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
OUTBOX_LEASE_SECONDS = 3
OUTBOX_SETTLE_SECONDS = 1
OUTBOX_BREAKER_PROBE_SECONDS = 1
OUTSIDE_TIMEOUT_SECONDS = 3
OUTSIDE_DEADLINE_SECONDS = 3
MESSAGE_SETTLE_SECONDS = 1
MESSAGE_REST_SECONDS = 0
MESSAGE_QUIET_HOURS = None  # tests run at any hour
WHITENOISE_AUTOREFRESH = True  # no collected files in tests
# The practice world's own, see opsa/simulator/README.md.
MESSAGE_SECRETS = dict.fromkeys(("sms", "sms2", "zalo", "tapsu"), "practice")
MESSAGE_KEYS = dict.fromkeys(("sms2", "zalo"), "practice")
