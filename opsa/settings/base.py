"""Settings shared by every environment. Addresses and secrets come from the environment."""

import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
import django_stubs_ext
from celery.schedules import crontab
from django.utils.csp import CSP

django_stubs_ext.monkeypatch()  # so that ModelAdmin[Case] and the like can be written at run time

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("OPSA_VAR_DIR", BASE_DIR / "var"))


def secret(name: str, default: str | None = None) -> str:
    """The content of the file named by `<name>_FILE`; secrets never stand in the environment."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text().strip()
    if default is None:
        raise RuntimeError(f"{name}_FILE is not set")
    return default


DEBUG = False
ALLOWED_HOSTS: list[str] = os.environ.get("ALLOWED_HOSTS", "").split()
ROOT_URLCONF = "opsa.urls"
WSGI_APPLICATION = "opsa.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "opsa.core",
    "agencies",
    "procedures",
    "cases",
    "delivery",
    "opsa.admin.OpsaAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "storages",
]

MIDDLEWARE = [
    "opsa.health.HealthMiddleware",
    "opsa.core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "opsa.core.middleware.PageCompressionMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "agencies.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "opsa.core.middleware.OfficeScopeMiddleware",
    "agencies.middleware.SignInMiddleware",
    "opsa.core.middleware.HtmxSignInMiddleware",
    "opsa.core.middleware.NoStoreMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "opsa.core.context.chrome",
            ],
        },
    }
]

# --- data -------------------------------------------------------------------------------------

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL", "postgres:///opsa"), conn_max_age=0, conn_health_checks=True
    )
}
DATABASES["default"].setdefault("OPTIONS", {})
# Of a process; opened as they are needed, one for each thread at most.
DATABASES["default"]["OPTIONS"] |= {
    "pool": {"min_size": 1, "max_size": int(os.environ.get("DB_POOL", "32")), "timeout": 10},
}

REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")


def redis_client_url(url: str) -> str:
    """The form redis-py reads: Celery writes a socket as redis+socket://, redis-py as unix://."""
    return url.replace("redis+socket://", "unix://", 1)


REDIS_CLIENT_URL = redis_client_url(REDIS_URL)

STORAGE_CONNECT_SECONDS = 3
STORAGE_READ_SECONDS = 10
STORAGE_ATTEMPTS = 2
_storage = urlsplit(os.environ.get("STORAGE_URL", (VAR_DIR / "files").as_uri()))
if _storage.scheme == "file":
    _default_storage: dict[str, object] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": unquote(_storage.path), "base_url": None},
    }
else:
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    # A line, a read or a write waits no longer, and nothing is tried more than twice: a web process
    # that waits for the storage is missing at the counter.
    _default_storage = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "endpoint_url": os.environ.get("STORAGE_ENDPOINT", f"https://{_storage.hostname}"),
            "bucket_name": _storage.path.strip("/"),
            "access_key": secret("STORAGE_ACCESS_KEY"),
            "secret_key": secret("STORAGE_SECRET_KEY"),
            "querystring_auth": True,
            "file_overwrite": False,
            "client_config": Config(
                connect_timeout=STORAGE_CONNECT_SECONDS,
                read_timeout=STORAGE_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": STORAGE_ATTEMPTS},
            ),
            "transfer_config": TransferConfig(num_download_attempts=STORAGE_ATTEMPTS),
        },
    }
STORAGES = {
    "default": _default_storage,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "static_built"]
FONT_DIR = BASE_DIR / "static_built" / "fonts"

KEYS_FILE = os.environ.get("OPSA_KEYS_FILE", str(VAR_DIR / "keys.json"))

# --- people and sessions ----------------------------------------------------------------------

AUTH_USER_MODEL = "agencies.Staff"
AUTHENTICATION_BACKENDS = ["agencies.backends.StaffBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "agencies:sign_in"
LOGIN_REDIRECT_URL = "quay:home"
SESSION_ENGINE = "agencies.session_store"
SESSION_COOKIE_AGE = 9 * 3600  # one shift; an idle screen locks after 3 minutes (ux rule, F23)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "opsa_session"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "opsa.core.errors.csrf_failure"
OTP_TOTP_ISSUER = "OPSA Hà Nội"
IDLE_LOCK_SECONDS = 180

# --- words ------------------------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["opsa.formats"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
USE_I18N = True

# --- security ---------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- the outside world ------------------------------------------------------------------------

PORTAL_URL = os.environ.get("PORTAL_URL", "http://127.0.0.1:8801")
#: Filing systems with an address of their own: {"code": "https://…"}.
PORTAL_URLS: dict[str, str] = json.loads(os.environ.get("PORTAL_URLS") or "{}")
#: The simulator that practice offices file with and text to; empty: they can do neither (F25).
PRACTICE_PORTAL_URL = os.environ.get("PRACTICE_PORTAL_URL", "")
PRACTICE_SMS_URL = os.environ.get("PRACTICE_SMS_URL", "")
#: Its control port, for the page from which clerks in training lead it.
PRACTICE_CONTROL_URL = os.environ.get("PRACTICE_CONTROL_URL", "")
CARRIER_URL = os.environ.get("CARRIER_URL", "http://127.0.0.1:8802")
SMS_URL = os.environ.get("SMS_URL", "http://127.0.0.1:8803")
SMS2_URL = os.environ.get("SMS2_URL", "http://127.0.0.1:8805")
ZALO_URL = os.environ.get("ZALO_URL", "http://127.0.0.1:8806")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000")
#: No connect, write or read outside waits longer; no call in all, of which two fit into a lease.
OUTSIDE_TIMEOUT_SECONDS = 20
OUTSIDE_DEADLINE_SECONDS = 28
DRAFT_DAYS_KEPT = 30  # an untouched draft is deleted after this (F06)
CLAMAV_URL = os.environ.get("CLAMAV_URL", "")
METRICS_TOKEN = secret("METRICS_TOKEN", "")
#: Who may read `/metrics` without the token, when no proxy passed the request on.
METRICS_FROM = os.environ.get("METRICS_FROM", "127.0.0.0/8 ::1/128").split()
#: The certificate that citizens meet, for the count of its days; empty where a proxy renews it.
TLS_CERTIFICATE = os.environ.get("TLS_CERTIFICATE", "")
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", "opsa@localhost")
PHONE_HELPLINE = os.environ.get("PHONE_HELPLINE", "1900 0000")

# Sending (reliability recipe, F01). Seconds; tests shorten them.
OUTBOX_LEASE_SECONDS = 60
OUTBOX_SETTLE_SECONDS = 30
OUTBOX_HORIZON_HOURS = 72
OUTBOX_BREAKER_FAILURES = 5
OUTBOX_BREAKER_PROBE_SECONDS = 60
OUTBOX_PARALLEL = 4
POLL_TICK_SECONDS = 15

# Portal weather (F19): of at least so many calls in five minutes, more than this share failed, or
# more than one in twenty took longer than this. Judged every few seconds.
WEATHER_LEAST_CALLS = 5
WEATHER_FAILED_PERCENT = 30
WEATHER_SLOW_SECONDS = 10.0

# Messages (F10). A provider is slow when a hand-over took longer, or nothing was reported by then.
MESSAGE_SLOW_SECONDS = 5
MESSAGE_ARRIVES_SECONDS = 300
#: So long may a provider still act on a request that it never answered.
MESSAGE_SETTLE_SECONDS = 120
#: A provider that was left stays so at least this long, and must then answer three times in a row.
MESSAGE_REST_SECONDS = 120
#: No text from the first hour to the second, Hanoi time; one-time codes go at any hour.
MESSAGE_QUIET_HOURS: tuple[int, int] | None = (21, 7)
#: What each provider's delivery reports are signed with; without it they are refused.
MESSAGE_SECRETS = {
    "sms": secret("SMS_SECRET", ""),
    "sms2": secret("SMS2_SECRET", ""),
    "zalo": secret("ZALO_SECRET", ""),
}
#: What we show to the providers that ask for it.
MESSAGE_KEYS = {"sms2": secret("SMS2_KEY", ""), "zalo": secret("ZALO_KEY", "")}

# --- workers ----------------------------------------------------------------------------------

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A person waits for each: `retry=False` alone would still try to connect for six seconds.
    "max_retries": 0,
    "socket_timeout": 3,
    "socket_connect_timeout": 2,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_ROUTES = {
    "cases.papers.*": {"queue": "pdf"},
    "delivery.tasks.label_*": {"queue": "interactive"},
    "cases.filing.*": {"queue": "outside"},
    "cases.tracking.tasks.compute_paces": {"queue": "bulk"},
    "cases.tracking.*": {"queue": "outside"},
    "cases.messages.*": {"queue": "outside"},
    "cases.imports.*": {"queue": "bulk"},
    "cases.reconcile.*": {"queue": "bulk"},
    "delivery.tasks.*": {"queue": "outside"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {"task": "cases.filing.tasks.sweep", "schedule": 5.0},
    "compare-codes": {"task": "cases.filing.tasks.compare_waiting", "schedule": 120.0},
    "read-explained": {"task": "cases.tracking.tasks.read_explained", "schedule": 60.0},
    "compute-paces": {
        "task": "cases.tracking.tasks.compute_paces",
        "schedule": crontab(hour=1, minute=30),
    },
    "judge-weather": {"task": "cases.weather.tasks.judge", "schedule": 10.0},
    "watch": {"task": "cases.watch.tasks.watch", "schedule": 60.0},
    **{
        f"pulse-{queue}": {
            "task": "cases.watch.tasks.pulse",
            "schedule": 60.0,
            "args": (queue,),
            "options": {"queue": queue, "expires": 120},
        }
        for queue in ("interactive", "pdf", "outside", "bulk")
    },
    # Before the digest, and again for a beat that was down at six: a day has one list.
    "reconcile": {
        "task": "cases.reconcile.tasks.morning",
        "schedule": crontab(hour="6,7", minute="*/10"),
    },
    "sweep-imports": {"task": "cases.imports.tasks.sweep", "schedule": 60.0},
    # On the hour, and again for a beat that was down at seven: an office is told once a day.
    "morning-digest": {
        "task": "cases.watch.tasks.morning",
        "schedule": crontab(hour=7, minute="*/10"),
    },
    "poll-portals": {"task": "cases.tracking.tasks.poll_due", "schedule": float(POLL_TICK_SECONDS)},
    "sweep-papers": {"task": "cases.papers.tasks.sweep", "schedule": 30.0},
    "sweep-acknowledgements": {
        "task": "cases.acknowledgements.tasks.sweep",
        "schedule": 60.0,
    },
    "sweep-scans": {"task": "cases.intake.tasks.sweep_scans", "schedule": 60.0},
    "ask-messages": {"task": "cases.messages.tasks.ask_outcomes", "schedule": 60.0},
    # In the hours after the filing systems were asked again.
    "apologise": {
        "task": "cases.messages.tasks.apologise",
        "schedule": crontab(hour="9-17", minute=20),
    },
    "watch-providers": {"task": "cases.messages.tasks.watch_providers", "schedule": 15.0},
    "sweep-labels": {"task": "delivery.tasks.label_sweep", "schedule": 30.0},
    "poll-carrier": {"task": "delivery.tasks.poll_due", "schedule": float(POLL_TICK_SECONDS)},
    "seal-journal": {
        "task": "opsa.core.tasks.seal_journal",
        "schedule": crontab(hour=0, minute=20),
    },
    "forget-form-keys": {
        "task": "opsa.core.tasks.forget_form_keys",
        "schedule": crontab(hour=2, minute=10),
    },
    "expire-promises": {
        "task": "cases.intake.tasks.expire_promises",
        "schedule": crontab(hour=0, minute=30),
    },
    "expire-drafts": {"task": "cases.intake.tasks.expire_drafts", "schedule": crontab(minute=7)},
}

LOGGING_CONFIG = "opsa.core.logs.configure"
LOGGING = {"json": True}
