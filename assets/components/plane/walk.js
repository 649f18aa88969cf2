/** The way along β: a slider over the runs of one curve and seed, and a button that goes from one to the next. */

/** @typedef {import('./runs.js').Run} Run */

const STEP_MS = 700;
const SETTLE_MS = 150; // a held key is one choice

const FRAME = `
  <button type="button">
    <svg viewBox="0 0 10 10" aria-hidden="true"><path class="play" d="M2 1 9 5 2 9Z"/><path class="pause" d="M2 1h2v8H2zM6 1h2v8H6z"/></svg>
    Along β
  </button>
  <input type="range" min="0" step="1" aria-label="β">
  <span aria-hidden="true"></span>`;

/**
 * @typedef {object} Hands what a walk does to its plane
 * @property {(id: string) => void} go to another run
 * @property {() => void} settle where it is
 * @property {() => void} open the run there
 */

export class Walk {
  /** @param {HTMLElement} parent @param {string} noteId of what describes the slider @param {Hands} hands */
  constructor(parent, noteId, hands) {
    this.root = document.createElement('div');
    this.root.className = 'walk';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const part = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.button = /** @type {HTMLButtonElement} */ (part('button'));
    this.slider = /** @type {HTMLInputElement} */ (part('input'));
    this.label = /** @type {HTMLElement} */ (part('span'));
    this.slider.setAttribute('aria-describedby', noteId);
    this.hands = hands;
    /** @type {Run[]} in increasing β */
    this.runs = [];
    this.playing = false;
    this.held = false; // by a pointer
    this.timer = 0; // to the next step, or until keys have settled
    this.settleMs = 0;
    this.button.onclick = () => this.press();
    this.listenToSlider();
    this.hidden = () => { if (document.hidden && this.playing) this.settle(); };
    document.addEventListener('visibilitychange', this.hidden);
  }

  listenToSlider() {
    const { slider } = this;
    slider.onpointerdown = () => {
      this.stop();
      this.held = true;
      this.settleMs = 0;
    };
    // Let go where it was taken: the slider itself says nothing.
    this.release = () => { if (this.held) this.settleIn(0); };
    for (const name of ['pointerup', 'pointercancel']) window.addEventListener(name, this.release);
    slider.onkeydown = (event) => {
      this.settleMs = SETTLE_MS;
      if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.stop();
      this.hands.open();
    };
    slider.oninput = () => {
      if (this.playing) this.stop();
      this.hands.go(this.runs[Number(slider.value)].run);
      if (!this.held) this.settleIn(SETTLE_MS);
    };
    slider.onchange = () => this.settleIn(this.settleMs);
  }

  /** Whether a hand or the button is on the way, so that new data would disturb. */
  get busy() {
    return this.playing || this.held || this.timer !== 0;
  }

  get place() {
    return Number(this.slider.value);
  }

  /** @param {Run[]} runs in increasing β @param {string|undefined} at the id of one of them */
  show(runs, at) {
    this.runs = runs;
    const place = runs.findIndex(({ run }) => run === at);
    const label = runs[place]?.label ?? '';
    this.slider.max = String(Math.max(0, runs.length - 1));
    if (place !== this.place) this.slider.value = String(place);
    this.slider.setAttribute('aria-valuetext', label);
    this.label.textContent = label;
    this.slider.disabled = this.button.disabled = runs.length < 2;
    this.root.classList.toggle('playing', this.playing);
    this.button.setAttribute('aria-label', this.playing ? 'Pause along β' : 'Play along β');
  }

  press() {
    if (this.playing) return this.settle();
    this.stop();
    this.playing = true;
    return this.step();
  }

  /** To the next β, or from the last one to the first. */
  step() {
    const last = this.runs.length - 1;
    const next = this.place >= last ? 0 : this.place + 1;
    if (next === last) this.playing = false; // it is there
    this.hands.go(this.runs[next].run);
    if (this.playing) this.timer = window.setTimeout(() => this.step(), STEP_MS);
    else this.settle();
  }

  /** @param {number} ms */
  settleIn(ms) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.settle(), ms);
  }

  settle() {
    this.stop();
    this.hands.settle();
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.playing = this.held = false;
  }

  destroy() {
    this.stop();
    for (const name of ['pointerup', 'pointercancel']) window.removeEventListener(name, this.release);
    document.removeEventListener('visibilitychange', this.hidden);
  }
}
