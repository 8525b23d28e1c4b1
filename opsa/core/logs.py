"""Structured logs without personal data (F21).

Everything that is logged, ours or a library's, tracebacks included, passes the scrubber: numbers
of 9 or 12 digits, phones and e-mail addresses become stars, and so does any value whose name says
that it is personal. Logging needs no discipline to be safe.
"""

import logging
import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

MASK: Final = "***"
_GAP: Final = r"[ .\-\u00a0]?"
_NUMBER: Final = re.compile(
    rf"(?<![0-9A-Za-z])\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}(?:{_GAP}\d{{3}})?(?![0-9A-Za-z])"
)
_PHONE: Final = re.compile(
    rf"(?<![0-9A-Za-z])(?:\+?84|\(\+?84\)|0){_GAP}\d(?:{_GAP}\d){{7,9}}(?!\d)"
)
_RUN: Final = re.compile(r"(?<![0-9A-Za-z])(?:\d{12}|\d{9}|0\d{9,10})(?!\d)")
_MAIL: Final = re.compile(r"[^\s@<>\"',;:()]+@[^\s@<>\"',;:()]+\.[^\s@<>\"',;:()]+")
_PERSONAL: Final = re.compile(
    r"phone|mobile|cccd|cmnd|id_?number|identity|address|birth|full_?name|e?mail|token|password|secret"
    r"|otp|cookie|authorization|csrf",
    re.IGNORECASE,
)
_LONG: Final = re.compile(r"\d{9,}")
_DEEPEST: Final = 6
# Added by ourselves, never personal, and of a form the number patterns could hit.
_OWN: Final = frozenset({"timestamp", "request_id", "level", "logger", "lineno", "pid"})


def mask(text: str) -> str:
    """The text with every 9- or 12-digit number, phone and e-mail address starred out."""
    for pattern in (_MAIL, _NUMBER, _PHONE, _RUN):
        text = pattern.sub(MASK, text)
    return text


def mask_reason(text: str) -> str:
    """Free words of a person for the journal: as `mask`, and any other run of nine digits or more.
    Nothing that somebody typed beside the fields may stay for ever in a line that nobody can
    change."""
    return _LONG.sub(MASK, mask(text))


def _scrub(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, int):
        return MASK if mask(str(value)) != str(value) else value
    if depth >= _DEEPEST:
        return MASK
    if isinstance(value, Mapping):
        return {
            mask(str(key)): MASK if _PERSONAL.search(str(key)) else _scrub(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_scrub(item, depth + 1) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    return mask(str(value))


def scrub(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """structlog processor: the event without personal data. Runs after tracebacks became text."""
    for key in list(event):
        if key in _OWN or key.startswith("_"):
            continue
        personal = key != "event" and _PERSONAL.search(key)
        event[key] = MASK if personal else _scrub(event[key])
    return event


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def logging_config(json: bool) -> dict[str, Any]:
    """The standard library's logging set-up: one handler, everything scrubbed."""
    end: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        scrub,
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "scrubbed": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": end,
            }
        },
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "scrubbed"}},
        "root": {"handlers": ["out"], "level": "INFO"},
        "loggers": {
            # Their handlers would print past the scrubber; the root's one prints them too.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            "httpx": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
            "fontTools": {"level": "ERROR"},
        },
    }


def configure_logging(json: bool = True) -> None:
    """Set up structlog and the standard library's logging: JSON lines, or readable ones."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(logging_config(json))


def configure(options: MutableMapping[str, Any]) -> None:
    """Django's `LOGGING_CONFIG`: called with `LOGGING`, of which only `json` is read."""
    configure_logging(json=bool(options.get("json", True)))
