"""What proves to an API server who is asking, renewed before and whenever it is not accepted."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import tempfile
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hodei.adapters.kubernetes.kubeconfig import Access, Program
from hodei.domain.errors import ProviderUnavailable, shorten
from hodei.domain.parsing.answers import inner, text

TOKEN_AGE = timedelta(seconds=60)
"""Tokens in files are replaced by the cluster long before they end."""
BEFORE_END = timedelta(seconds=60)
PROGRAM_S = 30.0


class Credentials:
    """The header of every call, and the certificates of every connection."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._token = access.token
        self._good_until: datetime | None = None
        self._cert: tuple[str, str] = (access.cert, access.key)
        self._renewing = asyncio.Lock()

    async def headers(self) -> dict[str, str]:
        """Raises ProviderUnavailable when no credential can be had."""
        if self._access.basic is not None:
            pair = ":".join(self._access.basic).encode()
            return {"authorization": f"Basic {b64encode(pair).decode()}"}
        if self._renewable and self._is_old():
            async with self._renewing:
                if self._is_old():
                    await self._renew()
        return {"authorization": f"Bearer {self._token}"} if self._token else {}

    def refused(self) -> bool:
        """Notes that the server accepts them no more; whether other ones can be had."""
        self._good_until = None
        return self._renewable

    async def tls(self) -> ssl.SSLContext:
        """For new connections. Raises ProviderUnavailable for certificates that are none."""
        if self._access.program is not None:
            await self.headers()
        return await asyncio.to_thread(_context, self._access, *self._cert)

    @property
    def _renewable(self) -> bool:
        return bool(self._access.token_file or self._access.program)

    def _is_old(self) -> bool:
        return self._good_until is None or datetime.now(UTC) >= self._good_until

    async def _renew(self) -> None:
        now = datetime.now(UTC)
        if self._access.program is not None:
            await self._ask(self._access.program, now)
            return
        path = Path(self._access.token_file)
        try:
            self._token = (await asyncio.to_thread(path.read_text)).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ProviderUnavailable(f"the token {path} cannot be read: {error}") from error
        self._good_until = now + TOKEN_AGE

    async def _ask(self, program: Program, now: datetime) -> None:
        request = {"apiVersion": program.version, "kind": "ExecCredential", "spec": {}}
        env = {**os.environ, **program.env, "KUBERNETES_EXEC_INFO": json.dumps(request)}
        output = await _output(program, env)
        try:
            answer = json.loads(output)
        except ValueError as error:
            raise ProviderUnavailable(f"{program.command} printed no credential") from error
        status = inner(answer, "status") if isinstance(answer, dict) else {}
        self._token = text(status, "token")
        self._cert = (text(status, "clientCertificateData"), text(status, "clientKeyData"))
        if not self._token and not self._cert[0]:
            raise ProviderUnavailable(f"{program.command} printed no credential")
        self._good_until = now + timedelta(minutes=10)
        with suppress(ValueError):
            end = datetime.fromisoformat(text(status, "expirationTimestamp"))
            self._good_until = end - BEFORE_END


async def _output(program: Program, env: dict[str, str]) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            program.command,
            *program.arguments,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise ProviderUnavailable(f"{program.command} cannot be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(PROGRAM_S):
            output, words = await process.communicate()
    except TimeoutError as error:
        raise ProviderUnavailable(
            f"{program.command} took longer than {PROGRAM_S:.0f} s"
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        said = shorten(words.decode("utf-8", "replace").strip(), 200)
        raise ProviderUnavailable(f"{program.command} failed ({process.returncode}): {said}")
    return output


def _context(access: Access, cert: str, key: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=access.ca or None)
    except (ssl.SSLError, ValueError) as error:
        raise ProviderUnavailable("the cluster's certificate-authority is no PEM") from error
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cert:
        # The interpreter takes certificates from files only.
        with tempfile.NamedTemporaryFile("w", prefix="hodei-", suffix=".pem") as file:
            file.write(f"{cert}\n{key}")
            file.flush()
            try:
                context.load_cert_chain(file.name)
            except (ssl.SSLError, OSError) as error:
                raise ProviderUnavailable(
                    "the client-certificate and client-key of the kubeconfig cannot be used"
                ) from error
    return context
