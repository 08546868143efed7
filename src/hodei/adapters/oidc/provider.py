"""Implements `IdentityProvider` for OpenID Connect: authorization code with PKCE.

The provider's addresses and keys come from its discovery document, kept for a while and read
again when an id token names a key that is not among them. Whatever the provider answers is
checked: signature, issuer, audience, times, nonce.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from hodei.domain.access.handshake import Handshake
from hodei.domain.errors import Unauthenticated, Unavailable
from hodei.ports.identity_provider import Identified

SCOPE = "openid profile email"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""By keys of which the provider alone has the private half."""
KEPT_S = 3600.0
LEEWAY_S = 60
"""How far the provider's clock may be from ours."""
TIMEOUT_S = 10.0
LARGEST = 1 << 20
"""Bytes of an answer."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """How this server is known to the provider."""

    issuer: str
    """URL of the provider, exactly as its tokens name it."""
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty: a public client."""
    name: str = "single sign-on"
    """For people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the provider says of itself."""

    endpoints: Mapping[str, str]
    keys: KeySet
    at: float


class OidcProvider:
    """One provider; any number of tasks may ask."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._known: _Known | None = None

    @property
    def name(self) -> str:
        return self._settings.name

    async def login_url(self, handshake: Handshake, *, redirect_uri: str) -> str:
        known = await self._discovered()
        url: str = prepare_grant_uri(
            known.endpoints["authorization_endpoint"],
            self._settings.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=handshake.state,
            nonce=handshake.nonce,
            code_challenge=create_s256_code_challenge(handshake.verifier),
            code_challenge_method="S256",
        )
        return url

    async def identify(self, code: str, handshake: Handshake, *, redirect_uri: str) -> Identified:
        known = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._settings.client_id,
            "code_verifier": handshake.verifier,
        }
        answer = await self._ask("POST", known.endpoints["token_endpoint"], form)
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            _refuse("it gave no id token")
        claims = await self._checked(id_token, handshake.nonce, known)
        return Identified(
            issuer=str(claims["iss"]), subject=str(claims["sub"]), claims=dict(claims)
        )

    async def _checked(self, id_token: str, nonce: str, known: _Known) -> Mapping[str, object]:
        try:
            try:
                token = jwt.decode(id_token, known.keys, algorithms=ALGORITHMS)
            except (InvalidKeyIdError, ValueError):
                # The provider may have new keys since we looked.
                fresh = await self._discovered(anew=True)
                token = jwt.decode(id_token, fresh.keys, algorithms=ALGORITHMS)
            expected = {
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            }
            parameters = {"nonce": nonce, "client_id": self._settings.client_id}
            claims = CodeIDToken(token.claims, token.header, expected, parameters)
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            _refuse(f"its id token does not fit ({type(error).__name__})", error)
        if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
            _refuse("its id token names nobody")
        return dict(claims)

    async def _discovered(self, *, anew: bool = False) -> _Known:
        known = self._known
        if known is not None and not anew and time.monotonic() - known.at < KEPT_S:
            return known
        issuer = self._settings.issuer
        found = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise Unavailable(f"{self.name}: it calls itself by another issuer than {issuer}")
        endpoints = {name: found.get(name) for name in _ENDPOINTS}
        urls = {name: url for name, url in endpoints.items() if isinstance(url, str)}
        if len(urls) < len(_ENDPOINTS):
            raise Unavailable(f"{self.name}: its discovery document lacks what is needed")
        jwks: Any = await self._ask("GET", urls["jwks_uri"])
        try:
            keys = KeySet.import_key_set(jwks)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"{self.name}: its keys cannot be read") from error
        self._known = _Known(endpoints=urls, keys=keys, at=time.monotonic())
        return self._known

    async def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None = None
    ) -> Mapping[str, object]:
        """The JSON object of an answer. Raises Unavailable, and Unauthenticated for 4xx of a
        form that was sent."""
        auth = None
        if form is not None and self._settings.client_secret:
            auth = httpx.BasicAuth(self._settings.client_id, self._settings.client_secret)
        try:
            async with (
                httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client,
                client.stream(method, url, data=form, auth=auth) as response,
            ):
                content = await _bounded(response)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.name} does not answer: {type(error).__name__}") from error
        if form is not None and 400 <= response.status_code < 500:
            _refuse("it does not take the code")
        if response.status_code != 200:
            raise Unavailable(f"{self.name} answers {response.status_code}")
        try:
            data = json.loads(content)
        except ValueError as error:
            raise Unavailable(f"{self.name} answers something that is not JSON") from error
        if not isinstance(data, dict):
            raise Unavailable(f"{self.name} answers something unexpected")
        return data


async def _bounded(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LARGEST:
            raise httpx.DecodingError("too large")
        parts.append(part)
    return b"".join(parts)


def _refuse(why: str, cause: Exception | None = None) -> NoReturn:
    raise Unauthenticated(f"the identity provider's answer is not accepted: {why}") from cause
