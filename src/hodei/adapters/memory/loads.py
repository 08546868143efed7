"""What providers and workers carry at the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.ports.loads import ProviderLoad, WorkerLoad


class Loads(Part):
    """LoadStore."""

    async def provider_loads(self) -> Mapping[UUID, ProviderLoad]:
        """See LoadStore."""
        await self._begin()
        loads: dict[UUID, ProviderLoad] = {}
        for entry in self._tables.workers.values():
            if not entry.live:
                continue
            worker = entry.worker
            load = loads.get(worker.provider_id, ProviderLoad())
            loads[worker.provider_id] = replace(
                load,
                workers=load.workers + 1,
                cpu=load.cpu + worker.cpu,
                memory_mb=load.memory_mb + worker.memory_mb,
            )
        for attempt_id in self._tables.open_attempts:
            attempt = self._tables.attempts[attempt_id].attempt
            if attempt.ended_at is not None:
                continue
            load = loads.get(attempt.provider_id, ProviderLoad())
            began = attempt.started_at is not None
            loads[attempt.provider_id] = replace(
                load,
                assigned=load.assigned + (not began),
                running=load.running + began,
            )
        return loads

    async def worker_loads(self, worker_ids: Sequence[UUID]) -> Mapping[UUID, WorkerLoad]:
        """See LoadStore."""
        await self._begin()
        return {
            worker_id: self._load(worker_id)
            for worker_id in worker_ids
            if worker_id in self._tables.workers
        }

    def _load(self, worker_id: UUID) -> WorkerLoad:
        entry = self._tables.workers[worker_id]
        load = WorkerLoad(lease_until=entry.leased_until)
        held = entry.worker.attempt_id
        if held is None or held not in self._tables.attempts:
            return load
        job_id = self._tables.attempts[held].attempt.job_id
        job = self._tables.jobs.get(job_id)
        load = replace(load, job_id=job_id)
        if job is not None:
            load = replace(load, job_name=job.job.spec.name, project=job.job.spec.project)
        samples = self._tables.samples.get(held, {})
        last = [samples[at] for at in sorted(samples)[-2:]]
        if not last:
            return load
        seconds = (last[-1].at - last[0].at).total_seconds()
        used = last[-1].cpu_ms - last[0].cpu_ms
        return replace(
            load,
            sampled_at=last[-1].at,
            memory_bytes=last[-1].memory_bytes,
            cpus=used / 1000 / seconds if seconds else None,
        )
