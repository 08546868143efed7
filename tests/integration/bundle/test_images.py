"""The bundle runs in images that have nothing of its own, and in those that would harm it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

import hodei.agent
from hodei.app.bundle import MOUNT_POINT, BundleInfo
from hodei.app.bundle.imports import EXTRA, agent_modules, imported_names
from hodei.wire.gen import worker_pb2 as pb
from hodei.wire.gen import worker_pb2_grpc as pb_grpc
from tests.contract.agent_wire.conftest import Authority
from tests.contract.peer.scripted_server import ScriptedServer
from tests.integration.bundle.images import HOSTILE, Container, variables

Make = Callable[[str], Container]
IMAGES = ("scratch", "busybox", "musl", "glibc")
HARMLESS = {"PATH": "/bin", "FROM_IMAGE": "yes = no", "EMPTY": ""}
DIED_OF_TRAP = 66


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("env", [HARMLESS, HOSTILE, {}], ids=["harmless", "hostile", "none"])
async def test_a_job_runs_and_gets_the_images_environment(
    image: str, env: dict[str, str], container: Make
) -> None:
    box = container(image)
    await box.start(env)
    record = await box.run(["/static"])
    assert record.exit.cause == pb.EXIT_CAUSE_EXIT and record.exit.exit_code == 0
    assert record.is_whole()
    seen = variables(record)
    assert env.items() <= seen.items()
    own = {name for name in seen.keys() - env.keys() if not name.startswith("HODEI_")}
    assert own == {"PATH", "PYTHONUNBUFFERED"} - env.keys()
    assert [name for name in seen if name.startswith("HODEI_AGENT_")] == []


@pytest.mark.parametrize("image", ["musl", "glibc"])
async def test_the_images_own_programs_run_with_the_images_own_libraries(
    image: str, container: Make
) -> None:
    box = container(image)
    await box.start(HARMLESS)
    record = await box.run(["/show"])
    assert record.exit.exit_code == 0
    assert variables(record)["FROM_IMAGE"] == "yes = no"


@pytest.mark.parametrize("image", ["musl", "glibc"])
async def test_what_the_image_preloads_is_the_jobs_affair(image: str, container: Make) -> None:
    box = container(image)
    await box.start({"LD_PRELOAD": "/hostile/trap.so"})
    assert (await box.run(["/show"])).exit.exit_code == DIED_OF_TRAP


@pytest.mark.parametrize("name", ["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH"])
async def test_the_hostile_environment_is_hostile(name: str, container: Make) -> None:
    box = container("glibc")
    await box.execute(["/show"], {name: HOSTILE[name]})
    code, _ = await box.ended()
    assert code


async def test_a_shell_that_is_missing_is_named(container: Make) -> None:
    box = container("scratch")
    await box.start(HARMLESS)
    record = await box.run(script="echo hello")
    assert record.exit.cause == pb.EXIT_CAUSE_SPEC
    assert "/bin/sh" in record.exit.message


async def test_a_shell_script_runs_in_busybox(container: Make) -> None:
    box = container("busybox")
    await box.start(HOSTILE)
    record = await box.run(script="echo hello from $0; cat /proc/self/status | head -0; id -u")
    assert record.text().startswith(b"hello from /proc/self/fd/63\n")


async def test_it_leaves_when_its_work_is_done(container: Make) -> None:
    box = container("scratch")
    await box.start(HOSTILE)
    await box.run(["/static"])
    code, words = await box.ended()
    assert code == 0, words


async def test_wrong_settings_end_it_with_a_sentence(container: Make) -> None:
    box = container("scratch")
    await box.start(HOSTILE, SERVER="nonsense")
    code, words = await box.ended()
    assert code == 2
    assert "nonsense" in words


def python(bundle: BundleInfo, program: str) -> list[str]:
    """How to run a program with the bundle's interpreter and without its launcher."""
    loader = next(bundle.path.glob("lib/ld-linux*")).name
    inside = f"{MOUNT_POINT}/lib"
    command = [f"{inside}/{loader}", "--library-path", inside, f"{MOUNT_POINT}/bin/python"]
    return [*command, "-I", "-S", "-c", program]


async def test_every_module_that_it_may_import_is_there(
    bundle: BundleInfo, container: Make
) -> None:
    agent = Path(hodei.agent.__path__[0])
    foreign = [name for name, needed in imported_names(agent).items() if needed]
    names = ", ".join([*agent_modules(agent), *foreign, *EXTRA])
    box = container("scratch")
    program = f"import {names}, sys; print(sys.prefix, *sys.path)"
    await box.execute(python(bundle, program), {"OPENSSL_CONF": "/dev/null"})
    code, words = await box.ended()
    assert code == 0, words
    assert all(place.startswith(MOUNT_POINT) for place in words.split())


async def test_the_images_openssl_settings_are_hostile(bundle: BundleInfo, container: Make) -> None:
    box = container("scratch")
    await box.execute(python(bundle, "import _hashlib; _hashlib.new('sha256')"), {})
    code, _ = await box.ended()
    assert code == DIED_OF_TRAP


class TlsServer(ScriptedServer):
    """The scripted server with a certificate."""

    def __init__(self, authority: Authority) -> None:
        super().__init__("127.0.0.1:0")
        self.authority = authority
        self.port = 0

    async def start(self) -> None:
        """Listens on any port."""
        self._server = grpc.aio.server()
        pb_grpc.add_WorkerAgentServiceServicer_to_server(self, self._server)
        credentials = grpc.ssl_server_credentials([self.authority.certificate])
        self.port = self._server.add_secure_port(self.address, credentials)
        await self._server.start()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("image", ["scratch", "musl"])
async def test_tls_heeds_no_settings_of_the_image(
    host: str, image: str, container: Make, tmp_path: Path
) -> None:
    server = TlsServer(Authority(tmp_path))
    await server.start()
    box = container(image)
    box.server = server
    try:
        ca = server.authority.ca.decode()
        await box.start(HOSTILE, SERVER=f"tls://{host}:{server.port}", CA=ca)
        record = await box.run(["/static"])
        assert record.exit.exit_code == 0
        assert variables(record)["OPENSSL_CONF"] == HOSTILE["OPENSSL_CONF"]
    finally:
        await box.close()
        await server.stop()
