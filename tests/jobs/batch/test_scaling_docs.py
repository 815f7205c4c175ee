"""The commands, the manifest and the figures of docs/scaling.md."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml
from typer.main import get_command

from d2m.__main__ import app
from tests.conftest import ROOT

DOCS = ROOT / "docs"
TEXT = (DOCS / "scaling.md").read_text(encoding="utf-8")
JOB: dict[str, Any] = yaml.safe_load((DOCS / "kuberay/batch.yaml").read_text(encoding="utf-8"))
CLUSTER = JOB["spec"]["rayClusterSpec"]
VALUES = {"SLURM_CPUS_PER_TASK": "4", "SLURM_ARRAY_TASK_ID": "3", "JOB_COMPLETION_INDEX": "7"}


def shell_commands() -> list[str]:
    """Return the commands in the code blocks that call D2M, without what starts them."""
    blocks = re.findall(r"```bash\n(.*?)```", TEXT, flags=re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line[line.index("-m d2m") :] for line in lines if "-m d2m" in line]


def parsed(command: str) -> dict[str, Any]:
    """Parse a command as the command line does, without running it, and return its options."""
    for name, value in VALUES.items():
        command = command.replace(f"${name}", value)
    words = shlex.split(command, comments=True)
    words = words[words.index("d2m") + 1 :]
    found: Any = get_command(app)
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    return dict(found.make_context(found.name, words).params)


@pytest.mark.parametrize("command", shell_commands())
def test_the_commands_have_the_options_that_exist(command: str) -> None:
    assert parsed(command)


def test_an_unknown_option_is_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed("-m d2m batch clips --uot out")


def test_the_links_lead_somewhere() -> None:
    links = [one for one in re.findall(r"\]\(([^)#]+)", TEXT) if not one.startswith("http")]
    assert len(links) >= 4
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_the_slurm_array_has_as_many_tasks_as_shards() -> None:
    (last,) = re.findall(r"#SBATCH --array=0-(\d+)", TEXT)
    shards = re.findall(r"--shard \$SLURM_ARRAY_TASK_ID/(\d+)", TEXT)
    assert shards == [str(int(last) + 1)]


def test_the_job_of_kuberay_has_the_fields_that_the_operator_knows() -> None:
    assert (JOB["apiVersion"], JOB["kind"]) == ("ray.io/v1", "RayJob")
    assert set(JOB["spec"]) <= {
        *("entrypoint", "backoffLimit", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished"),
        "rayClusterSpec",
    }
    assert set(CLUSTER) == {"rayVersion", "headGroupSpec", "workerGroupSpecs"}
    assert set(CLUSTER["headGroupSpec"]) == {"rayStartParams", "template"}
    for group in CLUSTER["workerGroupSpecs"]:
        assert set(group) == {
            *("groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template")
        }
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for group in (CLUSTER["headGroupSpec"], *CLUSTER["workerGroupSpecs"]):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert container["resources"]["limits"] == container["resources"]["requests"]
        assert container["image"] in TEXT
        assert container["envFrom"][0]["secretRef"]["name"] in TEXT
        mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
        assert mounted == {volume["name"] for volume in pod.get("volumes", ())}


def test_the_job_of_kuberay_runs_one_clip_on_each_core() -> None:
    options = parsed(JOB["spec"]["entrypoint"])
    (group,) = CLUSTER["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    cores = group["replicas"] * int(container["resources"]["limits"]["cpu"])
    assert (options["workers"], options["engine"], options["address"]) == (cores, "ray", "auto")


def test_one_version_of_ray_is_used_everywhere() -> None:
    pinned = re.findall(r"^ray\[data\]==(.*)$", (ROOT / "requirements-dev.txt").read_text(), re.M)
    assert re.findall(r"ray\[data,default\]==([\d.]+)", TEXT) == pinned
    assert [CLUSTER["rayVersion"]] == pinned


def test_the_costs_follow_from_the_time_of_a_clip() -> None:
    (seconds,) = re.findall(r"takes \*\*(\d+) CPU seconds\*\*", TEXT)
    (megabytes, files) = re.findall(r"its results\s(\d+) MB in (\d+) files", TEXT)[0]
    hours = int(seconds) * 1000 / 3600
    for clips, times in (("1,000", 1), ("1,000,000", 1000)):
        (row,) = re.findall(rf"^\| {clips} \|(.*)\|$", TEXT, re.MULTILINE)
        cells = [cell.strip(" $").replace(",", "") for cell in row.split("|")]
        assert float(cells[0]) == pytest.approx(hours * times, rel=0.02)
        assert float(cells[1]) == pytest.approx(0.04 * hours * times, rel=0.03)
        assert cells[2] == f"{megabytes} {'GB' if times == 1 else 'TB'}"
        assert float(cells[3]) == pytest.approx(0.005 * int(files) * times, rel=0.02)
    (an_hour,) = re.findall(r"a core does about (\d+) clips", TEXT)
    assert int(an_hour) == pytest.approx(3600 / int(seconds), rel=0.05)
    (cores,) = re.findall(r"it does 200 a second, which\s+([\d,]+) cores", TEXT)
    assert int(cores.replace(",", "")) == pytest.approx(200 * int(seconds), rel=0.05)
    (rate, served) = re.findall(
        r"writes about ([\d.]+) MB/s, so 1 Gbit/s serves about (\d+)", TEXT
    )[0]
    assert float(rate) == pytest.approx(int(megabytes) / int(seconds), abs=0.05)
    assert int(served) == pytest.approx(125 / float(rate), rel=0.05)
    (a_second,) = re.findall(r"in (\d+) files a second", TEXT)
    assert int(a_second) == pytest.approx(1000 * int(files) / int(seconds), rel=0.05)
