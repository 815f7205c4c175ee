// The examples: a press on one puts it into the form. `d2m.web.example_gallery` passes this to
// Gradio, which calls it with `element`, the HTML around the buttons, and `trigger`.

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('select', { index: Number(button.dataset.index) });
});
