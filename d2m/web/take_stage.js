// The picture, and how one result takes over from another at the same moment: the next video is
// brought to the moment that the first will have reached, and shown when it is there.

const MOVIES = 4; // video elements that are kept, so that switching between them is instant
const LATE = 0.04; // by which a video may miss the moment at which it takes over (s)
const TRIES = 4; // to meet the moment
const SETTLED = 0.05; // after which it is known how late a started video is (s)
const stage = find('.stage');
const mark = find('.mark');
const playButton = find('.play');
const muteButton = find('.mute');
const fullButton = find('.full');
const seek = find('.seek');
const clock = find('.clock');

const movies = new Map(); // video elements by key, least recently used first
let current = null; // the one that is seen and heard
let switches = 0; // counts, so that only the last of quick switches takes place
let lead = 0.15; // how long a video took to reach a moment (s)
let startup = 0.03; // how long it took to start there (s)
let muted = false;

const minutes = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
const isPlaying = () => !!current && !current.paused && !current.ended;
const address = (take) => take.files.mp4?.url || '';

// Return the video element of a result, a new one if its file has changed.
function movieOf(take) {
  let movie = movies.get(take.key);
  movies.delete(take.key);
  if (movie && movie.dataset.address !== address(take)) {
    if (movie !== current) movie.remove();
    movie = null;
  }
  if (!movie) {
    movie = document.createElement('video');
    movie.dataset.address = movie.src = address(take);
    movie.preload = 'auto';
    movie.playsInline = true;
    movie.muted = true;
    movie.tabIndex = -1;
    for (const event of ['play', 'pause', 'ended', 'timeupdate', 'loadedmetadata']) {
      movie.addEventListener(event, () => { if (movie === current) showState(); });
    }
    movie.addEventListener('error', () => {
      if (movie === current) say('This video could not be loaded: its time on the server may be over.');
    });
    stage.append(movie);
  }
  movies.set(take.key, movie);
  for (const [key, other] of movies) {
    if (movies.size <= MOVIES) break;
    if (other === current || other === movie) continue;
    movies.delete(key);
    unload(other);
  }
  return movie;
}

function unload(movie) {
  movie.pause();
  movie.removeAttribute('src');
  movie.load(); // frees its memory
  movie.remove();
}

function dropMovie(key) {
  const movie = movies.get(key);
  movies.delete(key);
  if (movie === current) current = null;
  if (movie) unload(movie);
}

// Wait until a video shows a moment (s); it resolves also if that fails.
function reach(movie, seconds) {
  return new Promise((done) => {
    const ready = () => {
      if (movie.readyState < 3 && !movie.error) return;
      for (const event of ['seeked', 'canplay', 'error']) movie.removeEventListener(event, ready);
      done();
    };
    for (const event of ['seeked', 'canplay', 'error']) movie.addEventListener(event, ready);
    if (movie.readyState < 1) {
      movie.addEventListener('loadedmetadata', () => { movie.currentTime = seconds; }, { once: true });
    } else {
      movie.currentTime = seconds;
    }
    if (movie.error) ready();
  });
}

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

// Start a video at the moment that another one, which plays, is about to reach. It stays muted.
// Whoever misses the moment tries again, while the other one is heard.
async function join(next, before, isLatest) {
  const isOver = () => !isLatest() || before.paused || before.ended;
  for (let tried = 0; tried < TRIES && !isOver(); tried++) {
    const asked = performance.now();
    const target = before.currentTime + lead + startup;
    if (next.readyState >= 1 && target >= next.duration) return;
    next.pause();
    await reach(next, target);
    lead = Math.min(1.5, Math.max(0.05, (performance.now() - asked) / 1000 + 0.03));
    const wait = target - startup - before.currentTime;
    if (isOver() || wait < -LATE) continue;
    await pause(Math.max(0, wait));
    if (isOver()) return;
    await next.play().catch(() => {});
    await pause(SETTLED);
    const late = before.currentTime - next.currentTime;
    if (Math.abs(late) < 0.3) startup = Math.min(0.3, Math.max(0, startup + late));
    if (Math.abs(late) < LATE) return;
  }
}

// Let a result take over at the same moment; what plays is heard until then.
async function takeOver(take) {
  const next = movieOf(take);
  const ours = ++switches;
  if (next === current) return;
  const isLatest = () => ours === switches;
  const before = current;
  next.muted = true;
  if (before && isPlaying()) {
    await join(next, before, isLatest);
  } else if (before && before.currentTime < (next.duration || Infinity)) {
    await reach(next, before.currentTime);
  }
  if (!isLatest()) {
    if (next !== current) next.pause();
    return;
  }
  const isOn = !!before && !before.paused && !before.ended;
  if (before?.paused) next.currentTime = before.currentTime; // paused meanwhile
  replace(before, next);
  if (isOn && next.paused) start();
  if (!isOn) next.pause();
  showState();
}

// Show a result from its first moment, and play it if that is wanted.
function begin(take, isPlayed) {
  switches++;
  const before = current;
  const next = movieOf(take);
  next.currentTime = 0;
  replace(before, next);
  if (isPlayed) start();
  showState();
}

// Let a video be seen and heard instead of another.
function replace(before, next) {
  current = next;
  if (before && before !== next) {
    before.muted = true;
    before.pause();
    if (![...movies.values()].includes(before)) unload(before);
  }
  next.muted = muted;
  for (const movie of stage.querySelectorAll('video')) movie.classList.toggle('seen', movie === next);
  if (next.readyState >= 1) showShape();
  else next.addEventListener('loadedmetadata', showShape, { once: true });
}

// A portrait video stands beside the cards, where there is room.
function showShape() {
  if (current?.videoWidth) {
    box.dataset.shape = current.videoHeight > current.videoWidth ? 'portrait' : 'landscape';
  }
}

function start() {
  const movie = current;
  movie?.play().catch(() => { if (movie === current) showState(); });
}

function showState() {
  const length = current?.duration || 0;
  const at = current?.currentTime || 0;
  const isOn = isPlaying();
  playButton.disabled = seek.disabled = !current;
  playButton.textContent = isOn ? 'Pause' : 'Play';
  box.classList.toggle('playing', isOn);
  if (length) seek.max = length;
  seek.value = at;
  seek.setAttribute('aria-valuetext', `${minutes(at)} / ${minutes(length)}`);
  clock.textContent = `${minutes(at)} / ${minutes(length)}`;
}

function toggle() {
  if (!current) return;
  if (isPlaying()) current.pause();
  else start();
}

playButton.addEventListener('click', toggle);
stage.addEventListener('click', toggle);
seek.addEventListener('input', () => { if (current) current.currentTime = Number(seek.value); });
muteButton.addEventListener('click', () => {
  muted = !muted;
  if (current) current.muted = muted;
  muteButton.setAttribute('aria-pressed', String(muted));
});
fullButton.addEventListener('click', () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (stage.requestFullscreen) stage.requestFullscreen();
  else current?.webkitEnterFullscreen?.(); // on an iPhone, only videos can fill the screen
});
// Nothing else on the page plays at the same time.
document.addEventListener('play', (event) => {
  if (!stage.contains(event.target)) current?.pause();
}, true);
