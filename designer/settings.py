"""Django settings, read from the environment: DATABASE_URL, BROKER_URL, REDIS_URL, MILLRACE_*.

Nothing here touches the disk or the network: `millrace eval` and the other commands that need no database
import this too.
"""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from django.utils.functional import SimpleLazyObject

from designer.databases import database_from_url
from designer.master_key import load_or_create

PROJECT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MILLRACE_DATA") or Path.cwd() / "var")
VERSION = "0.1.0"

# -- Secrets ---------------------------------------------------------------------------------------
# Made on first use, not on import; MILLRACE_SECRET_KEY wins so that several machines can share one.
SECRET_KEY = cast(
    str, SimpleLazyObject(lambda: os.environ.get("MILLRACE_SECRET_KEY") or load_or_create(DATA))
)

# -- Addresses -------------------------------------------------------------------------------------
DEBUG = os.environ.get("MILLRACE_DEBUG") == "1"
LISTEN_HOST = os.environ.get("MILLRACE_HOST", "127.0.0.1")
LISTEN_PORT = int(os.environ.get("MILLRACE_PORT", "8000"))
PUBLIC_URL = os.environ.get("MILLRACE_PUBLIC_URL", "").rstrip("/")
_public = urlsplit(PUBLIC_URL)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# A proxy on this machine may pass the world on to a server that listens on loopback; it has a public address
# then.
LOOPBACK_ONLY = LISTEN_HOST in _LOOPBACK and (_public.hostname or LISTEN_HOST) in _LOOPBACK
# A name check, so that a page elsewhere cannot reach a loopback server through a name of its own (DNS
# rebinding).
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", LISTEN_HOST]
ALLOWED_HOSTS += [_public.hostname] if _public.hostname else []
ALLOWED_HOSTS += [name for name in os.environ.get("MILLRACE_ALLOWED_HOSTS", "").split(",") if name]
if LISTEN_HOST in {"0.0.0.0", "::"} and not PUBLIC_URL:  # noqa: S104  # compared, not bound
    ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if PUBLIC_URL else []

# -- Application -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "designer",
    "designer.tenants",
    "designer.workflows",
    "connectors",
    "runtime",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "designer.middleware.StaticFiles",
    "designer.middleware.RequestId",
    "designer.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "designer.urls"
ASGI_APPLICATION = "designer.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "designer" / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Database --------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": database_from_url(os.environ.get("DATABASE_URL"), DATA / "millrace.sqlite3")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not ":memory:": tests use the real journal mode and may open it from several threads.
    DATABASES["default"]["TEST"] = {
        "NAME": str(Path(tempfile.gettempdir()) / f"millrace-test-{os.getpid()}.sqlite3")
    }

# On PostgreSQL: the role that pages and API act as, behind row-level security (`millrace roles`).
WEB_ROLE = os.environ.get("MILLRACE_WEB_ROLE", "")

# -- Accounts --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SETUP_LINK_LIFETIME = timedelta(hours=24)
SIGN_IN_FAILURES_ALLOWED = 5
SIGN_IN_WINDOW = timedelta(minutes=15)

# -- Cookies and headers ---------------------------------------------------------------------------
SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_NAME = "millrace_session"
SESSION_COOKIE_AGE = int(float(os.environ.get("MILLRACE_SESSION_HOURS", "336")) * 3600)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
CSRF_COOKIE_NAME = "millrace_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SECURE
CSRF_FAILURE_VIEW = "designer.api.errors.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Styles may be inline because Mantine and CodeMirror set styles at run time; scripts never are.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

# -- Limits ----------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
DEFINITION_SIZE_LIMIT = 8 * 1024 * 1024
EDITS_SIZE_LIMIT = 2 * 1024 * 1024
IMPORT_SIZE_LIMIT = 16 * 1024 * 1024
# Who reads /metrics from another machine has to send this.
METRICS_TOKEN = os.environ.get("MILLRACE_METRICS_TOKEN", "")
CALLBACK_BODY_LIMIT = int(os.environ.get("MILLRACE_CALLBACK_BODY_LIMIT", str(100 * 1024 * 1024)))
# Bytes of files that one tenant may keep; 0 for no limit.
FILES_QUOTA = int(os.environ.get("MILLRACE_FILES_QUOTA", str(1024**3))) or None
# Where big values lie: database, files (a folder of the data folder), file:///folder, or s3://bucket/prefix.
PAYLOADS = os.environ.get("MILLRACE_PAYLOADS", "database")
# Finished runs go after so many days, and of each workflow the newest so many stay; 0 for no limit. Tenants
# and workflows may say otherwise.
RETENTION_DAYS = int(os.environ.get("MILLRACE_RETENTION_DAYS", "90"))
RETENTION_RUNS = int(os.environ.get("MILLRACE_RETENTION_RUNS", "0"))
# Reference 5.5: a caller waits this long for a Response before it gets 504; the run goes on.
RESPONSE_LIMIT = timedelta(seconds=float(os.environ.get("MILLRACE_RESPONSE_LIMIT", "120")))

# -- Static files ----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = PROJECT / "static"
WHITENOISE_ROOT = None
WHITENOISE_USE_FINDERS = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_AUTOREFRESH = DEBUG
# Vite writes a content hash into every name under assets/, so those may be kept for ever.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[\w-]{8,}\.[\w.]+$"

# -- Queue and live transport ----------------------------------------------------------------------
BROKER_URL = os.environ.get("BROKER_URL", "memory://")
REDIS_URL = os.environ.get("REDIS_URL", "")
EMBEDDED = BROKER_URL.startswith("memory://")
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# -- HTTP interface --------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["designer.api.authentication.TokenOrSession"],
    "DEFAULT_PERMISSION_CLASSES": ["designer.api.authentication.SignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["designer.api.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["designer.api.parsing.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "designer.api.schema.Schema",
    "EXCEPTION_HANDLER": "designer.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Millrace",
    "DESCRIPTION": "Workflows, drafts, versions, runs and connections of a Millrace installation.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_SUFFIX": "",
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "designer.api.shapes.RUN_STATUSES",
        "ActionStatus": "designer.api.shapes.ACTION_STATUSES",
        "WorkflowState": "designer.api.shapes.WORKFLOW_STATES",
        "Role": "designer.tenants.policies.ROLES",
        "Severity": "designer.api.shapes.SEVERITIES",
        "OperationKind": "designer.api.shapes.OPERATION_KINDS",
        "SpliceOp": "designer.api.shapes.SPLICE_OPS",
        "ArrivalState": "designer.workflows.inbox.STATES",
        "RunnableVersion": "designer.api.shapes.RUNNABLE_VERSIONS",
        "ConnectionState": "designer.api.shapes.CONNECTION_STATES",
    },
}

# -- Log -------------------------------------------------------------------------------------------
LOG_LEVEL = os.environ.get("MILLRACE_LOG_LEVEL", "INFO").upper()
LOG_FORM = "json" if os.environ.get("MILLRACE_LOG") == "json" else "line"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
        "json": {"()": "designer.logs.JsonLine"},
    },
    "filters": {"signature": {"()": "designer.middleware.HideSignature"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORM, "filters": ["signature"]},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "designer": {"level": LOG_LEVEL},
        "runtime": {"level": LOG_LEVEL},
        "connectors": {"level": LOG_LEVEL},
        "django.request": {"level": "ERROR"},
        "uvicorn.error": {"level": "WARNING"},
    },
}
