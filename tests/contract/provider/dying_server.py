"""Makes workers until it is killed; arguments: data directory, installation, agent command."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hodei.adapters.process.provider import FACTORY
from hodei.domain.spec import Resources
from hodei.ports.provider import Enrolment, ProviderContext, ProvisionRequest, WorkerSpec
from hodei.testing.provider_harness import PROVIDER


async def main() -> None:
    context = ProviderContext(
        installation_id=sys.argv[2],
        provider_id=PROVIDER,
        name="process",
        data_dir=sys.argv[1],
        agent_command=tuple(sys.argv[3:]),
    )
    async with FACTORY.create({}, context) as provider:
        while True:
            worker_id = uuid4()
            request = ProvisionRequest(
                worker_id=worker_id,
                spec=WorkerSpec(image=None, resources=Resources(cpu=0.1)),
                enrolment=Enrolment(servers=("unix:/nowhere",), worker_id=worker_id, otp="once"),
                deadline=datetime.now(UTC) + timedelta(minutes=1),
            )
            async for step in provider.provision(request):
                print(worker_id, step.phase, flush=True)


asyncio.run(main())
