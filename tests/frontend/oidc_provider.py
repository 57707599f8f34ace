"""A small OpenID Connect provider over real HTTP: discovery, authorisation code with PKCE, tokens, userinfo.

It refuses what a real one refuses: another client or secret, another address to come back to, a wrong
verifier, a code used twice.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "tandem", "between the two of us"


@dataclass
class Provider:
    """`person` are the claims of whoever is signed in there; `codes` what was asked for by code."""

    back: str
    person: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    codes: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    tokens: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def discovery(self) -> dict[str, Any]:
        names = ("authorization", "token", "userinfo")
        return {
            "issuer": self.url,
            **{f"{name}_endpoint": f"{self.url}/{name}" for name in names},
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": "k1", "use": "sig", "alg": "RS256"}]}

    def authorise(self, asked: Mapping[str, str]) -> str | None:
        """Where the browser goes next; None for what is refused."""
        known = (asked["client_id"], asked["redirect_uri"], asked["response_type"])
        if known != (CLIENT, self.back, "code") or asked["code_challenge_method"] != "S256":
            return None
        code = secrets.token_hex(8)
        self.codes[code] = asked["code_challenge"], self.person
        return f"{self.back}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: Mapping[str, str]) -> dict[str, Any] | None:
        challenge, person = self.codes.pop(asked["code"], ("", {}))
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        given = (asked["client_id"], asked["client_secret"], asked["redirect_uri"])
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return None
        if given != (CLIENT, SECRET, self.back):
            return None
        now, access = int(time.time()), secrets.token_hex(8)
        self.tokens[access] = person
        claims = {**person, "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300}
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "k1"})
        return {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def provider(back: str) -> Iterator[Provider]:
    """A provider that sends people back to this address, on a port of its own."""
    made = Provider(back)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            match parts.path:
                case "/.well-known/openid-configuration":
                    self.say(made.discovery())
                case "/jwks":
                    self.say(made.jwks())
                case "/userinfo":
                    bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
                    self.say(made.tokens.get(bearer))
                case "/authorization":
                    self.say(None, made.authorise(_first(parts.query)))
                case _:
                    self.say(None)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.say(made.token(_first(body)))

        def say(self, content: Mapping[str, Any] | None, location: str | None = None) -> None:
            body = json.dumps(content or {"error": "invalid_request"}).encode()
            self.send_response(302 if location else 400 if content is None else 200)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
