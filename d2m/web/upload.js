// Checks files before they are sent, as far as the browser can read them, and lets the page take
// files by their names whose kind the browser does not know, such as MTS, or takes for another,
// such as GIF or a video as a song: Gradio accepts only what the browser calls a video, or audio.
// `d2m.web.upload_limits` fills in the limits and passes this to Gradio, which calls it once.
() => {
  const LIMITS = {}; // filled in, by the place on the page
  const READ_S = 4; // for which the duration is waited for before a file is sent unchecked
  const own = Object.getOwnPropertyDescriptor(Blob.prototype, 'type');
  const isDancing = () => document.querySelector('#song')?.checkVisibility();
  Object.defineProperty(File.prototype, 'type', {
    configurable: true,
    get() {
      const type = own.get.call(this);
      const name = this.name.toLowerCase();
      const endsAs = (endings) => endings.some((ending) => name.endsWith(`.${ending}`));
      if (isDancing()) return endsAs(LIMITS['#song'].endings) ? 'audio/mpeg' : type;
      return endsAs(LIMITS['#clip'].endings) && !type.startsWith('video/') ? 'video/mp4' : type;
    },
  });
  document.addEventListener('click', () => {
    for (const [place, { kinds, endings }] of Object.entries(LIMITS)) {
      const input = document.querySelector(`${place} input[type=file]`);
      if (input) input.accept = [...kinds, ...endings.map((ending) => `.${ending}`)].join(',');
    }
  }, true);

  // Return the duration (s) and the size of the pictures (px), or nothing if the browser can't.
  function read(file) {
    return new Promise((resolve) => {
      const media = document.createElement('video');
      const address = URL.createObjectURL(file);
      const end = (found) => {
        resolve(found);
        URL.revokeObjectURL(address);
      };
      media.addEventListener('loadedmetadata', () =>
        end({ duration: media.duration, width: media.videoWidth, height: media.videoHeight }));
      media.addEventListener('error', () => end(null));
      setTimeout(() => end(null), 1000 * READ_S);
      Object.assign(media, { preload: 'metadata', muted: true, src: address });
    });
  }

  // Return why a file can't be used, or nothing.
  async function reason(file, { noun, bytes, least, most, pixels }) {
    const megabytes = Math.round(file.size / 1e6);
    if (file.size > bytes) {
      return `The file ${file.name} has ${megabytes} MB, but at most ${bytes / 1e6} MB are accepted: choose a smaller one.`;
    }
    const found = await read(file);
    if (!found) return '';
    const { duration, width, height } = found;
    if (duration < least) {
      return `The ${noun} ${file.name} lasts ${duration.toFixed(1)} s, but at least ${least} s are needed: choose a longer one.`;
    }
    if (most && Number.isFinite(duration) && duration > most) {
      return `The ${noun} ${file.name} lasts ${Math.round(duration / 60)} minutes, but at most ${most / 60} are accepted: cut it first.`;
    }
    if (pixels && width * height > pixels) {
      return `The pictures of ${file.name} have ${width} x ${height} pixels, but at most 4K is accepted: choose a smaller size.`;
    }
    return '';
  }

  const checked = new WeakSet(); // events that are sent again after the check
  async function check(event, files) {
    if (checked.has(event) || files?.length !== 1) return;
    const limits = Object.entries(LIMITS).find(([place]) => event.target.closest?.(place))?.[1];
    if (!limits) return;
    const { target } = event;
    const [file] = files;
    event.stopImmediatePropagation();
    event.preventDefault();
    document.dispatchEvent(new CustomEvent('file-refused', { detail: '' })); // a new try
    const sentence = await reason(file, limits);
    if (sentence) {
      if (event.type === 'change') target.value = '';
      document.dispatchEvent(new CustomEvent('file-refused', { detail: sentence }));
      return;
    }
    let again = new Event('change', { bubbles: true });
    if (event.type === 'drop') {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(file);
      again = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
    }
    checked.add(again);
    target.dispatchEvent(again);
  }
  document.addEventListener('change', (event) => {
    if (event.target.matches?.('input[type=file]')) check(event, event.target.files);
  }, true);
  document.addEventListener('drop', (event) => check(event, event.dataTransfer?.files), true);
}
