// The strip: a card for each result. A click or the arrow keys choose one.

const strip = find('.strip');

function part(tag, text, className = '') {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

function card(take) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'card-of-take';
  button.dataset.key = take.key;
  button.setAttribute('aria-pressed', String(take.key === shown?.key));
  const line = part('span', '', 'line');
  line.append(part('span', take.levelTitle, 'level'));
  if (take.variations > 1) line.append(part('span', `Variation ${take.variation}`));
  const facts = part('span', '', 'line');
  if (take.style) facts.append(part('span', take.style));
  if (take.tempo) facts.append(part('span', take.tempo));
  if (take.score) facts.append(part('span', `Beat ${take.score}`));
  const marks = part('span', '', 'line marks');
  if (take.isExample) marks.append(part('span', 'Example'));
  if (take.isShared) marks.append(part('span', 'Shared with you'));
  if (take.pinned) marks.append(part('span', 'Pinned'));
  const title = part('span', titleOf(take), 'title');
  title.translate = !(take.name || take.song); // names stay as they are
  button.append(title, line, facts);
  if (marks.childElementCount) button.append(marks);
  item.append(button);
  return item;
}

function showStrip() {
  const focused = document.activeElement?.closest?.('.card-of-take')?.dataset.key;
  const left = strip.scrollLeft;
  strip.replaceChildren(...ordered().map(card));
  strip.scrollLeft = left;
  strip.hidden = !takes.size;
  if (focused) cardOf(focused)?.focus({ preventScroll: true });
}

const cardOf = (key) => strip.querySelector(`[data-key="${CSS.escape(key)}"]`);

function scrollTo(key) {
  const item = cardOf(key)?.parentElement;
  if (!item) return;
  const [one, all] = [item.getBoundingClientRect(), strip.getBoundingClientRect()];
  if (one.left < all.left) strip.scrollLeft += one.left - all.left;
  if (one.right > all.right) strip.scrollLeft += one.right - all.right;
  if (one.top < all.top) strip.scrollTop += one.top - all.top;
  if (one.bottom > all.bottom) strip.scrollTop += one.bottom - all.bottom;
}

strip.addEventListener('click', (event) => {
  const key = event.target.closest('.card-of-take')?.dataset.key;
  if (key) select(key);
});
strip.addEventListener('keydown', (event) => {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const all = ordered();
  const at = all.findIndex((take) => take.key === event.target.closest('.card-of-take')?.dataset.key);
  let next = at + (steps[event.key] || 0);
  if (event.key === 'Home') next = 0;
  if (event.key === 'End') next = all.length - 1;
  if (next === at || at < 0 || !all[next]) return;
  event.preventDefault();
  select(all[next].key);
  cardOf(all[next].key)?.focus();
});
