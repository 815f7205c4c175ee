// What joins the parts: a result is shown, messages of the server arrive.

// Show the result with a key: at the moment at which the last one is, or from its first one,
// which it plays ('start') or not ('rest').
function select(key, entry = 'same') {
  const take = takes.get(key);
  if (!take) return;
  endRenaming(true);
  shown = take;
  if (entry === 'same') takeOver(take);
  else begin(take, entry === 'start');
  announce();
  scrollTo(key);
}

// Show what is known of the chosen result, here and in the parts of the page that follow it.
function announce() {
  box.shownTake = shown;
  showStrip();
  showDetails();
  document.dispatchEvent(new CustomEvent('take-shown', { detail: shown }));
}

function remove(keys) {
  const all = ordered();
  const place = all.findIndex((take) => take.key === shown?.key);
  for (const key of keys) {
    dropMovie(key);
    takes.delete(key);
  }
  forget(keys);
  if (!takes.size && example) takes.set(example.key, example);
  if (shown && takes.has(shown.key)) {
    announce();
    return;
  }
  const left = ordered();
  const next = left[Math.min(Math.max(place, 0), left.length - 1)];
  shown = null;
  if (next) select(next.key);
  else announce();
}

// Load the videos beside the one that is shown, so that switching to them is instant.
function preload() {
  const all = ordered();
  const at = all.findIndex((take) => take.key === shown?.key);
  for (const near of [all[at + 1], all[at - 1], all[at + 2]]) {
    if (near && !near.isExample && !movies.has(near.key) && movies.size < MOVIES) movieOf(near);
  }
}

// A new result plays at once, unless something else does or motion is not wanted.
function mayStart() {
  const others = [...document.querySelectorAll('video, audio')].filter((one) => !stage.contains(one));
  return document.visibilityState === 'visible'
    && others.every((one) => one.paused)
    && !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

// Bring the player into view for a new result, unless someone is typing.
function bringIntoView() {
  const top = stage.getBoundingClientRect();
  const isInView = top.top >= 0 && top.bottom <= innerHeight;
  if (isInView || document.activeElement?.matches('input, textarea, select')) return;
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  stage.scrollIntoView({ block: 'start', behavior: isCalm ? 'auto' : 'smooth' });
}

let example = null;
let jobShown = ''; // job whose first result was shown
let serial = null; // of the last message

function receive() {
  const message = props.value || {};
  if (message.serial === serial) return;
  serial = message.serial;
  if (message.example) {
    example = { ...message.example, name: '', pinned: false };
    if (!takes.size) takes.set(example.key, example);
  }
  if (message.problem || message.key === mixing) mixing = '';
  const added = merge(message.takes || []);
  if (message.gone?.length) forget(message.gone);
  if (shown) shown = takes.get(shown.key) || null;
  let next = message.show || '';
  const first = added.find((take) => !take.isShared);
  const isNewJob = !message.isRestored && first && first.job !== jobShown;
  if (isNewJob) jobShown = first.job;
  const isHeard = shown && isPlaying(); // the new result then takes over at the same moment
  if (isNewJob) next = first.key;
  if (!takes.has(next)) next = shown ? '' : ordered()[0]?.key || '';
  if (isNewJob && !isHeard) {
    select(next, mayStart() ? 'start' : 'rest');
    bringIntoView();
  } else if (next) {
    select(next);
  } else if (shown) {
    takeOver(shown); // its video may be another
    announce();
  }
  for (const key of [...movies.keys()]) {
    if (!takes.has(key) && movies.get(key) !== current) dropMovie(key);
  }
  preload();
  if (isNewJob && isHeard) say('The new result is playing.');
  report(message);
}

function report(message) {
  if (message.problem) say(message.problem);
  else if (message.isLinkGone) say('The shared result is no longer on the server.');
  else if (message.gone?.length) say('Earlier results are no longer on the server, and were removed here.');
  else if (message.key) say('The video has the new balance.');
}

watch('value', receive);
receive();
