"""Production: TLS in front, secrets from files, nothing from the demo."""

import os

from .base import *
from .base import MIDDLEWARE as _MIDDLEWARE
from .base import OUTSIDE_TIMEOUT_SECONDS, secret

DEMO = False
SECRET_KEY = secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = [s for s in secret("SECRET_KEY_FALLBACKS", "").split() if s]
# The web server gives the address of whoever connects, which is always the proxy.
MIDDLEWARE = ["opsa.core.middleware.BehindProxyMiddleware", *_MIDDLEWARE]
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-opsa_session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-opsa_csrf"
MAILERS = {
    "default": {
        "BACKEND": "opsa.core.mailing.EmailBackend",
        "OPTIONS": {
            "host": os.environ.get("SMTP_HOST", "localhost"),
            "use_tls": True,
            # Else a mail server that falls silent holds a worker until its task is killed.
            "timeout": OUTSIDE_TIMEOUT_SECONDS,
        },
    }
}
