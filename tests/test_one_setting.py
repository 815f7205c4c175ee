"""A new setting is one field: the form, the command line, the endpoint and the report have it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from d2m.core.setting_fields import Kind, setting, setting_fields
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from tests.synthetic import synthetic_dance


@dataclasses.dataclass(frozen=True, kw_only=True)
class MoreSettings(Settings):
    """The settings with one more field."""

    echo_ms: float = setting(
        0.0,
        kind=Kind.NUMBER,
        label="Echo",
        help="Repeats every sound after this time.",
        section="music",
        unit="ms",
        minimum=0.0,
        maximum=80.0,
        step=5.0,
    )


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with contextlib.closing(WorkerPool(folder=tmp_path_factory.mktemp("pool"))) as pool:
        yield pool  # its processes never start


def test_the_form_of_the_page_has_it(pool: WorkerPool) -> None:
    from d2m.web.page import build

    config = build(pool, [], MoreSettings).get_config_file()
    sliders = [
        component["props"]
        for component in config["components"]
        if component["type"] == "slider" and component["props"]["label"] == "Echo (ms)"
    ]
    assert len(sliders) == 1
    assert (sliders[0]["minimum"], sliders[0]["maximum"], sliders[0]["step"]) == (0.0, 80.0, 5.0)
    assert sliders[0]["info"] == "Repeats every sound after this time."


def test_the_endpoint_has_it(pool: WorkerPool) -> None:
    from d2m.web.page import build

    info = build(pool, [], MoreSettings).get_api_info()
    parameters = info["named_endpoints"]["/generate"]["parameters"]
    assert [one["parameter_name"] for one in parameters][-1] == "echo_ms"
    assert parameters[-1]["parameter_default"] == 0


def test_the_command_line_has_it() -> None:
    from d2m.__main__ import build_app

    commands, wide = build_app(MoreSettings), {"COLUMNS": "200"}
    help_text = CliRunner().invoke(commands, ["generate", "--help"], env=wide).output
    assert "--echo " in help_text
    assert "Repeats every sound after this time (ms)." in help_text
    assert "0.0<=x<=80.0" in help_text


def test_the_report_has_it_and_reads_it_back() -> None:
    from d2m.core.levels import HIGH
    from d2m.generation.compact import CompactModel
    from d2m.generation.generate import generate_soundtrack
    from d2m.rendering.report import report

    dance = synthetic_dance()
    settings = MoreSettings(echo_ms=20.0)
    soundtrack = generate_soundtrack(CompactModel.from_pretrained(HIGH), dance, settings)
    facts = report(dance, [soundtrack])["settings"]
    assert facts["echo_ms"] == 20.0
    assert MoreSettings.from_facts(json.loads(json.dumps(facts))) == settings


def test_a_value_out_of_range_is_refused() -> None:
    from d2m.core.errors import SettingsError

    with pytest.raises(SettingsError, match="The echo is 90 ms: choose 0 to 80"):
        MoreSettings(echo_ms=90.0)
    assert len(setting_fields(MoreSettings)) == len(setting_fields(Settings)) + 1
