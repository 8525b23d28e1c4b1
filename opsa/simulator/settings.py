"""Django for the simulator alone, configured in-process: no database, no apps, no sessions."""

import logging
from pathlib import Path

import django
from django.conf import settings
from django.utils.csp import CSP

HERE = Path(__file__).resolve().parent


def configure(secret_key: str, host: str = "127.0.0.1") -> None:
    """Once per process, before any view is imported. `host`: the name others ask it by."""
    settings.configure(
        DEBUG=False,
        SECRET_KEY=secret_key,
        ALLOWED_HOSTS=["127.0.0.1", "localhost", host],
        ROOT_URLCONF="opsa.simulator.urls_control",
        INSTALLED_APPS=[],
        DATABASES={},
        APPEND_SLASH=False,
        MIDDLEWARE=[
            "django.middleware.common.CommonMiddleware",
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.csp.ContentSecurityPolicyMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "opsa.simulator.faults.LanguageMiddleware",
            "opsa.simulator.faults.FaultMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "opsa.simulator.pages.chrome",
                    ]
                },
            }
        ],
        LANGUAGE_CODE="vi",
        LANGUAGES=[("vi", "Tiếng Việt"), ("en", "English")],
        LANGUAGE_COOKIE_NAME="simulator_language",
        LOCALE_PATHS=[HERE.parents[1] / "locale"],
        USE_I18N=True,
        USE_TZ=True,
        TIME_ZONE="Asia/Ho_Chi_Minh",
        # Cookies are shared by all ports of one address: the names must not be those of OPSA.
        CSRF_COOKIE_NAME="simulator_form",
        CSRF_COOKIE_SAMESITE="Strict",
        CSRF_COOKIE_HTTPONLY=True,
        X_FRAME_OPTIONS="DENY",
        SECURE_CONTENT_TYPE_NOSNIFF=True,
        SECURE_CSP={
            "default-src": [CSP.NONE],
            "style-src": [CSP.SELF],
            "img-src": [CSP.SELF],
            "form-action": [CSP.SELF],
            "base-uri": [CSP.NONE],
            "frame-ancestors": [CSP.NONE],
        },
        DATA_UPLOAD_MAX_MEMORY_SIZE=8 * 1024 * 1024,
        DATA_UPLOAD_MAX_NUMBER_FIELDS=1000,
        LOGGING_CONFIG=None,
    )
    django.setup()
    # Refusals and faults are this program's daily work; only what broke is worth a line.
    logging.getLogger("django.request").addFilter(_broke)


def _broke(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR and bool(record.exc_info)
