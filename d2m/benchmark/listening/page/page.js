'use strict';
// The page of a listening study. All that it knows is in the address: #join=INVITATION before a
// rater agrees, #rater=TOKEN afterwards.

const main = document.querySelector('#main');
const status = document.querySelector('#status');
const PLAYED_SHARE = 0.95;  // as the server asks
const WAIT_MS = [500, 1000, 2000, 4000, 8000];
const TIMEOUT_MS = 20000;
let unsaved = false;

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

function show(title, ...children) {
  const heading = make('h1', { tabIndex: -1 }, title);
  main.replaceChildren(heading, ...children);
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Ask the server until it answers. An answer below 500 is final, except for too many requests.
async function ask(path, body, waiting) {
  const token = secretOf('rater');
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const options = { headers, cache: 'no-store' };
  if (body) Object.assign(options, { method: 'POST', body: JSON.stringify(body) });
  for (let turn = 0; ; turn += 1) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(path, { ...options, signal: abort.signal });
      if (response.status < 500 && response.status !== 429) {
        const found = await response.json();
        say('');
        return { status: response.status, ...found };
      }
    } catch {
      // The connection failed, or the reply was cut off.
    } finally {
      clearTimeout(timer);
    }
    say(waiting);
    await sleep(WAIT_MS[Math.min(turn, WAIT_MS.length - 1)] * (0.75 + 0.5 * Math.random()));
  }
}

function secretOf(name) {
  return new URLSearchParams(location.hash.slice(1)).get(name) ?? '';
}

function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function start() {
  const study = await ask('api/study', null, 'Not loaded yet, trying again.');
  document.title = study.title;
  if (secretOf('rater')) return next(await ask('api/trial', null, 'Not loaded yet, trying again.'));
  return askConsent(study);
}

function askConsent(study) {
  const box = make('input', { type: 'checkbox', id: 'agree' });
  const button = make('button', { type: 'button', disabled: true }, 'Start');
  box.addEventListener('change', () => { button.disabled = !box.checked; });
  button.addEventListener('click', async () => {
    button.disabled = true;
    // The token goes into the address first: whatever happens then, reloading the page goes on.
    const invitation = secretOf('join');
    const token = newToken();
    history.replaceState(null, '', `#join=${invitation}&rater=${token}`);
    next(await ask('api/join', { invitation, token }, 'Not joined yet, trying again.'));
  });
  show(
    study.title,
    ...study.consent.split(/\n\s*\n/).map((text) => make('p', {}, text.trim())),
    make('p', { className: 'soft' }, `Contact: ${study.contact}`),
    make('label', { className: 'option agree' }, box, 'I have read this, and I take part.'),
    button,
  );
}

async function next(found) {
  if (found.status === 401 && secretOf('join')) {
    // The page was closed before the server knew this rater.
    const body = { invitation: secretOf('join'), token: secretOf('rater') };
    return next(await ask('api/join', body, 'Not joined yet, trying again.'));
  }
  if (found.status === 200 && secretOf('join')) {
    history.replaceState(null, '', `#rater=${secretOf('rater')}`);
  }
  if (found.error) return show('Sorry', make('p', {}, found.error));
  if (found.done) return showEnd(found.code);
  return showTrial(found);
}

function showEnd(code) {
  show(
    'Thank you',
    make('p', {}, 'All your answers are saved. Your completion code is'),
    make('p', { className: 'code' }, code),
    make('p', {}, 'Keep it if you were asked for it. You can close this page now.'),
  );
}

function showTrial(trial) {
  const players = trial.media.map((medium) => makePlayer(medium));
  for (const player of players) {
    player.onstart = () => players.forEach((other) => other !== player && other.pause());
  }
  const fields = trial.questions.map((question) => makeQuestion(question));
  const save = make('button', { disabled: true }, 'Save and go on');
  const form = make('form', {}, ...fields, save);
  const played = () => players.every((player) => player.isPlayed());
  const chosen = () => trial.questions.every((question) => form.elements[question.key].value);
  const refresh = () => {
    const isOpening = played() && fields[0].disabled;
    fields.forEach((field) => { field.disabled = !played(); });
    save.disabled = !(played() && chosen());
    if (isOpening) say('You can answer now.');
  };
  players.forEach((player) => { player.onend = refresh; });
  form.addEventListener('change', refresh);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (save.disabled) return;
    save.disabled = true;
    players.forEach((player) => player.pause());
    const values = Object.fromEntries(
      trial.questions.map(({ key }) => [key, Number(form.elements[key].value)]));
    const body = {
      position: trial.position, values, played_s: players.map((player) => player.seconds()),
    };
    unsaved = true;
    const found = await ask('api/answer', body, 'Not saved yet, trying again.');
    unsaved = false;
    if (found.status === 409 || found.status === 422) {
      await next(await ask('api/trial', null, 'Not loaded yet, trying again.'));
      say(found.error);
      return;
    }
    next(found);
  });
  const total = make('progress', { max: trial.total, value: trial.position });
  total.setAttribute('aria-label', 'Part of the study that is done');
  const isPair = players.length > 1;
  show(
    `Part ${trial.position + 1} of ${trial.total}`,
    total,
    make('p', {}, trial.hint || ''),
    make('p', { className: 'soft' },
      `Play ${isPair ? 'both' : 'it'} to the end, then answer.`),
    make('div', { className: isPair ? 'players pair' : 'players' },
      ...players.map((player) => player.figure)),
    form,
    make('p', { className: 'soft' },
      'You can stop and go on later: keep the address of this page as a bookmark.'),
  );
}

function makeQuestion(question) {
  const options = question.options.map(({ value, label }) => make('label', { className: 'option' },
    make('input', { type: 'radio', name: question.key, value, required: true }), label));
  return make('fieldset', { disabled: true }, make('legend', {}, question.text),
    make('div', { className: 'options' }, ...options));
}

// A player without a way to skip: a button, and how much was played.
function makePlayer(medium) {
  const media = make(medium.is_video ? 'video' : 'audio', {
    src: medium.url, preload: 'auto', playsInline: true, disablePictureInPicture: true,
  });
  const name = medium.label ? ` ${medium.label.toLowerCase()}` : '';
  const button = make('button', { type: 'button' }, `Play${name}`);
  const bar = make('progress', { max: 1, value: 0 });
  bar.setAttribute('aria-label', `Part${name && ` of${name}`} that was played`);
  const player = {
    figure: make('figure', {}, media, button, bar),
    pause: () => media.pause(),
    seconds: () => {
      let sum = 0;
      for (let at = 0; at < media.played.length; at += 1) {
        sum += media.played.end(at) - media.played.start(at);
      }
      return Math.round(sum * 1000) / 1000;
    },
    isPlayed: () => hasEnded && player.seconds() >= PLAYED_SHARE * medium.duration_s,
    onstart: () => {},
    onend: () => {},
  };
  let hasEnded = false;
  let failures = 0;
  if (medium.label) player.figure.prepend(make('figcaption', {}, medium.label));
  const label = () => {
    button.textContent = media.paused ? `Play${name}${hasEnded ? ' again' : ''}` : `Pause${name}`;
  };
  button.addEventListener('click', () => {
    if (media.paused) media.play().catch(() => say('Not loaded yet, please wait and play again.'));
    else media.pause();
  });
  media.addEventListener('play', () => { player.onstart(); label(); });
  media.addEventListener('pause', label);
  media.addEventListener('timeupdate', () => {
    bar.value = Math.max(bar.value, media.currentTime / medium.duration_s);
  });
  media.addEventListener('ended', () => {
    hasEnded = true;
    bar.value = 1;
    label();
    player.onend();
  });
  media.addEventListener('error', async () => {
    if (hasEnded) return;
    say('The sound is not loaded yet, trying again.');
    await sleep(WAIT_MS[Math.min(failures, WAIT_MS.length - 1)]);
    failures += 1;
    media.load();
    media.addEventListener('canplay', () => say(''), { once: true });
  });
  return player;
}

addEventListener('beforeunload', (event) => { if (unsaved) event.preventDefault(); });
// A link that is pasted into the same tab.
addEventListener('hashchange', () => location.reload());
start();
