// The list of styles: a press on a row chooses its style, its play button plays three seconds.
// `d2m.web.style_list` passes this to Gradio, which calls it with `element`, the HTML around the
// list, `props`, whose value is {style, files}, `trigger` and `watch`.

const sound = new Audio();
let playing = ''; // name of the style that plays

const rows = [...element.querySelectorAll('[data-style]')];

function show() {
  const { style = '', files = {} } = props.value || {};
  for (const row of rows) {
    row.querySelector('input').checked = row.dataset.style === style;
    const button = row.querySelector('button');
    if (!button) continue;
    button.hidden = !files[row.dataset.style];
    const isPlaying = row.dataset.style === playing;
    button.setAttribute('aria-pressed', String(isPlaying));
    button.firstElementChild.textContent = isPlaying ? '■' : '▶';
  }
}

function stop() {
  playing = '';
  sound.pause();
  show();
}

function play(style) {
  const file = props.value?.files?.[style];
  if (playing === style || !file) {
    stop();
    return;
  }
  for (const media of document.querySelectorAll('video, audio')) media.pause();
  playing = style;
  sound.src = file.url;
  sound.play().catch(stop);
  show();
}

sound.addEventListener('ended', stop);
// Nothing else on the page plays at the same time.
document.addEventListener('play', ({ target }) => { if (playing && target !== sound) stop(); }, true);

for (const row of rows) {
  row.querySelector('input').addEventListener('change', () => {
    props.value = { ...props.value, style: row.dataset.style };
    trigger('input');
  });
  row.querySelector('button')?.addEventListener('click', () => play(row.dataset.style));
}
element.querySelector('details').addEventListener('toggle', () => { if (playing) stop(); });
watch('value', show);
show();
