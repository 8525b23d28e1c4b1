"""The demo on one machine: real engines, practice data, no TLS. Never for production."""

import os

from .base import *
from .base import secret

DEMO = True
SECRET_KEY = secret("SECRET_KEY", "demo-only-not-a-secret")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *os.environ.get("ALLOWED_HOSTS", "").split()]
LOGGING = {"json": False}
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
# The practice world's own, see opsa/simulator/README.md.
MESSAGE_SECRETS = dict.fromkeys(("sms", "sms2", "zalo", "tapsu"), "practice")
MESSAGE_KEYS = dict.fromkeys(("sms2", "zalo"), "practice")
