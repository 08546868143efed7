"""Every kind of command in every kind of image: what it says holds, what it lacks is named."""

from __future__ import annotations

import pytest

from hodei.wire.gen import jobs_pb2
from tests.e2e.docker.yard import Yard, job
from tests.support.docker_images import (
    ALPINE,
    MUSL,
    NODE,
    ODD,
    PYTHON,
    STATIC,
    node_image,
    python_image,
)
from tests.support.observer import CANCELLED, FAILED, SUCCEEDED, Observer


@pytest.fixture(scope="module", autouse=True)
def images(yard: Yard) -> None:
    """The larger ones."""
    for image in (python_image(), node_image()):
        yard.engine.load(image)


async def outcome(observer: Observer, spec: jobs_pb2.JobSpec) -> tuple[jobs_pb2.Job, list[str]]:
    """The finished job and its output."""
    job_id = await observer.submit(spec)
    done = await observer.finished(job_id)
    return done, (await observer.log(job_id)).text


@pytest.mark.parametrize("image", [STATIC, MUSL])
async def test_exec_in_an_image_without_a_shell(observer: Observer, image: str) -> None:
    argv = ("/show", "0", "two words", "$HOME")
    done, said = await outcome(observer, job("exec", argv=argv, image=image, env={"SHOWN": "é"}))
    assert done.state == SUCCEEDED, done
    assert said == [
        "argv[0]=/show",
        "argv[1]=0",
        "argv[2]=two words",
        "argv[3]=$HOME",
        "cwd=/",
        "uid=0",
        "SHOWN=é",
    ]
    failed, _ = await outcome(observer, job("exec", argv=("/show", "7"), image=image))
    assert (failed.state, failed.outcome.cause, failed.outcome.exit_code) == (FAILED, "exit", 7)


async def test_a_script_without_its_interpreter_says_what_is_missing(observer: Observer) -> None:
    for kind, image, words in (
        ("shell", STATIC, "a shell script needs /bin/sh, which is not there"),
        ("python", ALPINE, "needs Python, and neither python3 nor python was found in PATH="),
        ("node", ALPINE, "needs Node.js, and neither node nor nodejs was found in PATH="),
    ):
        done, said = await outcome(observer, job(kind, "1", image=image))
        assert (done.state, done.outcome.cause) == (FAILED, "spec"), done
        assert words in done.outcome.message
        assert done.outcome.suggestion
        assert said == []


async def test_a_program_that_is_not_there_is_127(observer: Observer) -> None:
    done, _ = await outcome(observer, job("exec", argv=("/no/such",), image=STATIC))
    assert (done.state, done.outcome.exit_code) == (FAILED, 127)
    assert "not found" in done.outcome.message
    done, _ = await outcome(observer, job("exec", argv=("/etc/passwd",)))
    assert (done.state, done.outcome.exit_code) == (FAILED, 126)


async def test_python_and_node(observer: Observer) -> None:
    script = "import sys, json, ssl, pathlib\nprint(json.dumps(sys.version_info[:2]))\nsys.exit(3)"
    done, said = await outcome(observer, job("python", script, image=PYTHON))
    assert (done.state, done.outcome.exit_code) == (FAILED, 3), done
    assert said == ["[3, 11]"]
    script = 'const os = require("os"); console.log(os.platform()); process.exitCode = 4'
    done, said = await outcome(observer, job("node", script, image=NODE, memory_mb=256))
    assert (done.state, done.outcome.exit_code) == (FAILED, 4), done
    assert said == ["linux"]


async def test_what_an_image_says_holds(observer: Observer) -> None:
    """User, directory and variables for a script; the entry point before an argv as well."""
    script = 'id -un; pwd; cat here; echo "$FROM_IMAGE, $OVERRIDDEN, $LD_PRELOAD, $HOSTNAME"'
    spec = job("shell", script, image=ODD, env={"OVERRIDDEN": "by the job", "HOSTNAME": "me"})
    done, said = await outcome(observer, spec)
    assert done.state == SUCCEEDED, done
    assert said == ["worker", "/srv/app", "in the working directory", "yes, by the job, /x.so, me"]

    done, said = await outcome(observer, job("exec", argv=("its", "a b"), image=ODD))
    assert done.state == SUCCEEDED, done
    assert said == ["entry: --fixed its a b", "own program: a b"]


async def test_nothing_of_the_agent_s_reaches_a_job(observer: Observer) -> None:
    done, said = await outcome(observer, job("shell", "env", image=ODD))
    assert done.state == SUCCEEDED
    names = {line.partition("=")[0] for line in said}
    assert not [name for name in names if name.startswith("HODEI_AGENT")]
    assert {name for name in names if name.startswith("HODEI_")} == {
        "HODEI_JOB_ID",
        "HODEI_JOB_NAME",
        "HODEI_ATTEMPT",
        "HODEI_ATTEMPT_ID",
    }


async def test_a_working_directory_of_the_job_s_own(observer: Observer) -> None:
    spec = job("shell", "pwd", image=ODD)
    spec.working_dir = "/bin"
    done, said = await outcome(observer, spec)
    assert (done.state, said) == (SUCCEEDED, ["/bin"])
    spec.working_dir = "/no/such"
    done, _ = await outcome(observer, spec)
    assert (done.state, done.outcome.cause) == (FAILED, "spec")
    assert "/no/such does not exist" in done.outcome.message


async def test_the_stop_signal_of_the_image(observer: Observer) -> None:
    """The image asks for USR1; another image's job gets TERM."""
    script = (
        "trap 'echo USR1; exit 0' USR1; trap 'echo TERM; exit 0' TERM; echo ready; "
        "while :; do sleep 0.05; done"
    )
    for image, signal in ((ODD, "USR1"), (ALPINE, "TERM")):
        job_id = await observer.submit(job("shell", script, image=image, grace_ms=20_000))
        await observer.lines(job_id, 1)
        await observer.cancel(job_id)
        done = await observer.finished(job_id)
        assert done.state == CANCELLED
        said = (await observer.log(job_id)).text
        # The shell also says what became of its sleep.
        assert said[0] == "ready"
        assert signal in said


@pytest.mark.parametrize("network", ["none", "default"])
async def test_networks(observer: Observer, network: str) -> None:
    done, said = await outcome(observer, job("shell", "ls /sys/class/net", network=network))
    assert done.state == SUCCEEDED, done
    assert ("eth0" in said) == (network == "default")


async def test_the_agent_s_own_files_cannot_be_changed(observer: Observer) -> None:
    script = """
for file in /.hodei/bin/hodei-agent /.hodei-worker/otp /.hodei-run/agent.sock; do
    (echo x >$file) 2>/dev/null && echo changed $file
    rm -f $file 2>/dev/null; [ -e $file ] || echo removed $file
done
kill -9 1; echo alive
"""
    done, said = await outcome(observer, job("shell", script))
    assert done.state == SUCCEEDED, done
    assert said == ["alive"]
