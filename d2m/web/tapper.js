// The tapper: the person taps the beat while the clip plays. `d2m.web.clip_tools` passes this to
// Gradio, which calls it with `element`, the HTML around the tapper, `props`, whose value is
// {taps, start}: the tapped times and the start of the part, in seconds, `trigger` and `watch`.

const AHEAD_S = 0.12; // for which clicks are prepared
const CLICK_S = 0.03; // length of a click
const CLICK_HZ = 1600;

const box = element.querySelector('.tapper');
const needed = Number(box.dataset.needed); // fewest taps that give a tempo
const find = (name) => box.querySelector(`.${name}`);
const [tapButton, undoButton, clearButton, hearButton] = ['tap', 'undo', 'clear', 'hear'].map(find);
const bpm = find('bpm');
const message = find('message');

let taps = []; // times in the part (s)
let context = null; // AudioContext, made by the first press
let clicking = 0; // timer of the clicks; 0 while none are played
let clicked = -1; // time in the part of the last click that was prepared (s)

const player = () => document.querySelector('#clip video[src]');
const start = () => props.value?.start || 0;

function tempo() {
  const gaps = taps.slice(1).map((tap, index) => tap - taps[index]).sort((a, b) => a - b);
  const middle = gaps.length >> 1;
  const gap = gaps.length % 2 ? gaps[middle] : (gaps[middle - 1] + gaps[middle]) / 2;
  return gap > 0 ? 60 / gap : 0;
}

function show() {
  const beats = taps.length > 1 ? tempo() : 0;
  bpm.textContent = beats ? `${beats.toFixed(1)} BPM` : '';
  undoButton.disabled = clearButton.disabled = hearButton.disabled = !taps.length;
  let sentence = 'Press Tap or the key T once to start the clip, then on each beat.';
  if (taps.length >= needed) sentence = `${taps.length} taps: the music will follow them.`;
  else if (taps.length) sentence = `${taps.length} of at least ${needed} taps.`;
  if (message.english !== sentence) message.textContent = sentence;
  message.english = sentence; // the text that is shown may be a translation
}

function tell() {
  props.value = { taps: taps.map((tap) => tap.toFixed(2)).join(', '), start: start() };
  trigger('input');
  show();
}

function read() {
  const text = props.value?.taps || '';
  taps = text.split(/[\s,;]+/).filter(Boolean).map(Number).filter(Number.isFinite);
  show();
}

function tap() {
  const video = player();
  if (!video) return;
  if (video.paused) {
    stopClicks();
    video.currentTime = start();
    video.play();
    taps = [];
    tell();
    message.english = message.textContent = 'Now tap on each beat.';
    return;
  }
  const time = video.currentTime - start();
  if (time < 0) return;
  taps.push(time);
  tapButton.classList.add('struck');
  setTimeout(() => tapButton.classList.remove('struck'), 90);
  tell();
}

function click(at) {
  const sound = new OscillatorNode(context, { frequency: CLICK_HZ });
  const volume = new GainNode(context, { gain: 0.4 });
  volume.gain.setValueAtTime(0.4, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + CLICK_S);
  sound.connect(volume).connect(context.destination);
  sound.start(at);
  sound.stop(at + CLICK_S);
  box.dataset.clicks = Number(box.dataset.clicks || 0) + 1;
}

function prepareClicks() {
  const video = player();
  if (!video || video.paused || video.ended || !element.isConnected) {
    stopClicks();
    return;
  }
  const now = video.currentTime - start();
  for (const time of taps) {
    if (time <= clicked || time < now - 0.02 || time > now + AHEAD_S) continue;
    click(context.currentTime + Math.max(0, time - now));
    clicked = time;
  }
}

function stopClicks() {
  clearInterval(clicking);
  clicking = 0;
  hearButton.setAttribute('aria-pressed', 'false');
}

async function hear() {
  const video = player();
  if (clicking) {
    stopClicks();
    video?.pause();
    return;
  }
  if (!video) return;
  context ??= new AudioContext();
  await context.resume();
  clicked = -1;
  video.currentTime = start();
  await video.play();
  hearButton.setAttribute('aria-pressed', 'true');
  clicking = setInterval(prepareClicks, 25);
}

// The pointer and the keys count when they go down, not when they come up.
tapButton.addEventListener('pointerdown', (event) => {
  if (event.button) return;
  tap();
  tapButton.dataset.tapped = 'yes';
});
tapButton.addEventListener('click', () => {
  if (tapButton.dataset.tapped) delete tapButton.dataset.tapped;
  else tap(); // by a program, such as a screen reader
});
undoButton.addEventListener('click', () => {
  taps.pop();
  tell();
});
clearButton.addEventListener('click', () => {
  taps = [];
  stopClicks();
  player()?.pause();
  tell();
});
hearButton.addEventListener('click', hear);

function isTapKey(event) {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || box.hidden) return false;
  const { activeElement: focused } = document;
  if (event.key === ' ') return focused === tapButton || focused === box;
  // Elsewhere, T is a letter.
  const isNear = focused === document.body || element.contains(focused) || focused.closest('#clip');
  return event.key.toLowerCase() === 't' && isNear && box.checkVisibility();
}
document.addEventListener('keydown', (event) => {
  if (!element.isConnected || !isTapKey(event)) return;
  event.preventDefault();
  tap();
});
// A space that was a tap is not a click, too.
tapButton.addEventListener('keyup', (event) => { if (event.key === ' ') event.preventDefault(); });

function showOrHide() {
  const video = player();
  box.hidden = !(video && video.readyState && video.videoWidth);
  if (box.hidden) stopClicks();
}
document.addEventListener('loadedmetadata', ({ target }) => {
  if (target.matches?.('#clip video')) showOrHide();
}, true);
new MutationObserver(showOrHide)
  .observe(document.body, { childList: true, subtree: true });
watch('value', read);
read();
showOrHide();
