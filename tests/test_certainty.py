"""One tempo in everything that a job says and writes, and no score where no rhythm was found."""

from __future__ import annotations

import pytest

from d2m.core.beat_tempo import rounded_tempo
from tests.job_outputs import JobOutputs, standing_clip


@pytest.mark.e2e
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"beats": "dance"}, id="dance"),
        pytest.param({"tempo_scale": "double"}, id="double", marks=pytest.mark.slow),
        pytest.param({"tempo_bpm": 111.46}, id="given", marks=pytest.mark.slow),
    ],
)
def test_there_is_one_tempo_in_all_outputs(short_clip, tmp_path, settings):
    job = JobOutputs(short_clip, tmp_path / "out", **settings)
    (tempo,) = job.tempi["rhythm of the report"]
    assert tempo == rounded_tempo(job.dance.tempo_bpm)
    assert job.tempi.keys() >= {"command line", "sentence", "page", "plot", "score picture"}
    assert all(found == {tempo} for found in job.tempi.values()), job.tempi
    for name, written in job.written_tempi.items():
        assert written == pytest.approx(tempo, rel=0.005), name


@pytest.mark.e2e
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="default"),
        pytest.param({"tempo_bpm": 96.0}, id="given", marks=pytest.mark.slow),
    ],
)
def test_without_a_rhythm_nothing_has_a_beat_score(tmp_path, settings):
    job = JobOutputs(standing_clip(tmp_path), tmp_path / "out", **settings)
    tempo = f"{settings.get('tempo_bpm', 110.0):g} BPM"
    assert job.report["rhythm"]["found"] is False
    assert job.level["scores"]["beat_f_measure"] is None
    assert "beat_f_measure" not in job.soundtrack.scores
    assert f"{tempo}, no beat score: no rhythm was found" in job.texts["command line"]
    assert f"no rhythm was found: the music keeps a steady {tempo}" in job.texts["sentence"]
    assert f"Steady {tempo}, not the dancer's" in job.texts["page"]
    assert "No beat score, because no rhythm was found" in job.texts["scores"]
    assert f"a steady {tempo}, not the dancer's" in job.texts["plot"]
    assert not job.has_score
    assert {one for found in job.tempi.values() for one in found} == {float(tempo.split()[0])}
