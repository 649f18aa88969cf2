/** The row of toggles under the pad: which layers are drawn. Toggling one sends nothing anywhere. */

/** @type {[name: string, words: string, help: string][]} */
const LAYERS = [
  ['points', 'Codes', "The encoder's mean of each image, coloured by class"],
  ['rings', 'Prior', "The prior's rings at 1 and 2 σ"],
  ['ellipses', 'q(z|x)', "The encoder's ellipse of the image, at 1 and 2 σ"],
  ['density', 'q(z)', 'The aggregate posterior: the density of the codes of all images'],
  ['holes', 'Holes', 'Hatched: the prior has mass there, the codes of all images have next to none'],
  ['stretch', 'Stretch', "How much the decoder stretches the plane: the volume of its Jacobian"],
  ['manifold', 'Manifold', 'The images that the plane decodes to'],
  ['forces', 'Forces', 'What the terms of the ELBO pull at a code with, along this plane'],
];

/** Pictures that would cover one another: one at a time. */
const GROUNDS = ['density', 'stretch', 'manifold'];

/** The toggles. `on` is what is drawn. */
export class Layers {
  /**
   * @param {HTMLElement} host
   * @param {() => void} changed
   */
  constructor(host, changed) {
    this.changed = changed;
    /** @type {Set<string>} */
    this.on = new Set();
    /** @type {Map<string, HTMLButtonElement>} */
    this.buttons = new Map();
    for (const [name, words, help] of LAYERS) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'layer';
      button.dataset.layer = name;
      button.textContent = words;
      button.title = help;
      button.onclick = () => this.toggle(name);
      this.buttons.set(name, button);
      host.append(button);
    }
    this.begun = false;
  }

  /** @param {string[]} names on at first; afterwards the visitor's choice stays */
  begin(names) {
    if (this.begun) return;
    this.begun = true;
    this.on = new Set(names);
    this.show();
  }

  /** @param {Record<string, boolean>} possible layers that there is something for */
  allow(possible) {
    for (const [name, button] of this.buttons) button.hidden = possible[name] === false;
  }

  /** @param {string} name */
  toggle(name) {
    if (this.on.has(name)) this.on.delete(name);
    else {
      if (GROUNDS.includes(name)) for (const ground of GROUNDS) this.on.delete(ground);
      this.on.add(name);
    }
    this.show();
    this.changed();
  }

  show() {
    for (const [name, button] of this.buttons) button.setAttribute('aria-pressed', String(this.on.has(name)));
  }
}
