"""What the server says, read by somebody whose page is in Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hodei.client import Client
from tests.support.browser import Visitor
from tests.web.forms import NOTE_TOASTS, told
from tests.web.words import check_spanish


def check_said(page: Page, *words: str) -> None:
    """The words are there, and nothing of the server's is left as it came."""
    main = page.locator("main")
    for one in words:
        expect(main.get_by_text(one).first).to_be_visible()
    expect(main.locator("[lang=en]:visible")).to_have_count(0)
    check_spanish(page)


ENDS: Mapping[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "exit": (
        {"command": "python3.99 run.py"},
        ("Código de salida 127", "El comando no se encontró"),
    ),
    "timeout": (
        {"command": "sleep 600", "timeout_ms": 1000},
        ("Tiempo límite agotado", "se detuvo"),
    ),
    "spec": (
        {"command": "true", "working_dir": "/there/is/none"},
        ("El provider rechazó el job", "El comando no se pudo arrancar"),
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_why_a_job_ended(visitor: Visitor, client: Client, label: str, how: str) -> None:
    spec, words = ENDS[how]
    job = client.submit(name=label, **spec)
    client.wait(job)
    with visitor.page(f"/jobs/{job.id}", language="es") as page:
        check_said(page, *words)


def test_a_cancelled_job(visitor: Visitor, client: Client, label: str) -> None:
    job = client.submit(name=label, command="sleep 600")
    client.cancel(job, reason="rama equivocada")
    client.wait(job)
    with visitor.page(f"/jobs/{job.id}", language="es") as page:
        check_said(page, "Cancelado", "Motivo indicado: rama equivocada")


def test_why_a_job_waits_and_a_provider_is_ill(
    visitor: Visitor, client: Client, label: str
) -> None:
    here = {"provider": label}
    client.create_provider({"name": label, "type": "process", "settings": {"max_workers": 1}})
    blocking = client.submit(name=label, command="sleep 600", preferences=here)
    waiting = client.submit(name=label, command="true", preferences=here)
    ill = {"host": f"unix:///there/is/no/{label}.sock"}
    client.create_provider({"name": f"{label}-ill", "type": "docker", "settings": ill})
    why = f"El único worker del provider '{label}' está ocupado."
    with visitor.page(f"/jobs/{waiting.id}", language="es") as page:
        check_said(page, why)
        page.goto(f"/jobs/{waiting.id}/logs")
        check_said(page, why)
        page.goto("/queue")
        expect(page.locator("main").get_by_text(why).first).to_be_visible()
        page.goto("/providers")
        card = page.get_by_role("article", name=f"{label}-ill")
        expect(card).to_contain_text("no responde: no existe ese socket; ¿está Docker instalado")
    for job in (waiting, blocking):
        client.cancel(job)


def test_what_is_refused_is_said_in_the_form(visitor: Visitor, label: str) -> None:
    visitor.noise.allow("409 (Conflict)", "400 (Bad Request)")
    with visitor.page("/providers/new?type=process", language="es") as page:
        page.get_by_label("Nombre", exact=True).fill("local")
        page.get_by_role("button", name="Crear provider").click()
        expect(page.get_by_role("alert")).to_contain_text("ya existe un provider llamado 'local'")
        check_said(page)
        page.goto("/jobs/new")
        page.get_by_label("Nombre del job").fill(label)
        page.get_by_role("button", name="Programar job").click()
        expect(page.get_by_role("alert")).to_contain_text("1 cosa por corregir")
        page.locator(".cm-content").fill("true")
        page.get_by_role("button", name="Añadir variable").click()
        page.get_by_label("Nombre, fila 1").fill("TOKEN")
        page.get_by_label("Tipo, fila 1").select_option("stored")
        page.get_by_label("Nombre del secreto, fila 1").fill("none-such")
        page.get_by_role("button", name="Programar job").click()
        expect(page.get_by_role("alert")).to_contain_text("TOKEN: el proyecto 'default' no tiene")
        check_said(page)
        page.get_by_role("button", name="Quitar TOKEN").click()
        page.evaluate(NOTE_TOASTS)
        page.get_by_role("button", name="Programar job").click()
        told(page, f"{label} está programado", "Ver logs")
