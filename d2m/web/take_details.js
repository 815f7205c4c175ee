// What is known of the result that is shown, and what can be done with it.

const heading = find('.name h2');
const nameField = find('.name input');
const factsLine = find('.name .facts');
const note = find('.note');
const sentences = find('.sentences');
const balance = find('.balance');
const slider = find('.share-of-own');
const percent = find('.percent');
const ducking = find('.ducking');
const downloads = find('.downloads');
const [pinButton, renameButton, shareButton, deleteButton] =
  ['pin', 'rename', 'share', 'delete'].map((name) => find(`.actions .${name}`));
let mixing = ''; // key of the result that is mixed again

const clockTime = (seconds) =>
  new Date(1000 * seconds).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

// Return the name under which a file is saved: the result's own name, if it was given one.
function fileName(take, file) {
  const original = file.orig_name || 'result';
  if (!take.name) return original;
  const plain = take.name.replace(/[\\/:*?"<>|\s]+/g, '_').replace(/^[_.]+|_+$/g, '');
  const ending = original.split(`.${take.level}.`).pop();
  return plain ? `${plain}.${ending}` : original;
}

function noteOf(take) {
  if (take.isExample) return 'This example was made from one of the drawn dancers on this page.';
  if (take.isShared) return `Someone shared this result with you. It can be seen until ${clockTime(take.until)}.`;
  return `The server keeps this result until ${clockTime(take.until)}.`;
}

function showDetails() {
  const take = shown;
  find('.chosen').hidden = !take;
  if (!take) return;
  mark.textContent = take.isExample ? 'Example' : take.isShared ? 'Shared with you' : '';
  heading.translate = !(take.name || take.song); // names stay as they are
  heading.textContent = titleOf(take);
  factsLine.replaceChildren(...[
    take.levelTitle, take.variations > 1 ? `Variation ${take.variation}` : '', take.style, take.tempo,
  ].filter(Boolean).map((text) => part('span', text)));
  note.textContent = noteOf(take);
  sentences.replaceChildren(
    ...[...take.sentences, take.picture, take.rights].filter(Boolean).map((text) => part('li', text)));
  const isOwn = !take.isExample && !take.isShared;
  pinButton.hidden = renameButton.hidden = deleteButton.hidden = !isOwn;
  shareButton.hidden = take.isExample;
  pinButton.setAttribute('aria-pressed', String(take.pinned));
  showBalance(take, isOwn);
  showDownloads(take);
}

function showBalance(take, isOwn) {
  balance.hidden = !(isOwn && take.hasSound);
  const isMixing = mixing === take.key;
  balance.disabled = isMixing;
  if (isMixing) return;
  slider.value = Math.round(100 * take.balance);
  percent.textContent = `${slider.value} %`;
  ducking.checked = !!take.ducking;
}

function showDownloads(take) {
  const links = Object.entries(take.files)
    .filter(([kind]) => LABELS[kind])
    .map(([kind, file]) => {
      const link = part('a', LABELS[kind]);
      link.href = file.url;
      link.download = fileName(take, file);
      link.dataset.kind = kind;
      link.title = file.size ? `${(file.size / 1e6).toFixed(1)} MB` : '';
      return link;
    });
  downloads.replaceChildren(...links);
}

// The server names its files itself, so one with a name of its own is fetched first.
async function saveRenamed(event) {
  const link = event.target.closest('a');
  if (!link || !shown?.name) return;
  event.preventDefault();
  try {
    const response = await fetch(link.href);
    if (!response.ok) throw new Error(response.statusText);
    const copy = document.createElement('a');
    copy.href = URL.createObjectURL(await response.blob());
    copy.download = link.download;
    copy.click();
    setTimeout(() => URL.revokeObjectURL(copy.href), 60000);
  } catch {
    say('The file could not be loaded: its time on the server may be over.');
  }
}

function startRenaming() {
  nameField.value = titleOf(shown);
  nameField.dataset.key = shown.key;
  nameField.hidden = false;
  heading.hidden = true;
  nameField.focus();
  nameField.select();
}

function endRenaming(isKept) {
  if (nameField.hidden) return;
  const take = takes.get(nameField.dataset.key);
  nameField.hidden = true;
  heading.hidden = false;
  if (!take || !isKept) return;
  const name = nameField.value.trim();
  if (name === titleOf(take)) return;
  take.name = name;
  remember(take);
  announce();
}

downloads.addEventListener('click', saveRenamed);
renameButton.addEventListener('click', startRenaming);
nameField.addEventListener('blur', () => endRenaming(true));
nameField.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' && event.key !== 'Escape') return;
  event.preventDefault();
  endRenaming(event.key === 'Enter');
  renameButton.focus();
});
pinButton.addEventListener('click', () => {
  shown.pinned = !shown.pinned;
  remember(shown);
  showStrip();
  showDetails();
  scrollTo(shown.key);
});
shareButton.addEventListener('click', async () => {
  const link = new URL(location.pathname, location.href);
  link.searchParams.set('take', shown.share);
  try {
    await navigator.clipboard.writeText(link.href);
    say(`The link is copied. It works until ${clockTime(shown.until)}.`);
  } catch {
    window.prompt(translated('Copy this link:'), link.href); // without a secure connection
  }
});
deleteButton.addEventListener('click', () => {
  const key = shown.key;
  if (!window.confirm(translated('Delete this result, and its files on the server?'))) return;
  trigger('forget', { key });
  remove([key]);
  say('The result is deleted.');
  strip.querySelector('.card-of-take')?.focus();
});
function remix() {
  mixing = shown.key;
  balance.disabled = true;
  say('Mixing the sound...');
  trigger('remix', { key: shown.key, balance: slider.value / 100, ducking: ducking.checked });
}
slider.addEventListener('input', () => { percent.textContent = `${slider.value} %`; });
slider.addEventListener('change', remix);
ducking.addEventListener('change', remix);
