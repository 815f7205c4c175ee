"""Short pieces of JavaScript of the page: random seeds, switching of two videos."""

from __future__ import annotations

RANDOM_SEED = "() => Math.floor(Math.random() * 100000)"
SWITCH_VIDEO = """(level) => {
  const box = document.querySelector('#comparison');
  const [chosen, other] = ['high', 'low']
    .sort((one) => (one === level ? -1 : 1))
    .map((name) => box.querySelector(`#comparison-${name} video`));
  box.dataset.level = level;
  if (!chosen || !other) return;
  chosen.currentTime = other.currentTime;
  if (!other.paused) {
    other.pause();
    chosen.play();
  }
}"""
"""Continues with the other video, whose frames are the same."""
FOCUS_TAPPER = """() => {
  const button = document.querySelector('#tapper .tap');
  button?.scrollIntoView({block: 'center'});
  button?.focus();
}"""
"""Leads to the button that taps the beat, beside the clip."""
