"""JavaScript of the page: accepted files, random seeds, tapped beats, switching of two videos."""

from __future__ import annotations

from d2m.media.accepted_formats import AUDIO_ENDINGS, VIDEO_ENDINGS

ACCEPT_FILES = """() => {
  const [videos, sounds] = ['VIDEOS', 'SOUNDS']
    .map((endings) => endings.split(' ').map((ending) => `.${ending}`));
  const own = Object.getOwnPropertyDescriptor(Blob.prototype, 'type');
  const isDancing = () => document.querySelector('#song')?.checkVisibility();
  Object.defineProperty(File.prototype, 'type', {
    configurable: true,
    get() {
      const type = own.get.call(this), name = this.name.toLowerCase();
      const endsAs = (endings) => endings.some((ending) => name.endsWith(ending));
      if (isDancing()) return endsAs([...sounds, ...videos]) ? 'audio/mpeg' : type;
      return endsAs(videos) && !type.startsWith('video/') ? 'video/mp4' : type;
    },
  });
  document.addEventListener('click', () => {
    for (const [place, endings] of [
      ['#clip', ['video/*', ...videos]],
      ['#song', ['audio/*', ...sounds, 'video/*', ...videos]],
    ]) {
      const input = document.querySelector(`${place} input[type=file]`);
      if (input) input.accept = endings.join(',');
    }
  }, true);
}""".replace("VIDEOS", " ".join(VIDEO_ENDINGS)).replace("SOUNDS", " ".join(AUDIO_ENDINGS))
"""Lets the page take files by their names whose kind the browser does not know, such as MTS, or
takes for another, such as GIF or a video as a song: Gradio accepts only what the browser calls a
video, or audio."""
RANDOM_SEED = "() => Math.floor(Math.random() * 100000)"
TAP = """(taps, start) => {
  const video = document.querySelector('#clip video');
  if (!video) return taps;
  if (video.paused) {
    video.currentTime = start || 0;
    video.play();
    return '';
  }
  const time = (video.currentTime - (start || 0)).toFixed(2);
  return taps ? `${taps}, ${time}` : time;
}"""
CLEAR_TAPS = """() => {
  document.querySelector('#clip video')?.pause();
  return '';
}"""
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
