"""The player of results: one picture, a card for each result, and what can be done with it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.web.file_labels import FILE_LABELS
from d2m.web.take import shown_take
from d2m.web.take_store import TakeStore

_HERE = Path(__file__).parent
_SCRIPTS = ("take_list", "take_stage", "take_strip", "take_details", "take_player")
_MOST_KEYS = 100
"""Most results that one page can ask for (count); chosen by hand, far above what it remembers."""
_LONGEST_REQUEST = 20_000
"""Longest list of keys that is read (characters)."""
RESTORE = """() => {
  let kept = [];
  try { kept = JSON.parse(localStorage.getItem('d2m.takes')) || []; } catch { kept = []; }
  const share = new URLSearchParams(location.search).get('take') || '';
  return [JSON.stringify({ keys: kept.map((one) => one.key), share })];
}"""
"""Returns the keys that the browser remembers, and that of a shared link, to `restored`."""
SELECTED = "() => [document.querySelector('.take-player')?.shownTake?.key || '']"
"""Returns the key of the result that is shown."""
_FRAME = """<section class="take-player" aria-label="Results">
<div class="stage" role="group" aria-label="Video"><p class="mark"></p></div>
<div class="transport">
<button type="button" class="play main" disabled>Play</button>
<input type="range" class="seek" min="0" max="1" step="0.01" value="0" disabled
aria-label="Position in the video">
<span class="clock"></span>
<button type="button" class="mute" aria-pressed="false">Mute</button>
<button type="button" class="full">Full screen</button></div>
<p class="said" role="status"></p>
<ul class="strip" aria-label="Your results"></ul>
<div class="chosen">
<div class="name"><h2></h2>
<input type="text" maxlength="60" aria-label="Name of this result" hidden>
<p class="facts"></p></div>
<div class="actions">
<button type="button" class="pin" aria-pressed="false">Pin</button>
<button type="button" class="rename">Rename</button>
<button type="button" class="share">Copy link</button>
<button type="button" class="delete">Delete</button></div>
<p class="note"></p>
<ul class="sentences"></ul>
<fieldset class="balance" hidden><legend>Sound of your clip</legend>
<label>Your clip's own sound
<input type="range" class="share-of-own" min="0" max="100" step="5" value="0"></label>
<output class="percent">0 %</output>
<label class="switch"><input type="checkbox" class="ducking"> Lower the music under voices</label>
</fieldset>
<h3>Downloads</h3>
<div class="downloads"></div>
</div></section>"""
_PLOTS = """<div class="take-plots" hidden>
<figure data-kind="lanes"><figcaption>Score: what plays when</figcaption></figure>
<figure data-kind="png"><figcaption>Beats of the music and of the dance</figcaption></figure>
</div>"""


def take_player(example: dict[str, Any] | None) -> gr.HTML:
    """Return the player.

    Its value is a message to the browser, which keeps the list of results: it may hold
    ``takes``, which are added or replaced, the ``example`` that is shown while there is no other,
    and ``problem``, a sentence. ``serial`` tells a message from the last.

    Parameters
    ----------
    example
        A finished result that can be played before the first job, as `shown_take` returns it.
    """
    scripts = [f"const LABELS = {json.dumps(FILE_LABELS)};"]
    scripts += [(_HERE / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return gr.HTML(
        {"example": example, "serial": ""},
        html_template=_FRAME,
        js_on_load="\n".join(scripts),
        apply_default_css=False,
        padding=False,
        elem_id="takes",
    )


def take_plots() -> gr.HTML:
    """Return the pictures of the score and the beats of the result that is shown."""
    return gr.HTML(
        None,
        html_template=_PLOTS,
        js_on_load=(_HERE / "take_plots.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        padding=False,
        elem_id="take-plots",
    )


def player_message(**content: Any) -> dict[str, Any]:
    """Return a message to the player."""
    return {**content, "serial": secrets.token_hex(4)}


def restored(store: TakeStore, request: str, example: dict[str, Any] | None) -> dict[str, Any]:
    """Return the message to a page that was just loaded.

    Parameters
    ----------
    store
        The results of the server.
    request
        What `RESTORE` returned: JSON with keys of results and of a shared link.
    example
        As for `take_player`.
    """
    try:
        asked = json.loads(request) if len(request) <= _LONGEST_REQUEST else {}
    except (ValueError, RecursionError):
        asked = {}
    asked = asked if isinstance(asked, dict) else {}
    listed = asked.get("keys")
    keys = listed[:_MOST_KEYS] if isinstance(listed, list) else []
    keys = [one for one in keys if isinstance(one, str)]
    found = [take for take in map(store.get, keys) if take is not None]
    share = asked.get("share")
    shared = store.shared(share) if isinstance(share, str) and share else None
    takes = [shown_take(take) for take in found]
    is_own = shared is not None and any(shared is take for take in found)
    if shared is not None and not is_own:
        takes.append(shown_take(shared, is_shared=True))
    return player_message(
        takes=takes,
        example=example,
        gone=[key for key in keys if store.get(key) is None],
        isLinkGone=bool(share) and shared is None,
        show=(shared.key if is_own else shared.share_key) if shared else "",
        isRestored=True,
    )
