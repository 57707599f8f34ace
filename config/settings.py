"""One settings file. A clean checkout runs on SQLite; DATABASE_URL and friends turn it into production.

Environment: DATABASE_URL, CELERY_BROKER_URL, TANDEM_DATA_DIR, TANDEM_SECRET_KEY, TANDEM_DEBUG,
TANDEM_HOSTS, TANDEM_HTTPS, TANDEM_CACHE_URL, TANDEM_MAIL_URL, TANDEM_OIDC_URL and more.
`docs/deployment.md` says what each is for.
"""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from .environment import env, env_bool, env_list, secret_key
from .schedule import BEAT_SCHEDULE

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env("TANDEM_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env_bool("TANDEM_DEBUG", False)
SECRET_KEY = secret_key(DATA_DIR)
ALLOWED_HOSTS = env_list("TANDEM_HOSTS", "localhost,127.0.0.1,[::1]")
HTTPS = env_bool("TANDEM_HTTPS", False)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "annotation",
    "llm_judges",
    "routing",
    "frontend",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- database ---------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        env("DATABASE_URL", f"sqlite:///{DATA_DIR / 'tandem.sqlite3'}"),
        conn_max_age=600,
        conn_health_checks=True,
    )
}
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if SQLITE:
    # WAL lets pages be read while a label is written; IMMEDIATE takes the write lock at the start of a
    # transaction, which is what makes lending safe where SKIP LOCKED does not exist.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["ENGINE"] = "config.postgresql"
    # A connection plans a statement that comes again and again only once, which halves PostgreSQL's work. A
    # pooler that knows no prepared statements needs `?server_side_binding=false` in DATABASE_URL.
    DATABASES["default"]["OPTIONS"] = {
        "server_side_binding": True,
        "prepare_threshold": 2,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- accounts ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "annotation.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",  # usernames, and accounts of a single sign-on
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "projects"
LOGOUT_REDIRECT_URL = "sign-in"

ACCOUNT_ADAPTER = "frontend.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "frontend.accounts.forms.SignInForm",
    "signup": "frontend.accounts.forms.SignUpForm",
    "add_email": "frontend.accounts.forms.AddressForm",
    "change_password": "frontend.accounts.forms.ChangePasswordForm",
    "set_password": "frontend.accounts.forms.SetPasswordForm",
    "reset_password": "frontend.accounts.forms.ForgottenForm",
    "reset_password_from_key": "frontend.accounts.forms.NewPasswordForm",
    "reauthenticate": "frontend.accounts.forms.PasswordAgainForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Tandem: "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody makes this server write to strangers
# A classroom signs in at once from one address; guessing is held back by `login_failed`.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "10/m/ip,5/5m/key", "crowd": "120/m/ip"}
MFA_ADAPTER = "frontend.accounts.adapters.MfaAdapter"
MFA_FORMS = {
    "authenticate": "frontend.accounts.forms.SecondFactorForm",
    "reauthenticate": "frontend.accounts.forms.CodeAgainForm",
    "activate_totp": "frontend.accounts.forms.SetUpAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tandem"

# --- mail: without TANDEM_MAIL_URL none is sent, and addresses are not verified ----------------------
MAIL_URL = urlsplit(env("TANDEM_MAIL_URL"))  # smtp://user:password@host:587?tls=1, or smtps://host:465
SENDS_MAIL = bool(MAIL_URL.hostname)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SENDS_MAIL else 'dummy'}.EmailBackend"
EMAIL_HOST = MAIL_URL.hostname or ""
EMAIL_USE_SSL = MAIL_URL.scheme == "smtps"
EMAIL_USE_TLS = not EMAIL_USE_SSL and parse_qs(MAIL_URL.query).get("tls") == ["1"]
EMAIL_PORT = MAIL_URL.port or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(MAIL_URL.username or ""), unquote(MAIL_URL.password or "")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("TANDEM_MAIL_FROM", "Tandem <tandem@localhost>")
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SENDS_MAIL else "none"
MFA_ALLOW_UNVERIFIED_EMAIL = not SENDS_MAIL

# --- single sign-on by OpenID Connect, where TANDEM_OIDC_URL names a provider ------------------------
OIDC_URL = env("TANDEM_OIDC_URL")
SOCIALACCOUNT_ADAPTER = "frontend.accounts.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_FORMS = {"signup": "frontend.accounts.forms.SingleSignOnForm"}
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
# Whoever the provider knows may have an account here; without, only those who hold an invitation.
OIDC_SIGN_UP = env_bool("TANDEM_OIDC_SIGN_UP", False)
if OIDC_URL:
    INSTALLED_APPS.append("allauth.socialaccount.providers.openid_connect")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "sso",
                "name": env("TANDEM_OIDC_NAME", "Single sign-on"),
                "client_id": env("TANDEM_OIDC_CLIENT"),
                "secret": env("TANDEM_OIDC_SECRET"),
                "settings": {"server_url": OIDC_URL},
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
        # The provider vouches for the address: it signs in the account here that has the same one.
        "EMAIL_AUTHENTICATION": env_bool("TANDEM_OIDC_TRUST_EMAIL", False),
    }

# --- crowds: where guests may be sent back to, beside the host itself
RETURN_HOSTS = env_list("TANDEM_RETURN_HOSTS", "app.prolific.com")

# --- cache and sessions: Redis where there is one, files on a laptop; a session never costs an SQL statement
CACHE_URL = env("TANDEM_CACHE_URL")
if CACHE_URL:
    CACHES = {"default": {"BACKEND": "config.cache.Cache", "LOCATION": CACHE_URL}}
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
elif SQLITE:
    SESSION_ENGINE = "django.contrib.sessions.backends.file"
    SESSION_FILE_PATH = str(DATA_DIR / "sessions")
    Path(SESSION_FILE_PATH).mkdir(mode=0o700, exist_ok=True)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600

# --- security ---------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env_bool("TANDEM_BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
CSRF_TRUSTED_ORIGINS = env_list("TANDEM_ORIGINS")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # A browser holds the redirect that follows a form to this as well.
        "form-action": [SELF, "{0.scheme}://{0.netloc}".format(urlsplit(OIDC_URL))] if OIDC_URL else [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
# The import and label endpoints take JSON bodies; 10 MB is well above any honest request.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# --- texts and files --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Without catalogues of ours, a browser's language would reach only Django's own words and mix the two.
LANGUAGES = [("en", "English")]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = env("TANDEM_STATIC_ROOT", str(BASE_DIR / "staticfiles"))
# Hashed names need `collectstatic`; a checkout that has not run it serves the plain files.
HASHED_STATIC = "collectstatic" in sys.argv or Path(STATIC_ROOT, "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HASHED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not HASHED_STATIC
RELEASES_DIR = DATA_DIR / "releases"

# --- background work --------------------------------------------------------------------------
CELERY_BROKER_URL = env("CELERY_BROKER_URL", "filesystem://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
if CELERY_BROKER_URL.startswith("filesystem"):
    BROKER_DIR = DATA_DIR / "broker"
    for folder in ("queue", "control"):
        (BROKER_DIR / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
else:
    # A killed worker's message comes back after the visibility timeout; kombu looks every 10 s, not 100.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800, "unacked_restore_throttle": 1}
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")

# --- API --------------------------------------------------------------------------------------
API_RATES = {
    "api": env("TANDEM_API_RATE", "600/min"),
    "heavy": env("TANDEM_API_HEAVY_RATE", "60/min"),
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotation.api.signing_in.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "annotation.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem",
    "DESCRIPTION": "Preference datasets from people and AI judges. docs/api.md has an example for each task.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1/(projects/\{slug\}/)?",
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are; most have two or three
}
# Webhooks reach addresses inside the network only where the operator says so.
WEBHOOKS_PRIVATE = env_bool("TANDEM_WEBHOOKS_PRIVATE", False)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("TANDEM_LOG_LEVEL", "WARNING")},
}
