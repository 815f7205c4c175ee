"""What a page does with results on the server: find them again, delete them, mix them again."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.errors import D2MError, SettingsError
from d2m.jobs import WorkerPool
from d2m.jobs.messages import RemixedVideo
from d2m.jobs.remix_job import RemixJob
from d2m.web.job_panel import job_queue
from d2m.web.setting_widgets import PRIVATE
from d2m.web.take import shown_take
from d2m.web.take_player import RESTORE, player_message, restored
from d2m.web.take_store import StoredTake, TakeStore

_GONE = "This result is no longer on the server: generate it again."


class TakeActions:
    """The event handlers of the player of results.

    Parameters
    ----------
    pool
        Runs the jobs that mix results again.
    store
        The results.
    player
        The player.
    example
        As for `d2m.web.take_player.take_player`.
    """

    def __init__(
        self, pool: WorkerPool, store: TakeStore, player: gr.HTML, example: dict[str, Any] | None
    ) -> None:
        self._pool, self._store, self._player, self._example = pool, store, player, example
        player.forget(self.forget, None, None, queue=False, **PRIVATE)
        remixing = player.remix(self.remix, None, player, **job_queue(pool), **PRIVATE)
        remixing.failure(self.fail, None, player, queue=False, **PRIVATE)

    def connect_load(self, blocks: gr.Blocks) -> None:
        """Let a page that was just loaded show the results that its browser remembers."""
        request = gr.Textbox(visible=False)
        blocks.load(self.restore, request, self._player, js=RESTORE, queue=False, **PRIVATE)

    def restore(self, request: str) -> dict[str, Any]:
        """Return the message with the results that a browser asks for."""
        return restored(self._store, request, self._example)

    def forget(self, event: gr.EventData) -> None:
        """Delete a result and its files, if the key is that of its owner."""
        self._store.delete(_key_of(event))

    def remix(self, event: gr.EventData) -> dict[str, Any]:
        """Mix a result again with another volume of the clip's own sound, and show it."""
        key, take = _key_of(event), self._store.get(_key_of(event))
        if take is None or take.clip is None or not take.clip.is_file():
            return player_message(key=key, problem=_GONE)
        try:
            settings = replace(
                take.settings, original=float(event.balance), ducking=bool(event.ducking)
            )
            self._mix(take, RemixJob(clip=take.clip, music=take.paths["wav"], settings=settings))
        except D2MError as error:
            return player_message(key=key, takes=[shown_take(take)], problem=str(error))
        return player_message(key=key, takes=[shown_take(take)])

    def fail(self) -> dict[str, Any]:
        """Return the message that a result could not be mixed, for example for lack of space."""
        return player_message(problem="The sound could not be mixed: try again in a minute.")

    def _mix(self, take: StoredTake, job: RemixJob) -> None:
        with self._pool.events(job, threading.Event()) as events:
            for event in events:
                if isinstance(event, RemixedVideo):
                    take.replace_video(event.path)
                    take.settings = job.settings
                    take.facts |= {"balance": event.original, "ducking": event.ducking}

    def music_of(self, key: str) -> str:
        """Return the path of the music of a result, by the key of its owner or of a link.

        Raises
        ------
        SettingsError
            If it is gone.
        """
        take = self._store.get(key) or self._store.shared(key)
        music = Path(take.paths["wav"]) if take else None
        if music is None or not music.is_file():
            raise SettingsError(_GONE)
        return str(music)


def _key_of(event: gr.EventData) -> str:
    return str(event.key)
