// The bar at the bottom of the window: what the job does, how much is done, the time left.
// `d2m.web.status_html` passes this to Gradio, which calls it with `element`, the HTML around
// the bar, `props`, whose value is the status, and `watch`.

const box = element.querySelector('.status');
const title = element.querySelector('.title');
const detail = element.querySelector('.detail');
const percent = element.querySelector('.percent');
const see = element.querySelector('.see'); // seen on narrow windows only
const bar = element.querySelector('[role=progressbar]');

// Texts change only when they differ, so that a screen reader says each of them once. What the
// node shows is no measure for that: translation.js may have translated it.
function write(node, text) {
  if (node.english === text) return;
  node.english = text;
  node.textContent = text;
}

let refused = ''; // why a file was not taken; shown until the next try or start

function show() {
  const shown = refused
    ? { kind: 'bad', title: 'That file was not taken', detail: refused }
    : props.value || {};
  const { kind = '', title: name = '', detail: sentence = '', share = null } = shown;
  const isRunning = share !== null;
  box.className = `status ${kind}`;
  write(title, name);
  // The time left changes all the time: only what comes at the end is read out.
  detail.setAttribute('aria-live', isRunning ? 'off' : 'polite');
  write(detail, sentence);
  bar.hidden = !isRunning;
  see.hidden = kind !== 'done';
  const done = Math.round(100 * (share || 0));
  write(percent, isRunning ? `${done} %` : '');
  bar.setAttribute('aria-valuenow', done);
  bar.setAttribute('aria-label', name);
  bar.firstElementChild.style.width = `${done}%`;
}

document.addEventListener('file-refused', ({ detail: sentence }) => {
  if (!element.checkVisibility()) return;
  refused = sentence;
  show();
});
watch('value', () => {
  refused = '';
  show();
});
show();
