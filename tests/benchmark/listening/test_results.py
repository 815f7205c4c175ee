from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from d2m.benchmark.listening.answers import Answer, AnswerStore
from d2m.benchmark.listening.cli import listen
from d2m.benchmark.listening.rater_screening import screen_raters
from d2m.benchmark.listening.study import ATTENTION, HEADPHONES, ORIGINAL, Study, read_study
from d2m.benchmark.listening.study_results import measure_study
from d2m.benchmark.listening.trial_order import session_trials
from d2m.core.errors import D2MError, DataError
from d2m.media.audio_file import write_wav
from tests.benchmark.listening.simulated_study import (
    answer,
    check,
    made_up_study,
    simulated_ratings,
)

TRUTH = {"ours": 3.2, "theirs": 2.4, ORIGINAL: 4.6}
CLIPS = 10


@pytest.fixture
def study() -> Study:
    return made_up_study(tuple(TRUTH), CLIPS, pairs=[("ours", "theirs")])


def careful_answers(raters: int = 8) -> list[Answer]:
    rng = np.random.default_rng(11)
    answers = simulated_ratings(TRUTH, raters, CLIPS, rng, rater_sd=0.2, clip_sd=0.2, noise_sd=0.5)
    for rater in range(raters):
        answers += [check(rater, HEADPHONES, True, 900), check(rater, ATTENTION, True, 901)]
        for clip in range(CLIPS):
            value = int(rng.random() < 0.2)
            pair = ("ours", "theirs")
            answers.append(answer(rater, 100 + clip, f"clip{clip:02d}", pair, value))
    return answers


def random_answers(rater: int) -> list[Answer]:
    rng = np.random.default_rng(12)
    given = [one for one in careful_answers(1) if len(one.systems) == 1]
    return [replace(one, rater=rater, value=int(rng.integers(1, 6))) for one in given]


def saved(study: Study, answers: list[Answer], folder: Path) -> Path:
    """Write a study with its answers, as a server does."""
    folder.mkdir()
    (folder / "study.json").write_text(study.to_json())
    store = AnswerStore(folder / "answers.sqlite")
    for number in range(1 + max((one.rater for one in answers), default=-1)):
        store.join(f"rater {number}", 100)
    store.add(answers)
    store.close()
    return folder


def test_careful_raters_are_kept(study: Study) -> None:
    checks = screen_raters(careful_answers(), study)
    assert len(checks) == 8
    assert all(not one.reasons and one.headphones for one in checks)
    assert {one.references for one in checks} == {CLIPS}


def test_a_rater_who_rates_at_random_is_left_out_with_the_reason(study: Study) -> None:
    results = measure_study([*careful_answers(), *random_answers(8)], study)
    (left_out,) = [one for one in results.checks if one.reasons]
    assert left_out.rater == 8
    assert f"{left_out.low_references} of 10 trials" in left_out.reasons[0]
    assert results.screened is not None
    assert (results.screened.raters, results.unscreened.raters) == (8, 9)
    clean, all_raters = results.screened.ratings[0], results.unscreened.ratings[0]
    assert clean.agreement.alpha_interval > all_raters.agreement.alpha_interval + 0.05
    assert [score.system for score in clean.scores] == [ORIGINAL, "ours", "theirs"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: replace(one, played_s=1.0), "answered faster than the stimulus"),
        (lambda one: replace(one, answered_at=one.order * 1.0), "answered faster than"),
    ],
)
def test_hasty_raters_are_left_out(study: Study, change, reason: str) -> None:
    answers = [change(one) if one.rater == 2 else one for one in careful_answers()]
    checks = screen_raters(answers, study)
    assert [one.rater for one in checks if one.reasons] == [2]
    assert reason in " ".join(checks[2].reasons)


def test_one_low_rating_of_few_originals_leaves_nobody_out(study: Study) -> None:
    answers = [answer(0, n, f"clip{n:02d}", (ORIGINAL,), 1 if n == 0 else 5) for n in range(4)]
    answers += [answer(1, n, f"clip{n:02d}", (ORIGINAL,), 1 if n < 2 else 5) for n in range(4)]
    first, second = screen_raters(answers, study)
    assert (first.low_references, first.reasons) == (1, ())
    assert second.reasons == ("rated the hidden original under 3 in 2 of 4 trials",)


def test_failed_attention_leaves_out_and_failed_headphones_does_not(study: Study) -> None:
    answers = [
        *careful_answers(),
        check(3, ATTENTION, False, 950),
        check(4, HEADPHONES, False, 951),
    ]
    checks = screen_raters(answers, study)
    assert [one.rater for one in checks if one.reasons] == [3]
    assert checks[3].reasons == ("failed 1 of 2 attention checks",)
    assert checks[4].headphones is False


def test_a_study_without_answers_is_one_sentence(study: Study, tmp_path: Path) -> None:
    folder = saved(study, [], tmp_path / "study")
    result = CliRunner().invoke(listen, ["results", str(folder)])
    assert isinstance(result.exception, DataError)
    assert str(result.exception).startswith("There are no answers yet")
    result = CliRunner().invoke(listen, ["results", str(tmp_path)])
    assert isinstance(result.exception, D2MError)


def test_one_rater_gets_no_interval_and_is_told_why(study: Study, tmp_path: Path) -> None:
    folder = saved(study, careful_answers(1), tmp_path / "study")
    result = CliRunner().invoke(listen, ["results", str(folder)])
    assert result.exit_code == 0
    assert "There are no intervals: they need at least two raters" in result.stdout
    data = json.loads((folder / "results" / "results.json").read_text())
    assert all(score["interval"] is None for score in data["screened"]["ratings"][0]["scores"])


def test_results_are_written_as_tables_page_plot_and_json(study: Study, tmp_path: Path) -> None:
    answers = [*careful_answers(), *random_answers(8)]
    folder = saved(study, answers, tmp_path / "study")
    out = tmp_path / "out"
    result = CliRunner().invoke(listen, ["results", str(folder), "--out", str(out)])
    assert result.exit_code == 0, result.exception
    assert (out / "results.png").stat().st_size > 2000
    text = (out / "results.md").read_text()
    assert "Rater 8: rated the hidden original under 3" in text
    assert "## Without screening, all raters" in text
    page = (out / "results.html").read_text()
    assert page.count("<table>") == text.count("| --- |")
    assert "data:image/png;base64," in page
    data = json.loads((out / "results.json").read_text())
    means = {one["system"]: one for one in data["screened"]["ratings"][0]["scores"]}
    used = [one.value for one in answers if one.systems == ("ours",) and one.rater < 8]
    assert means["ours"]["mean"] == pytest.approx(np.mean(used), abs=1e-4)
    assert (means["ours"]["raters"], means["ours"]["answers"]) == (8, 80)
    (preferred,) = data["screened"]["preferences"]
    assert preferred["question"] == "match"
    assert preferred["preferences"]["strengths"][0]["system"] == "ours"


def test_the_table_of_answers_has_all_of_them(study: Study, tmp_path: Path) -> None:
    answers = careful_answers()
    folder = saved(study, answers, tmp_path / "study")
    CliRunner().invoke(listen, ["results", str(folder)])
    rows = list(csv.DictReader((folder / "results" / "answers.csv").open()))
    assert len(rows) == len(answers)
    pair = next(row for row in rows if row["block"] == "preference" and row["value"] == "1")
    assert (pair["systems"], pair["preferred"]) == ("ours|theirs", "theirs")
    assert pair["sha256"].startswith("hash of preference clip")
    assert pair["sha256"].count("|") == 1
    assert (pair["seed"], pair["stimuli_s"], pair["played_s"]) == ("3", "10.00", "10.00")
    assert sum(row["kind"] == "attention" for row in rows) == 8


def test_results_do_not_depend_on_the_order_of_answers(study: Study) -> None:
    answers = careful_answers(4)
    assert measure_study(answers, study) == measure_study(answers[::-1], study)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Return the folder of a study with short sounds."""
    study = made_up_study(
        ("ours", "theirs", ORIGINAL), 2, ("coherence", "quality"), [("ours", "theirs")]
    )
    folder = saved(study, [], tmp_path / "study")
    for number, one in enumerate(study.stimuli):
        if one.file.endswith(".wav"):
            write_wav(folder / "stimuli" / one.file, np.full(480, number / 100, np.float32), 48_000)
    return folder


def test_export_for_webmushra(sounds: Path, tmp_path: Path) -> None:
    out = tmp_path / "webmushra"
    arguments = ["export", str(sounds), "--to", "webmushra", "--out", str(out)]
    result = CliRunner().invoke(listen, arguments)
    assert result.exit_code == 0, result.exception
    assert "Left out: the block coherence" in result.stdout
    experiment = yaml.safe_load((out / "configs" / "d2m.yaml").read_text())
    consent, (keyword, *pages), finish = experiment["pages"]
    assert (consent["type"], keyword, finish["type"]) == ("generic", "random", "finish")
    kinds = [page["type"] for page in pages]
    assert kinds == ["mushra", "mushra", "paired_comparison", "paired_comparison"]
    assert len({page["id"] for page in pages}) == 4
    assert pages[0]["content"] == "How good is &lt;it&gt;?"
    key = json.loads((out / "key.json").read_text())
    for page in pages:
        reference = key[Path(page["reference"]).name]
        assert reference["system"] == (ORIGINAL if page["type"] == "mushra" else "ours")
        for system, file in page["stimuli"].items():
            assert (out / file).is_file()
            told = key[Path(file).name]
            assert (told["system"], told["item"]) == (system, reference["item"])
            assert not any(name in file for name in ("ours", "theirs", "clip0"))
    assert set(pages[0]["stimuli"]) == {"ours", "theirs"}


def test_export_refuses_what_it_can_not_do(sounds: Path, tmp_path: Path) -> None:
    only_videos = saved(made_up_study(("ours",), 2), [], tmp_path / "videos")
    out = ["--out", str(tmp_path / "out")]
    result = CliRunner().invoke(listen, ["export", str(only_videos), *out])
    assert isinstance(result.exception, DataError)
    assert "Nothing can be exported" in str(result.exception)
    result = CliRunner().invoke(listen, ["export", str(sounds), "--to", "csv", *out])
    assert "Unknown format 'csv'" in str(result.exception)
    next((sounds / "stimuli").iterdir()).unlink()
    result = CliRunner().invoke(listen, ["export", str(sounds), *out])
    assert "is missing in the folder of stimuli" in str(result.exception)


def test_a_made_study_is_measured_and_exported(small_study: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small_study, tmp_path / "made"))
    study = read_study(folder)
    favourite = {"beta": 4, "alpha": 2}
    store = AnswerStore(folder / "answers.sqlite")
    for rater in range(4):
        store.join(f"rater {rater}", 100)
        for trial in session_trials(study, rater):
            liked = [favourite.get(system, 1) for system in trial.systems]
            value = 1 if trial.kind in (HEADPHONES, ATTENTION) else int(liked[-1] > liked[0])
            value = liked[0] if len(liked) == 1 else value
            store.add(
                [
                    Answer(
                        rater=rater,
                        block=trial.block,
                        item=trial.item,
                        systems=trial.systems,
                        value=value,
                        kind=trial.kind,
                        order=trial.position,
                        played_s=sum(one.duration_s for one in trial.stimuli),
                        answered_at=60.0 * trial.position,
                        question=question.key,
                    )
                    for question in trial.questions
                ]
            )
    store.close()
    result = CliRunner().invoke(listen, ["results", str(folder)])
    assert result.exit_code == 0, result.exception
    measured = json.loads((folder / "results" / "results.json").read_text())
    assert not any(check["reasons"] for check in measured["checks"])
    assert {check["headphones"] for check in measured["checks"]} == {True}
    blocks = {one["block"]: one for one in measured["screened"]["ratings"]}
    assert blocks.keys() == {"coherence", "quality"}
    for block in blocks.values():
        means = {score["system"]: score["mean"] for score in block["scores"]}
        assert means == {"beta": 4, "alpha": 2}
        assert block["agreement"]["alpha_interval"] == 1.0
    questions = {one["question"] for one in measured["screened"]["preferences"]}
    assert questions == {"realism", "match"}
    for one in measured["screened"]["preferences"]:
        (pair,) = one["preferences"]["pairs"]
        assert (pair["first"], pair["wins"]) == ("beta", pair["comparisons"])
    out = tmp_path / "webmushra"
    result = CliRunner().invoke(listen, ["export", str(folder), "--out", str(out)])
    assert result.exit_code == 0, result.exception
    assert "webMUSHRA plays their sound" in result.stdout
    assert "Left out: the block quality, because it has no original music" in result.stdout
    for path in (out / "configs" / "resources" / "d2m").iterdir():
        sound = soundfile.info(path)
        assert (sound.samplerate, sound.channels, sound.frames) == (48_000, 2, 48_000)
