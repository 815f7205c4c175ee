// Shows the page in the language of the browser. The English text is the key: the table of a
// language (texts/<language>.json) holds English -> translation. "{}" in a key stands for a number,
// a name or another text; its translation holds "{}" in the same order, or {0}, {1}, … in another.
// Texts of several sentences are translated sentence by sentence, and those with colons or commas,
// such as "what is wrong: what to do", part by part. What the table lacks stays English. The script runs
// before Gradio draws the page.
(() => {
  const CHOICE = 'language';            // the name of the parameter and of the stored choice
  const LANGUAGES = 'LANGUAGE CODES'.split(' ');
  const ATTRIBUTES = ['aria-label', 'title', 'placeholder', 'alt'];
  const INLINE = new Set(['A', 'B', 'BR', 'CODE', 'EM', 'I', 'KBD', 'SPAN', 'STRONG']);
  const NO_SPACES = ['ja', 'zh'];       // languages without spaces between sentences
  const COMMAS = { ja: '、', zh: '，' };
  const COLONS = { fr: ' : ', ja: '：', zh: '：' };
  const UNTOUCHED = '[translate="no"], script, style, textarea, code';
  const MOST_KEPT = 3000;               // texts whose translation is kept (count)
  const SPECIFIC = 10;                  // a key with fewer letters of its own takes only numbers

  function stored() {
    try {
      return localStorage.getItem(CHOICE);
    } catch {
      return null;                      // storage is switched off
    }
  }

  function chosenLanguage() {
    const asked = new URLSearchParams(location.search).get('lang') || stored();
    for (const tag of asked ? [asked] : navigator.languages || [navigator.language]) {
      const code = tag.toLowerCase().split('-')[0];
      if (LANGUAGES.includes(code)) return code;
    }
    return 'en';
  }

  // The select at the bottom of the page. The page is loaded anew in the other language.
  function offerLanguages(current) {
    document.addEventListener('change', (event) => {
      if (event.target.id !== CHOICE) return;
      try {
        localStorage.setItem(CHOICE, event.target.value);
      } catch { /* the choice then holds for this page only */ }
      const address = new URL(location.href);
      address.searchParams.set('lang', event.target.value);
      location.replace(address);
    });
    const show = () => {
      const select = document.getElementById(CHOICE);
      if (select) select.value = current;
      return select;
    };
    const watcher = new MutationObserver(() => show() && watcher.disconnect());
    watcher.observe(document.documentElement, { childList: true, subtree: true });
  }

  // Tells screen readers the language. Gradio writes that of the browser, also if it is not offered.
  function keepLanguage(language) {
    const root = document.documentElement;
    const write = () => { if (root.lang !== language) root.lang = language; };
    write();
    root.dir = 'ltr';
    new MutationObserver(write).observe(root, { attributeFilter: ['lang'] });
  }

  // Returns the table of a language. The page waits for it, so that no English text flashes up.
  function tableOf(language) {
    const request = new XMLHttpRequest();
    request.open('GET', `texts/${language}.json`, false);
    request.send();
    return request.status === 200 ? JSON.parse(request.responseText) : {};
  }

  // Returns a function from an English text to its translation, or null without one.
  function translator(table, language) {
    const space = NO_SPACES.includes(language) ? '' : ' ';
    const exact = new Map();
    const templates = [];
    for (const [english, text] of Object.entries(table)) {
      if (!english.includes('{}')) {
        exact.set(english, text);
        continue;
      }
      const parts = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const own = parts.join('').length;
      const value = own < SPECIFIC ? '([\\d.,]+)' : '(.+?)';
      templates.push([new RegExp(`^${parts.join(value)}$`, 's'), text, own]);
    }
    templates.sort((one, other) => other[2] - one[2]);  // the most specific first
    const known = new Map();

    function fill(text, values) {
      let place = 0;
      return text.replace(/\{(\d*)\}/g, (_, number) => {
        const value = values[number === '' ? place++ : Number(number)];
        return translate(value) ?? value;
      });
    }

    function find(english) {
      if (exact.has(english)) return exact.get(english);
      for (const [pattern, text] of templates) {
        const match = pattern.exec(english);
        if (match) return fill(text, match.slice(1));
      }
      return together(english.split(/(?<=[.!?]) (?=\S)/), space)
        ?? together(english.split(': '), COLONS[language] ?? ': ')
        ?? together(english.split(', '), COMMAS[language] ?? ', ');
    }

    function together(parts, between) {
      const texts = parts.length > 1 ? parts.map(translate) : [null];
      return texts.includes(null) ? null : texts.join(between);
    }

    function translate(english) {
      if (!/\p{L}{2}/u.test(english)) return null;      // numbers, times
      if (!known.has(english)) {
        if (known.size >= MOST_KEPT) known.clear();
        known.set(english, null);                       // in case a text contains itself
        known.set(english, find(english));
      }
      return known.get(english);
    }

    return translate;
  }

  // Translates what the page shows now and later.
  class Translation {
    constructor(table, language) {
      this.translate = translator(table, language);
      this.results = new Set(Object.values(table));
      this.written = new WeakMap();     // nodes and the text that they got here
      this.untranslated = new Set();    // for tools/page_texts and the tests
    }

    // Choices of lists are shown as values of inputs, which nothing else may change.
    translateChoices(components) {
      for (const { props } of components || []) {
        props?.choices?.forEach?.((choice) => {
          const text = Array.isArray(choice) && typeof choice[0] === 'string'
            && this.lookUp(choice[0]);
          if (text) choice[0] = text;
        });
      }
    }

    lookUp(raw) {
      const english = raw.replace(/\s+/g, ' ').trim();
      const text = this.translate(english);
      if (text !== null) this.results.add(text);
      if (text === null && /\p{L}{2}/u.test(english) && !this.results.has(english)) {
        this.untranslated.add(english);
      }
      return text;
    }

    textNode(node) {
      if (this.written.get(node) === node.data || !node.parentElement) return;
      if (node.parentElement.closest(UNTOUCHED)) return;
      const text = this.lookUp(node.data);
      if (text === null) return;
      const [, before, after] = /^(\s*).*?(\s*)$/s.exec(node.data);
      node.data = before + text + after;
      this.written.set(node, node.data);
    }

    attribute(element, name) {
      const value = element.getAttribute(name);
      if (!value || element.closest(UNTOUCHED)) return;
      const mark = this.written.get(element) || {};
      if (mark[name] === value) return;
      const text = this.lookUp(value);
      if (text === null) return;
      mark[name] = text;
      this.written.set(element, mark);
      element.setAttribute(name, text);
    }

    // Translates a sentence with words in bold and the like as a whole; the key holds the tags
    // without attributes. Returns whether it did.
    sentence(element) {
      const parts = [...element.childNodes].filter((node) => node.nodeType !== Node.COMMENT_NODE);
      const children = [...element.children];
      if (!children.length || element.closest(UNTOUCHED)) return false;
      if (!parts.some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) return false;
      if (!children.every((one) => INLINE.has(one.tagName) && !one.children.length)) return false;
      const english = parts.map((node) => {
        const tag = node.nodeType === Node.ELEMENT_NODE && node.tagName.toLowerCase();
        return tag ? `<${tag}>${node.textContent}</${tag}>` : node.data;
      }).join('').replace(/\s+/g, ' ').trim();
      const text = this.translate(english);
      if (text === null) return false;
      const made = document.createDocumentFragment();
      for (const [, tag, inner, plain] of text.matchAll(/<(\w+)>(.*?)<\/\1>|([^<]+|<)/gs)) {
        const place = tag ? children.findIndex((one) => one.tagName === tag.toUpperCase()) : -1;
        const node = place < 0
          ? document.createTextNode(plain ?? inner)
          : children.splice(place, 1)[0];
        if (place >= 0 && node.textContent !== inner) node.textContent = inner;
        made.append(node);
        for (const one of place < 0 ? [node] : node.childNodes) this.written.set(one, one.data);
      }
      element.replaceChildren(made);
      return true;
    }

    tree(root) {
      if (root.nodeType === Node.TEXT_NODE) {
        if (!this.sentence(root.parentElement)) this.textNode(root);
        return;
      }
      if (root.nodeType !== Node.ELEMENT_NODE || root.closest(UNTOUCHED)) return;
      for (const name of ATTRIBUTES) if (root.hasAttribute(name)) this.attribute(root, name);
      if (this.sentence(root)) return;
      for (const child of [...root.childNodes]) {
        if (child.nodeType === Node.TEXT_NODE) this.textNode(child);
        else this.tree(child);
      }
    }

    watch(root) {
      this.tree(root);
      new MutationObserver((changes) => {
        for (const { type, target, attributeName, addedNodes } of changes) {
          if (type === 'attributes') this.attribute(target, attributeName);
          else if (type === 'childList') {
            addedNodes.forEach((node) => node.isConnected && this.tree(node));
          } else if (target.parentElement && this.written.get(target) !== target.data) {
            this.tree(target);
          }
        }
      }).observe(root, {
        attributeFilter: ATTRIBUTES, characterData: true, childList: true, subtree: true,
      });
    }
  }

  const language = chosenLanguage();
  keepLanguage(language);
  offerLanguages(language);
  window.translated = (english) => english;  // for texts that are not in the document
  if (language === 'en') return;
  const translation = new Translation(tableOf(language), language);
  const config = window.gradio_config;
  translation.translateChoices(config?.components);
  translation.watch(document.documentElement);
  window.translated = (english) => translation.translate(english) ?? english;
  window.untranslatedTexts = translation.untranslated;
})();
