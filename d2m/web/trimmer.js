// The trimmer: pictures of the chosen clip, its sound as a waveform, and two handles that choose
// the part to use. `d2m.web.clip_tools` passes this to Gradio, which calls it with `element`, the
// HTML around the trimmer, `props`, whose value is [start, length] in seconds (length 0: to the
// end), `trigger` and `watch`.

const PICTURES = 10; // on the strip
const MOST_BYTES = 150e6; // of a file that is read as a whole, for quick seeking and the waveform
const MOST_WAVE_S = 600; // of a clip whose sound is decoded (s): longer ones need too much memory
const WAVE_RATE = 8000; // of the sound that is drawn (Hz)
const SEEK_S = 4; // for which a picture may be waited for
const STEPS = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -1, PageUp: 1 }; // (s)

const box = element.querySelector('.trimmer');
const least = Number(box.dataset.least); // shortest part (s)
const most = Number(box.dataset.most); // longest part (s)
const strip = box.querySelector('.strip');
const wave = box.querySelector('.wave-line');
const chosen = box.querySelector('.part');
const handles = [...box.querySelectorAll('[role=slider]')]; // start and end
const said = box.querySelector('.said');
const warning = box.querySelector('.warning');

let duration = 0; // of the clip (s); 0 without one that the browser can play
let part = [0, 0]; // start and end (s)
let shownSource = ''; // address of the clip that is shown
let loads = 0; // counts, so that pictures of an earlier clip that arrive late are dropped
let dragged = null; // index of the handle that is dragged
let changedOnce = false; // whether another clip was shown before

const player = () => document.querySelector('#clip video[src]');
const rounded = (seconds) => Math.round(seconds * 10) / 10;
const text = (seconds) => `${rounded(seconds).toFixed(1)} s`;

function show() {
  box.hidden = !duration;
  if (!duration) return;
  const shares = part.map((seconds) => (100 * seconds) / duration);
  chosen.style.left = `${shares[0]}%`;
  chosen.style.right = `${100 - shares[1]}%`;
  handles.forEach((handle, index) => {
    handle.style.left = `${shares[index]}%`;
    handle.setAttribute('aria-valuemin', index ? text(part[0]).slice(0, -2) : '0');
    handle.setAttribute('aria-valuemax', (index ? duration : part[1]).toFixed(1));
    handle.setAttribute('aria-valuenow', part[index].toFixed(1));
    handle.setAttribute('aria-valuetext', text(part[index]));
  });
  const length = part[1] - part[0];
  said.textContent = `Part: ${text(part[0])} to ${text(part[1])}, ${text(length)} long.`;
  let sentence = '';
  if (rounded(length) > most) {
    sentence = `Music is made for at most ${most} s: move the handles closer together.`;
  } else if (rounded(length) < least) {
    sentence = `Music is made for at least ${least} s: move the handles further apart.`;
  }
  if (warning.english !== sentence) warning.textContent = sentence;
  warning.english = sentence; // the text that is shown may be a translation
  warning.hidden = !sentence;
  box.classList.toggle('outside', Boolean(sentence));
}

// Write the part into the settings; all of the clip is start 0 and length 0.
function tell() {
  const start = rounded(part[0]);
  const toEnd = part[1] >= duration - 0.05;
  props.value = [start, toEnd ? 0 : rounded(part[1] - part[0])];
  trigger('input');
}

function move(index, seconds) {
  const limits = index ? [part[0] + 0.1, duration] : [0, part[1] - 0.1];
  part[index] = Math.min(limits[1], Math.max(limits[0], seconds));
  show();
  const video = player();
  if (video?.paused) video.currentTime = Math.min(part[index], duration - 0.05);
}

function read() {
  const [start, length] = props.value || [0, 0];
  if (!duration || dragged !== null) return;
  const end = length ? Math.min(duration, start + length) : duration;
  part = [Math.min(start || 0, Math.max(0, end - 0.1)), end];
  show();
}

handles.forEach((handle, index) => {
  handle.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    if (step) move(index, rounded(part[index] + step));
    else if (event.key === 'Home') move(index, 0);
    else if (event.key === 'End') move(index, duration);
    else return;
    event.preventDefault();
    tell();
  });
  handle.addEventListener('pointerdown', (event) => {
    dragged = index;
    handle.setPointerCapture(event.pointerId);
    handle.focus();
    event.preventDefault();
  });
  handle.addEventListener('pointermove', (event) => {
    if (dragged !== index) return;
    const area = strip.getBoundingClientRect();
    move(index, (duration * (event.clientX - area.left)) / area.width);
  });
  for (const end of ['pointerup', 'pointercancel']) {
    handle.addEventListener(end, () => {
      if (dragged !== index) return;
      dragged = null;
      tell();
    });
  }
});

function clear(canvas) {
  canvas.width = canvas.width; // which also clears it
}

const event = (target, name) =>
  new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener('error', reject, { once: true });
    setTimeout(() => reject(new Error(name)), 1000 * SEEK_S);
  });

async function drawPictures(address, ours) {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, preload: 'auto', playsInline: true, src: address });
  try {
    await event(video, 'loadeddata');
    strip.height = 56;
    strip.width = 600;
    const pen = strip.getContext('2d');
    const width = strip.width / PICTURES;
    const scale = Math.max(width / video.videoWidth, strip.height / video.videoHeight);
    const [cutX, cutY] = [width / scale, strip.height / scale];
    for (let index = 0; index < PICTURES; index++) {
      video.currentTime = (duration * (index + 0.5)) / PICTURES;
      await event(video, 'seeked');
      if (ours !== loads) return;
      const from = [(video.videoWidth - cutX) / 2, (video.videoHeight - cutY) / 2];
      pen.drawImage(video, ...from, cutX, cutY, index * width, 0, width, strip.height);
    }
    box.dataset.pictures = 'drawn';
  } catch {
    // The handles work without pictures.
  } finally {
    video.removeAttribute('src');
    video.load();
  }
}

async function drawWave(bytes, ours) {
  wave.hidden = true;
  try {
    const decoder = new OfflineAudioContext(1, 1, WAVE_RATE);
    const samples = (await decoder.decodeAudioData(bytes)).getChannelData(0);
    if (ours !== loads) return;
    wave.width = 600;
    wave.height = 28;
    const pen = wave.getContext('2d');
    pen.fillStyle = getComputedStyle(wave).color;
    const each = samples.length / wave.width;
    const peaks = Array.from({ length: wave.width }, (_, column) => {
      let peak = 0;
      const end = Math.min(samples.length, (column + 1) * each);
      for (let i = Math.floor(column * each); i < end; i++) peak = Math.max(peak, Math.abs(samples[i]));
      return peak;
    });
    const loudest = peaks.reduce((high, peak) => Math.max(high, peak), 0);
    if (loudest < 1e-4) return; // silence
    peaks.forEach((peak, column) => {
      const height = Math.max(1, (wave.height * peak) / loudest);
      pen.fillRect(column, (wave.height - height) / 2, 1, height);
    });
    wave.hidden = false;
  } catch {
    // The clip has no sound, or none that this browser can decode.
  }
}

async function load(video) {
  const ours = ++loads;
  const address = video.currentSrc || video.src;
  if (changedOnce && address !== shownSource) props.value = [0, 0]; // the last part was another clip's
  const isNew = address !== shownSource;
  shownSource = address;
  changedOnce = true;
  duration = video.duration;
  document.querySelector('#clip').classList.toggle('portrait', video.videoHeight > video.videoWidth);
  read();
  if (isNew && !props.value?.[1] && duration > most) {
    part = [part[0], Math.min(duration, part[0] + most)];
    show();
  }
  if (isNew) tell();
  clear(strip);
  clear(wave);
  delete box.dataset.pictures;
  let blob = null;
  try {
    const reply = await fetch(address);
    const size = Number(reply.headers.get('content-length'));
    if (reply.ok && size && size <= MOST_BYTES) blob = await reply.blob();
    else await reply.body?.cancel();
  } catch {
    // The pictures can be read from the server.
  }
  if (ours !== loads) return;
  const local = blob && URL.createObjectURL(blob);
  await drawPictures(local || address, ours);
  if (local) URL.revokeObjectURL(local);
  if (blob && ours === loads && duration <= MOST_WAVE_S) await drawWave(await blob.arrayBuffer(), ours);
}

// A recording has no duration before its end was looked for.
async function findDuration(video) {
  if (video.duration === Infinity) {
    video.currentTime = 1e7;
    await event(video, 'durationchange').catch(() => {});
    video.currentTime = 0;
  }
  if (Number.isFinite(video.duration) && video.isConnected) load(video);
}

function forget() {
  loads++;
  duration = 0;
  document.querySelector('#clip')?.classList.remove('portrait');
  show();
}

const isClip = (target) => target?.matches?.('#clip video[src]');
document.addEventListener('loadedmetadata', ({ target }) => {
  if (isClip(target) && element.isConnected) findDuration(target);
}, true);
document.addEventListener('error', ({ target }) => { if (isClip(target)) forget(); }, true);
new MutationObserver(() => { if (duration && !player()) forget(); })
  .observe(document.body, { childList: true, subtree: true });
watch('value', read);
if (player()?.duration) findDuration(player());
show();
