// The list of results, and what the browser remembers of it. `d2m.web.take_player` joins this
// and the other take_*.js but take_plots.js into one script, which Gradio calls with `element`,
// the HTML around the player, `props`, whose value is a message of the server, `watch`, and
// `trigger`, which sends an event to the server.

const STORE = 'd2m.takes'; // name of the list in the browser's storage
const MOST = 60; // results that are remembered

const find = (selector) => element.querySelector(selector);
const box = find('.take-player');
const said = find('.said');

let takes = new Map(); // results by key
let shown = null; // the one that is shown

// Return what is remembered: key, name, pinned, until (seconds) of each result, newest first.
function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE));
    return Array.isArray(kept) ? kept.filter((one) => one && typeof one.key === 'string') : [];
  } catch {
    return [];
  }
}

function write(kept) {
  try {
    localStorage.setItem(STORE, JSON.stringify(kept.slice(0, MOST)));
  } catch {
    // Without storage, results are there until the page is loaded again.
  }
}

// Another tab may have changed the list since, so it is read again each time.
function remember(take) {
  if (take.isExample || take.isShared) return;
  const kept = remembered();
  const entry = { key: take.key, name: take.name || '', pinned: !!take.pinned, until: take.until };
  const place = kept.findIndex((one) => one.key === take.key);
  if (place < 0) kept.unshift(entry);
  else kept[place] = entry;
  write(kept);
}

function forget(keys) {
  write(remembered().filter((one) => !keys.includes(one.key)));
}

// Add results, or replace them; return those that are new.
function merge(list) {
  const names = new Map(remembered().map((one) => [one.key, one]));
  const added = [];
  for (const take of list) {
    const before = takes.get(take.key);
    const own = before || names.get(take.key) || {};
    take.name = own.name || '';
    take.pinned = !!own.pinned;
    if (!before) added.push(take);
    takes.set(take.key, take);
    remember(take);
  }
  if ([...takes.values()].some((take) => !take.isExample)) takes.delete('example');
  return added;
}

// Return the results as the strip shows them: pinned ones first, then the newest job.
function ordered() {
  const levels = ['studio', 'high', 'low'];
  const rank = (take) => (levels.indexOf(take.level) + 1 || levels.length + 1);
  const jobs = new Map();
  for (const take of takes.values()) {
    jobs.set(take.job, Math.max(jobs.get(take.job) || 0, take.until));
  }
  return [...takes.values()].sort((one, other) =>
    other.pinned - one.pinned
    || jobs.get(other.job) - jobs.get(one.job)
    || one.variation - other.variation
    || rank(one) - rank(other));
}

const titleOf = (take) => take.name || take.song || take.style || take.levelTitle;

function say(sentence) {
  said.textContent = sentence;
}
