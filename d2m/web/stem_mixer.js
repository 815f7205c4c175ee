// The mixer of the stems: five files that play in sync, each with mute and solo.
// `d2m.web.stem_mixer` passes this to Gradio, which calls it with `element`, the HTML around
// the mixer. The stems are those of the result that the player of results shows.

const RATE = 44100; // of the files (Hz), so that nothing is resampled
const LATER = 0.06; // time in which all sources are prepared before they start (s)
const FADE = 0.01; // time constant of a gain that changes (s): too short to hear, but no click
const PEAK = 0.9; // of the loudest sample of all stems together
const SILENT = 1e-4; // peak under which a stem does not play (-80 dB)

const find = (selector) => element.querySelector(selector);
const box = find('details');
const playButton = find('.play');
const seek = find('.seek');
const clock = find('.clock');
const message = find('.message');
const rows = new Map(
  [...element.querySelectorAll('.stem')].map((row) => [row.dataset.stem, {
    muteButton: row.querySelector('.mute'),
    soloButton: row.querySelector('.solo'),
    level: row.querySelector('.level'),
    link: row.querySelector('a'),
    muted: false,
    solo: false,
  }])
);

let context = null; // AudioContext, made by the first click
let output = null; // GainNode that brings the sum of all stems to PEAK
let stems = new Map(); // {buffer, gain, analyser, source} by stem, once they are loaded
let startedAt = 0; // time of the context at which position 0 was played (s)
let position = 0; // position while nothing plays (s)
let playing = false;
let shownFiles = {}; // files of the result that is shown, by kind
let loads = 0; // counts, so that files of an earlier job that arrive late are dropped

const length = () => Math.max(0, ...[...stems.values()].map((stem) => stem.buffer.duration));
const now = () =>
  playing ? Math.min(length(), Math.max(position, context.currentTime - startedAt)) : position;
const minutes = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

function showPosition() {
  const at = now();
  seek.value = at;
  clock.textContent = `${minutes(at)} / ${minutes(length())}`;
  seek.setAttribute('aria-valuetext', `${minutes(at)} of ${minutes(length())}`);
}

function showPlaying() {
  playButton.textContent = playing ? 'Pause' : 'Play';
  playButton.setAttribute('aria-label', `${playButton.textContent} the stems`);
}

function applyGains() {
  const anySolo = [...rows.values()].some((row) => row.solo);
  for (const [name, row] of rows) {
    row.muteButton.setAttribute('aria-pressed', String(row.muted));
    row.soloButton.setAttribute('aria-pressed', String(row.solo));
    const heard = !row.muted && (!anySolo || row.solo);
    row.level.parentElement.classList.toggle('unheard', !heard);
    stems.get(name)?.gain.gain.setTargetAtTime(heard ? 1 : 0, context.currentTime, FADE);
  }
}

function showLevels() {
  for (const [name, stem] of stems) {
    const samples = new Float32Array(stem.analyser.fftSize);
    if (playing) stem.analyser.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const level = Math.min(1, peak * output.gain.value);
    const { level: meter } = rows.get(name);
    meter.style.width = `${Math.round(100 * Math.sqrt(level))}%`;
    meter.dataset.level = level.toFixed(4);
  }
}

function frame() {
  if (!playing) return;
  if (now() >= length() || !element.isConnected) {
    stop();
    position = 0;
  }
  showPosition();
  showLevels();
  requestAnimationFrame(frame);
}

function stopSources() {
  for (const stem of stems.values()) {
    stem.source?.stop();
    stem.source?.disconnect();
    stem.source = null;
  }
}

function stop() {
  position = now();
  playing = false;
  stopSources();
  showPlaying();
  showLevels();
}

function startAt(seconds) {
  stopSources();
  if (seconds >= length()) seconds = 0;
  const at = context.currentTime + LATER; // one time for all: they stay in sync to the sample
  for (const stem of stems.values()) {
    stem.source = new AudioBufferSourceNode(context, { buffer: stem.buffer });
    stem.source.connect(stem.gain);
    stem.source.start(at, seconds);
  }
  startedAt = at - seconds;
  position = seconds;
  playing = true;
  showPlaying();
  requestAnimationFrame(frame);
}

async function play() {
  if (!stems.size) return;
  await context.resume();
  for (const media of document.querySelectorAll('video, audio')) media.pause();
  startAt(position);
}

// Return the highest absolute sample of the sum of buffers.
function peakOf(buffers) {
  let most = 0;
  for (const channel of [0, 1]) {
    const all = buffers.map((one) => one.getChannelData(Math.min(channel, one.numberOfChannels - 1)));
    for (let i = 0; i < Math.max(...all.map((samples) => samples.length)); i++) {
      let sum = 0;
      for (const samples of all) sum += samples[i] || 0;
      most = Math.max(most, Math.abs(sum));
    }
  }
  return most;
}

const stemFiles = () => [...rows.keys()]
  .filter((name) => shownFiles[name])
  .map((name) => [name, shownFiles[name]]);

async function load() {
  const files = stemFiles();
  if (!files.length || stems.size) return;
  const ours = ++loads;
  const size = files.reduce((sum, [, file]) => sum + (file.size || 0), 0);
  message.textContent = `Loading ${(size / 1e6).toFixed(1)} MB …`;
  context ??= new AudioContext({ sampleRate: RATE });
  try {
    const buffers = await Promise.all(files.map(async ([, file]) => {
      const response = await fetch(file.url);
      if (!response.ok) throw new Error(response.statusText);
      return context.decodeAudioData(await response.arrayBuffer());
    }));
    if (ours !== loads) return;
    connect(files.map(([name]) => name), buffers);
    message.textContent = '';
  } catch {
    if (ours === loads) message.textContent = 'The stems could not be loaded: generate them again.';
  }
}

function connect(names, buffers) {
  output = new GainNode(context, { gain: PEAK / Math.max(peakOf(buffers), SILENT) });
  output.connect(context.destination);
  names.forEach((name, index) => {
    const gain = new GainNode(context);
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    gain.connect(analyser).connect(output);
    stems.set(name, { buffer: buffers[index], gain, analyser, source: null });
    const silent = peakOf([buffers[index]]) < SILENT;
    rows.get(name).level.closest('.stem').classList.toggle('silent', silent);
  });
  seek.max = length();
  playButton.disabled = seek.disabled = false;
  applyGains();
  showPosition();
}

function reset() {
  loads++;
  if (stems.size) stop();
  for (const stem of stems.values()) stem.analyser.disconnect();
  output?.disconnect();
  stems = new Map();
  position = 0;
  playButton.disabled = seek.disabled = true;
  message.textContent = '';
  for (const [name, row] of rows) {
    row.muted = row.solo = false;
    row.muteButton.setAttribute('aria-pressed', 'false');
    row.soloButton.setAttribute('aria-pressed', 'false');
    row.level.parentElement.classList.remove('unheard');
    const file = shownFiles[name];
    if (file) {
      row.link.href = file.url;
      row.link.download = file.orig_name || name;
      row.link.title = file.size ? `${(file.size / 1e6).toFixed(1)} MB` : '';
    }
  }
  showPosition();
  if (box.open) load();
}

box.addEventListener('toggle', () => {
  if (box.open) load();
  else if (playing) stop();
});
playButton.addEventListener('click', () => (playing ? stop() : play()));
seek.addEventListener('input', () => {
  if (playing) startAt(Number(seek.value));
  else position = Number(seek.value);
  showPosition();
});
for (const row of rows.values()) {
  for (const [button, state] of [[row.muteButton, 'muted'], [row.soloButton, 'solo']]) {
    button.addEventListener('click', () => {
      row[state] = !row[state];
      applyGains();
    });
  }
}
// Nothing else on the page plays at the same time.
document.addEventListener('play', () => { if (playing) stop(); }, true);
function follow(take) {
  const before = JSON.stringify(stemFiles());
  shownFiles = take?.files || {};
  box.hidden = !stemFiles().length;
  if (JSON.stringify(stemFiles()) !== before) reset();
}
document.addEventListener('take-shown', (event) => follow(event.detail));
follow(document.querySelector('.take-player')?.shownTake);
