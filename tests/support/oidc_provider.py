"""A small OpenID Connect provider, run as a program: `python oidc_provider.py`.

It does what a real one does (discovery, keys, authorization code with PKCE, id tokens signed
with RS256) for one client, lets everybody in as the person that PUT /person names, and can be
told by PUT /faults to answer wrongly in one way. Its first line on stdout is its address.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "hodei", "the client's secret"
LIFE_S = 300


class Provider:
    """What is known: keys, codes, the person who is let in, and which fault is wanted."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = _new_key("first")
        self.foreign_key = _new_key("first")
        self.codes: dict[str, dict[str, str]] = {}
        self.person: dict[str, Any] = {"sub": "1", "preferred_username": "ana"}
        self.fault = ""

    def discovery(self) -> dict[str, Any]:
        """What the provider says of itself."""
        issuer = "http://other.example" if self.fault == "discovery" else self.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, Any]:
        """The public halves."""
        return {"keys": [self.key.as_dict(private=False, use="sig", alg="RS256")]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes back to, with a code or why there is none."""
        if self.fault == "denied":
            answer = {"error": "access_denied", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            answer = {"code": code, "state": query["state"], "session_state": "x"}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer to a code; each is good once, for whoever began with it."""
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {expected}":
            return 401, {"error": "invalid_client"}
        begun = self.codes.pop(form.get("code", ""), None)
        fits = (
            begun is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == begun["redirect_uri"]
            and begun.get("code_challenge_method") == "S256"
            and create_s256_code_challenge(form.get("code_verifier", "")) == begun["code_challenge"]
        )
        if begun is None or not fits:
            return 400, {"error": "invalid_grant"}
        token = self._id_token(begun["nonce"])
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            **self.person,
            "iss": "http://other.example" if self.fault == "issuer" else self.issuer,
            "aud": "another client" if self.fault == "audience" else CLIENT_ID,
            "iat": now,
            "exp": now - LIFE_S if self.fault == "expired" else now + LIFE_S,
            "nonce": "another" if self.fault == "nonce" else nonce,
        }
        if self.fault == "unsigned":
            return _joined({"alg": "none"}, claims) + "."
        if self.fault == "symmetric":
            # Signed with what everybody may know: the public key's text.
            text = _joined({"alg": "HS256", "kid": "first"}, claims)
            public = self.key.as_pem(private=False)
            return f"{text}.{_encoded(hmac.digest(public, text.encode(), 'sha256'))}"
        key = self.foreign_key if self.fault == "signature" else self.key
        return jwt.encode({"alg": "RS256", "kid": str(key.kid)}, claims, key)


def _joined(head: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


class Handler(BaseHTTPRequestHandler):
    """One request."""

    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self._json(200, self.provider.discovery())
        elif parts.path == "/keys":
            self._json(200, self.provider.keys())
        elif parts.path == "/authorize" and query.get("client_id") == CLIENT_ID:
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(query))
            self.end_headers()
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self._body().decode()).items()}
        status, answer = self.provider.token(form, self.headers.get("Authorization", ""))
        self._json(status, answer)

    def do_PUT(self) -> None:
        data = json.loads(self._body())
        if self.path == "/person":
            self.provider.person = data
        elif self.path == "/faults":
            self.provider.fault = data["fault"]
        elif self.path == "/key":
            self.provider.key = _new_key(data["kid"])
        self._json(200, {})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _json(self, status: int, data: dict[str, Any]) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def main() -> None:
    """Serves until it is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.provider = Provider()
    Handler.provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    sys.stdout.write(Handler.provider.issuer + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
