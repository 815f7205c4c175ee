// The pictures of the score and the beats of the result that the player shows. Each has a light
// and a dark version; a click opens it in full size.

const DARK = { lanes: 'lanes_dark', png: 'dark' };
const TEXTS = { lanes: 'scoreText', png: 'plotText' };
const box = element.querySelector('.take-plots');

function show(take) {
  let count = 0;
  for (const figure of box.querySelectorAll('figure')) {
    const kind = figure.dataset.kind;
    for (const link of figure.querySelectorAll('a')) link.remove();
    for (const [version, ground] of [[kind, 'on-light'], [DARK[kind], 'on-dark']]) {
      const file = take?.files[version];
      if (!file) continue;
      const picture = new Image();
      picture.src = file.url;
      picture.alt = take[TEXTS[kind]] || '';
      const link = document.createElement('a');
      link.href = file.url;
      link.target = '_blank';
      link.className = ground;
      link.append(picture);
      figure.append(link);
    }
    figure.hidden = !figure.querySelector('a');
    if (!figure.hidden) count++;
  }
  box.hidden = !count;
}

document.addEventListener('take-shown', (event) => show(event.detail));
show(document.querySelector('.take-player')?.shownTake);
