"""Texts in scripts: interpreters that are really run give back exactly what was put in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hodei.domain.spec import CommandType, JobSpec
from hodei.domain.templates.scripts import faults, rendered
from tests.unit.templates.samples import TEXT
from tests.unit.templates.samples import rendered as job_of

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("'\"`$\\(){}[];|&<>#!%*?~=- \t\n\r{{ x }}ñ\u2028😀"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1e"),
    ),
    max_size=40,
)
SHELLS = [name for name in ("sh", "bash") if shutil.which(name)]
SEEN = "\x1e"
SHELL_PLACES = f"""\
show() {{ printf '%s{SEEN}' "$@"; }}
# {{{{ x }}}} in a comment
show {{{{ x }}}} "{{{{x}}}}" a{{{{ x }}}}b
Z=`printf '%s_' {{{{ x }}}} | cat`; show "$(printf '%s_' {{{{ x }}}})" "$Z"
Y={{{{ x }}}}; show "$Y"
case y in (y) show "$(case z in z) printf '%s_' {{{{ x }}}};; esac)";; esac
cat <<END
{{{{ x }}}}{SEEN}
END
show "${{#Y}}" $((3 + {{{{ n }}}})) '{{{{ n }}}}' "${{Y:-{{{{ n }}}}}}"
"""


def _run(argv: Sequence[str], job: JobSpec) -> str:
    """What the job's script writes; its variables are the job's."""
    env = {name: value for name, value in job.env.items() if isinstance(value, str)}
    done = subprocess.run(
        argv,
        input=job.command.script.encode(),
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **env},
        capture_output=True,
        check=True,
        timeout=20,
    )
    return done.stdout.decode()


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=25, deadline=None)
@given(text=TEXTS, number=st.integers(-1000, 1000))
@example(text="'; touch /tmp/hodei-was-here; '", number=-1)
@example(text="x\nEND\ntouch /tmp/hodei-was-here", number=0)
@example(text="\\\n$(exit 3)`exit 4`", number=7)
def test_a_shell_gives_back_the_text(shell: str, text: str, number: int) -> None:
    parameters = [TEXT, {"name": "n", "type": "integer"}]
    job = job_of({"command": SHELL_PLACES}, parameters, x=text, n=number)
    first, second, joined, inner, ticked, assigned, cased, here, *numbers = _run(
        [shell], job
    ).split(SEEN)
    assert [first, second, joined, assigned] == [text, text, f"a{text}b", text]
    assert [inner, ticked, cased] == [f"{text}_"] * 3
    assert here == text
    assert numbers[1:3] == [str(3 + number), str(number)]


@settings(max_examples=25, deadline=None)
@given(text=TEXTS, number=st.floats(allow_nan=False, allow_infinity=False), flag=st.booleans())
@example(text="\"); import os; os._exit(3)  # '", number=-0.5, flag=True)
def test_python_gives_back_the_values(text: str, number: float, flag: bool) -> None:
    script = """\
# {{ x }}
import json, sys
s = '#'  # a quote in a comment: '
sys.stdout.write(json.dumps([{{ x }}, 1-{{ n }}, {{ b }}, {{ o }}, f"{ {{ n }} }"]))
"""
    parameters = [
        TEXT,
        {"name": "n", "type": "number"},
        {"name": "b", "type": "boolean"},
        {"name": "o", "type": "string", "required": False},
    ]
    if abs(number) > 2**53:
        number = 1.5
    job = job_of(
        {"command": {"type": "python", "script": script}}, parameters, x=text, n=number, b=flag
    )
    found = json.loads(_run([sys.executable, "-"], job))
    assert found[:4] == [text, 1 - number, flag, None]
    assert float(found[4]) == number


@settings(max_examples=25, deadline=None)
@given(text=TEXTS, number=st.integers(-1000, 1000))
@example(text="`${process.exit(3)}`*/", number=-3)
def test_node_gives_back_the_values(text: str, number: int) -> None:
    script = """\
/* {{ x }} */ // {{ x }}
const r = /["'`]/; const h = 8 / 2 / 1;
process.stdout.write(JSON.stringify([{{ x }}, 1-{{ n }}, `${ {{ x }} }|${"}"}`, {{ o }}]));
"""
    parameters = [
        TEXT,
        {"name": "n", "type": "integer"},
        {"name": "o", "type": "boolean", "required": False},
    ]
    job = job_of({"command": {"type": "node", "script": script}}, parameters, x=text, n=number)
    node = shutil.which("node")
    assert node is not None, "Node comes with scripts/setup"
    assert json.loads(_run([node, "-"], job)) == [text, 1 - number, f"{text}|}}", None]


ANYWHERE = [
    "{{ x }}",
    "'{{ x }}'",
    '"{{ x }}"',
    "`{{ x }}`",
    "$(({{ x }}))",
    "${y:-{{ x }}}",
    "\\{{ x }}",
    "<<'E'\n{{ x }}\nE\n",
    "<<E\n{{ x }}\nE\n",
    "# {{ x }}\n",
    "// {{ x }}\n",
    "/* {{ x }} */",
    "/{{ x }}/",
    "`${'{{ x }}'}`",
]


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(
        st.sampled_from([*ANYWHERE, " ", "\n", "'", '"', "`", "(", ")", "{", "}", "$", "#", "/"]),
        max_size=8,
    ).map("".join),
    text=TEXTS,
)
def test_wherever_it_stands_a_text_never_becomes_code(script: str, text: str) -> None:
    """Even where the places of a script are misjudged."""

    def is_text(name: str) -> bool:
        return True

    marked = f"{text}'\"`$(;\\\n"
    shell = rendered(CommandType.SHELL, script, {"x": marked}, is_text)
    bare = rendered(CommandType.SHELL, script, {"x": "another"}, is_text)
    assert shell == bare, "the text is not in the script at all"
    for kind in (CommandType.PYTHON, CommandType.NODE):
        filled = rendered(kind, script, {"x": marked}, is_text)
        plain = rendered(kind, script, {"x": ""}, is_text)
        for sign in "'`$(;\n":
            assert filled.count(sign) == plain.count(sign)


@pytest.mark.parametrize(
    ("kind", "script", "said"),
    [
        ("shell", "echo '{{ x }}'", "stands inside quotes"),
        ("shell", "echo $'{{ x }}'", "stands inside quotes"),
        ("shell", "echo $(( {{ x }} ))", "would calculate"),
        ("shell", "(( {{ x }} ))", "would calculate"),
        ("shell", "echo ${y:-{{ x }}}", "stands inside quotes"),
        ("shell", "cat <<'E'\n{{ x }}\nE\n", "stands inside quotes"),
        ("shell", "cat <<-\\E\n\t{{ x }}\n\tE\n", "stands inside quotes"),
        ("shell", "cat <<{{ x }}\n", "cannot be told"),
        ("shell", "echo \\{{ x }}", "cannot be told"),
        ("python", "print('{{ x }}')", "stands inside quotes"),
        ("python", "print('''\n{{ x }}''')", "stands inside quotes"),
        ("node", "console.log(`{{ x }}`)", "stands inside quotes"),
        ("node", "console.log(/{{ x }}/)", "stands inside quotes"),
    ],
)
def test_places_that_would_not_give_it_back_are_told(kind: str, script: str, said: str) -> None:
    [fault] = faults(CommandType(kind), script, lambda name: True)
    assert said in fault and "the placeholder 'x'" in fault
    assert faults(CommandType(kind), script, lambda name: False) == []
