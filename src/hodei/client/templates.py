"""Calls about templates."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from hodei.client import values
from hodei.client.paging import pages
from hodei.client.transport import Params, Transport
from hodei.client.values import Job, Raw


class TemplateCalls:
    """Part of AsyncClient. A template is named by its id, or by its name in a project."""

    _transport: Transport

    async def list_templates(
        self, *, project: str | None = None, q: str | None = None, tag: str | None = None
    ) -> list[Raw]:
        """All that may be seen, by name, with how their jobs went; without their specs."""
        params: Params = {"project": project, "q": q, "tag": tag}
        return [one async for one in pages(self._transport, "/templates", params)]

    async def get_template(
        self, key: str, *, project: str | None = None, version: int | None = None
    ) -> Raw:
        """The template, or one of its versions. Raises NotFound."""
        return await self._one("GET", _path(key), {"project": project, "version": version})

    async def create_template(self, config: Mapping[str, Any]) -> Raw:
        """Stores one: {name, project, description, tags, parameters, spec}; never sent twice.

        Raises InvalidRequest; Conflict when the name is taken.
        """
        return await self._one("POST", "/templates", body=config, repeatable=False)

    async def update_template(
        self, key: str, config: Mapping[str, Any], *, project: str | None = None
    ) -> Raw:
        """Makes the next version. With `version` in `config` it raises Conflict when somebody
        else made another one since."""
        return await self._one("PUT", _path(key), {"project": project}, body=config)

    async def put_template(self, config: Mapping[str, Any], *, project: str = "default") -> Raw:
        """Stores a template, or the next version of the one of its name; `outcome` says which:
        created, updated, or unchanged."""
        return await self._one("POST", "/templates:import", {"project": project}, body=config)

    async def delete_template(self, key: str, *, project: str | None = None) -> None:
        """Removes it with all its versions; its jobs stay. Raises NotFound."""
        params = {"project": project}
        await self._transport.call("DELETE", _path(key), params=params, repeatable=False)

    async def template_versions(self, key: str, *, project: str | None = None) -> list[Raw]:
        """The newest first."""
        path = f"{_path(key)}/versions"
        return [one async for one in pages(self._transport, path, {"project": project})]

    async def template_stats(
        self, key: str, *, project: str | None = None, **params: str | int | None
    ) -> Raw:
        """How its jobs went; `params` as in the REST interface (from, to, buckets, version)."""
        return await self._one("GET", f"{_path(key)}/stats", {"project": project, **params})

    async def run_template(
        self,
        key: str,
        parameters: Mapping[str, object] | None = None,
        *,
        project: str | None = None,
        version: int | None = None,
        name: str | None = None,
        priority: str | None = None,
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Submits a job of it. A secret's value is its text, or {"secret": NAME}.

        A key is made when none is given, as `submit` does. Raises InvalidRequest that names the
        parameters, NotFound, IdempotencyMismatch.
        """
        body = {
            "parameters": dict(parameters or {}),
            "version": version,
            "name": name,
            "priority": priority.upper() if priority else None,
            "labels": dict(labels) if labels is not None else None,
        }
        raw = await self._one(
            "POST",
            f"{_path(key)}:run",
            {"project": project},
            body=body,
            headers={"Idempotency-Key": idempotency_key or uuid.uuid4().hex},
        )
        return values.job_from(raw)

    async def render_template(
        self,
        key: str,
        parameters: Mapping[str, object] | None = None,
        *,
        project: str | None = None,
        version: int | None = None,
    ) -> Raw:
        """The spec that a run would submit; secret values are None."""
        body = {"parameters": dict(parameters or {}), "version": version}
        raw = await self._one("POST", f"{_path(key)}:render", {"project": project}, body=body)
        spec: Raw = raw["spec"]
        return spec

    async def export_template(
        self, key: str, *, project: str | None = None, version: int | None = None
    ) -> str:
        """The template as YAML, which `put_template` of its data takes back."""
        params: Params = {"project": project, "version": version}
        async with self._transport.stream(f"{_path(key)}/export", params=params) as answer:
            return (await answer.aread()).decode()

    async def job_as_template(self, job: Job | str, name: str, description: str = "") -> Raw:
        """Stores a job as a new template of its project; never sent twice."""
        job_id = job.id if isinstance(job, Job) else job
        body = {"name": name, "description": description}
        path = f"/jobs/{quote(job_id, safe='')}:save-as-template"
        return await self._one("POST", path, body=body, repeatable=False)

    async def _one(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Raw:
        raw: Raw = await self._transport.call(
            method, path, params=params, body=body, headers=headers, repeatable=repeatable
        )
        return raw


def _path(key: str) -> str:
    return f"/templates/{quote(key, safe='')}"
