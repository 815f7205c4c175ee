"""A page that shows two dances to a song and asks which is better: the test of the paper.

It is one HTML file with a folder of videos. Names of files do not tell the method; pairs come in
an order of their own for each person, and each pair must be played before it is judged.
"""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from d2m.benchmark.preference_answers import QUESTIONS
from d2m.core.errors import DataError

PAGE_VIDEO_ENDINGS = (".mp4", ".webm")
"""Endings of videos that all browsers play."""
_STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}
#pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}
video{width:100%;max-height:65vh;background:#000}
fieldset{margin:1rem 0;border:1px solid #888}button{font:inherit;padding:.5rem 1rem}
"""
_SCRIPT = """
const order=DATA.pairs.slice();
for(let i=order.length-1;i>0;i--){const j=Math.floor(Math.random()*(i+1));
[order[i],order[j]]=[order[j],order[i]]}
const answers={};let at=0,seen=new Set();
const form=document.querySelector('form'),done=document.querySelector('#done');
const next=form.querySelector('button'),videos=[...document.querySelectorAll('video')];
function ready(){next.disabled=!(seen.size===2&&
Object.keys(DATA.questions).every(q=>form.elements[q].value!==''))}
function show(){seen=new Set();form.reset();ready();
document.querySelector('#count').textContent=`Pair ${at+1} of ${order.length}`;
videos.forEach((v,side)=>{v.src=`videos/${order[at]}-${side}${DATA.endings[order[at]][side]}`})}
videos.forEach((v,side)=>{v.addEventListener('ended',()=>{seen.add(side);ready()});
v.addEventListener('play',()=>videos[1-side].pause())});
form.addEventListener('change',ready);
form.addEventListener('submit',event=>{event.preventDefault();
answers[order[at]]=Object.fromEntries(Object.keys(DATA.questions).map(
q=>[q,Number(form.elements[q].value)]));
at+=1;if(at<order.length){show();scrollTo(0,0);return}
videos.forEach(v=>v.pause());form.hidden=true;done.hidden=false;
const text=JSON.stringify({page:DATA.page,order,answers},null,1);
const link=done.querySelector('a');link.download='answers.json';
link.href=URL.createObjectURL(new Blob([text],{type:'application/json'}))});
show();
"""


def write_preference_page(first: Path, second: Path, folder: Path, *, seed: int = 0) -> Path:
    """Write the page ``index.html``, its videos, and ``key.json``, which tells the methods.

    Parameters
    ----------
    first, second
        Folders with videos of the same names by two methods; their names are those of the
        methods.
    folder
        Folder for the page. Keep ``key.json`` from those who answer.
    seed
        Seed of the order and the sides of the videos.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    DataError
        If the folders have one name or no videos of the same name.
    """
    if first.resolve().name == second.resolve().name:
        raise DataError("Both folders have one name: name them after the methods.")
    theirs = {path.stem: path for path in _videos(second)}
    pairs = [(path, theirs[path.stem]) for path in _videos(first) if path.stem in theirs]
    if not pairs:
        raise DataError(
            f"{first.name} and {second.name} have no videos (MP4, WebM) of the same name."
        )
    rng = np.random.default_rng(seed)
    videos = folder / "videos"
    videos.mkdir(parents=True, exist_ok=True)
    key: dict[str, list[str]] = {}
    endings: dict[str, list[str]] = {}
    for number, index in enumerate(rng.permutation(len(pairs))):
        sides = pairs[index] if rng.random() < 0.5 else pairs[index][::-1]
        name = f"pair{number + 1:02d}"
        for side, video in enumerate(sides):
            shutil.copyfile(video, videos / f"{name}-{side}{video.suffix.lower()}")
        key[name] = [video.resolve().parent.name for video in sides]
        endings[name] = [video.suffix.lower() for video in sides]
    page = f"{int(rng.integers(1 << 32)):08x}"
    data = {"page": page, "pairs": [*key], "endings": endings, "questions": QUESTIONS}
    known = {"page": page, "first": first.resolve().name, "second": second.resolve().name}
    (folder / "key.json").write_text(json.dumps(known | {"pairs": key}, indent=1) + "\n")
    target = folder / "index.html"
    target.write_text(_html(data), encoding="utf-8")
    return target


def _videos(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PAGE_VIDEO_ENDINGS)


def _html(data: Mapping[str, object]) -> str:
    """Return the page."""
    questions = "".join(
        f"<fieldset><legend>{html.escape(text)}</legend>"
        + "".join(
            f'<label><input type="radio" name="{key}" value="{side}" required> {label}</label> '
            for side, label in enumerate(("the first", "the second"))
        )
        + "</fieldset>"
        for key, text in QUESTIONS.items()
    )
    embedded = json.dumps(data).replace("<", "\\u003c")
    players = "".join(
        f'<figure style="margin:0"><figcaption>{label}</figcaption>'
        '<video controls playsinline preload="auto"></video></figure>'
        for label in ("First", "Second")
    )
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>Two dances</title>\n'
        f"<style>{_STYLE}</style>\n<h1>Two dances</h1>\n"
        "<p>Play both videos to their ends, with sound, then answer both questions.</p>\n"
        f'<form><p id="count"></p><div id="pair">{players}</div>{questions}'
        "<button disabled>Next</button></form>\n"
        '<p id="done" hidden>Thank you. <a href="">Save your answers</a> and send the file to '
        "the person who gave you this page.</p>\n"
        f"<script>const DATA={embedded};{_SCRIPT}</script>\n</html>\n"
    )
