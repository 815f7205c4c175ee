"""JavaScript of the page: random seeds, tapped beats, and switching between two videos."""

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
