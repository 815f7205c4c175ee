"""The server of a study: what it sends, what it accepts, and what it keeps."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from d2m.benchmark.listening.answers import AnswerStore, read_answers
from d2m.benchmark.listening.request_limits import MOST_BODY_BYTES, RATES, StudyLimits
from d2m.benchmark.listening.serve_study import serve_study, study_app
from d2m.benchmark.listening.study import Study, read_study
from d2m.benchmark.listening.trial_order import session_trials
from d2m.core.errors import DataError, SettingsError
from tests.benchmark.listening.small_study import reply_to, sounds_of

TOKEN, OTHER = "0123456789abcdef" * 2, "f" * 32


class Visit:
    """A rater's browser, with a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.study: Study = read_study(folder)
        self.folder, self.now = folder, 1_000.0
        self.store = AnswerStore(folder / "answers.sqlite")
        app = study_app(self.study, self.store, folder, lambda: self.now)
        self.client = TestClient(app, raise_server_exceptions=False)

    def join(self, token: str = TOKEN, invitation: str | None = None) -> Any:
        body = {"invitation": invitation or self.study.invitation, "token": token}
        return self.client.post("/api/join", json=body)

    def get(self, token: str = TOKEN) -> Any:
        return self.client.get("/api/trial", headers={"Authorization": f"Bearer {token}"})

    def post(self, body: Any, token: str = TOKEN) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.post("/api/answer", json=body, headers=headers)

    def reply(self, trial: dict[str, Any]) -> dict[str, Any]:
        self.now += 10.0
        return reply_to(trial, sounds_of(self.study))


@pytest.fixture
def visit(small_study: Path, tmp_path: Path) -> Iterator[Visit]:
    folder = tmp_path / "study"
    shutil.copytree(small_study, folder)
    visit = Visit(folder)
    yield visit
    visit.store.close()


def test_a_whole_session_is_stored(visit: Visit) -> None:
    trial = visit.join().json()
    replies = []
    while not trial.get("done"):
        assert "alpha" not in str(trial)
        assert "beta" not in str(trial)
        replies.append(visit.reply(trial))
        response = visit.post(replies[-1])
        assert response.status_code == 200
        trial = response.json()
    assert len(trial["code"]) == 8
    assert visit.get().json() == trial
    planned = session_trials(visit.study, 0)
    answers = read_answers(visit.folder, practice=True)
    assert len(replies) == len(planned)
    assert len(answers) == sum(len(one.questions) for one in planned)
    for answer in answers:
        its_trial = planned[answer.order]
        assert (answer.block, answer.item, answer.systems) == (
            *(its_trial.block, its_trial.item, its_trial.systems),
        )
        if answer.kind in ("attention", "headphones"):
            assert answer.value == 1
        else:
            assert answer.value == replies[answer.order]["values"][answer.question]
    counted = read_answers(visit.folder)
    assert {one.kind for one in counted} == {"rating", "attention", "headphones"}
    assert {one.question for one in counted if one.block == "preference"} == {"realism", "match"}


def test_answers_that_are_sent_again_count_once(visit: Visit) -> None:
    first = visit.reply(visit.join().json())
    following = visit.post(first).json()
    changed = first | {"values": {"rating": (first["values"]["rating"] + 1) % 3}}
    assert visit.post(first).json() == following
    assert visit.post(changed).json() == following
    (answer,) = read_answers(visit.folder)
    assert answer.value == 1  # the check was passed by the first answer
    assert visit.post(first | {"position": 2}).status_code == 409


def test_what_was_not_played_is_not_accepted(visit: Visit) -> None:
    reply = visit.reply(visit.join().json())
    assert visit.post(reply | {"played_s": [0.5]}).status_code == 422
    visit.now -= 9.5  # shown half a second ago
    assert visit.post(reply).status_code == 422
    assert read_answers(visit.folder) == []
    visit.now += 1.0
    assert visit.post(reply).status_code == 200
    assert len(read_answers(visit.folder)) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"values": {"rating": 9}}, 422),
        ({"values": {}}, 422),
        ({"values": {"rating": True}}, 422),
        ({"values": [1]}, 400),
        ({"played_s": ["2"]}, 400),
        ({"played_s": [1.2, 1.2]}, 400),
        ({"played_s": [1e308]}, 422),
        ({"position": "0"}, 400),
        ({"position": -1}, 400),
        ({"position": 10_000}, 400),
    ],
)
def test_malformed_answers_are_refused(visit: Visit, change: dict[str, Any], status: int) -> None:
    reply = visit.reply(visit.join().json())
    response = visit.post(reply | change)
    assert response.status_code == status
    assert response.json()["error"].endswith(".")
    assert read_answers(visit.folder) == []


def test_only_links_of_the_study_are_let_in(visit: Visit) -> None:
    assert visit.join(invitation="guess").status_code == 403
    assert visit.join(token="short").status_code == 400
    assert visit.join(token="F" * 32).status_code == 400
    assert visit.get().status_code == 401
    assert visit.join().status_code == 200
    assert visit.join().status_code == 200  # sent again: the same rater
    assert visit.get(OTHER).status_code == 401
    for number in range(visit.study.most_raters - 1):
        assert visit.join(token=f"{number:032x}").status_code == 200
    full = visit.join(token=OTHER)
    assert full.status_code == 403
    assert "enough raters" in full.json()["error"]


def test_only_stimuli_and_the_page_are_served(visit: Visit) -> None:
    names = (
        "study.json",
        "../study.json",
        "..%2fstudy.json",
        "%2e%2e/answers.sqlite",
        "making.json",
    )
    for name in (*names, visit.study.stimuli[0].file):
        for place in ("/", "/media/", "/api/"):
            assert visit.client.get(place + name).status_code in (404, 405)
    stimulus = visit.study.stimuli[-1]
    content = (visit.folder / "stimuli" / stimulus.file).read_bytes()
    whole = visit.client.get(f"/media/{stimulus.id}")
    part = visit.client.get(f"/media/{stimulus.id}", headers={"Range": "bytes=10-19"})
    assert whole.content == content
    assert (part.status_code, part.content) == (206, content[10:20])
    page = visit.client.get("/")
    assert page.status_code == 200
    for response in (page, whole, visit.client.get("/api/study"), visit.client.get("/nothing")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "set-cookie" not in response.headers


def test_requests_have_limits(visit: Visit) -> None:
    large = visit.client.post("/api/join", content=b"x" * (MOST_BODY_BYTES + 1))
    assert large.status_code == 413
    assert visit.client.post("/api/join", content=b"[" * 4000).status_code == 400
    assert visit.client.post("/api/join", content=b"[1]").status_code == 400


def test_rates_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most, per_s = 0.0, 5, 2.0
    monkeypatch.setitem(RATES, "api", (most, per_s))
    limited = StudyLimits(PlainTextResponse("here"), lambda: now)
    client = TestClient(limited)
    assert [client.get("/").status_code for _ in range(most + 1)] == [200] * most + [429]
    assert client.get("/media/x").status_code == 200  # counted apart
    now = 2.0 / per_s
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]


def test_failures_of_the_disk_are_told_and_nothing_is_half_stored(visit: Visit) -> None:
    reply = visit.reply(visit.join().json())
    limit = sqlite3.connect(visit.folder / "answers.sqlite")
    # A trigger stands for a disk that fails in the middle of a write.
    limit.execute("CREATE TRIGGER fails BEFORE INSERT ON answers BEGIN SELECT RAISE(FAIL, ''); END")
    response = visit.post(reply)
    limit.execute("DROP TRIGGER fails")
    limit.close()
    assert response.status_code == 503
    assert "can't be stored" in response.json()["error"]
    assert visit.post(reply).status_code == 200
    assert len(read_answers(visit.folder)) == 1


def test_a_server_that_can_not_start_says_why(small_study: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no finished study"):
        serve_study(tmp_path, host="127.0.0.1", port=0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} .*: choose another"):
            serve_study(small_study, host="127.0.0.1", port=port)
    folder = tmp_path / "study"
    shutil.copytree(small_study, folder)
    changed = folder / "stimuli" / read_study(folder).stimuli[0].file
    changed.write_bytes(changed.read_bytes() + b"x")
    with pytest.raises(DataError, match="lost or changed"):
        serve_study(folder, host="127.0.0.1", port=0)
