/** One slider per latent dimension, as real range inputs: pointer, touch and keyboard come with them. */

const KEY_STEP = 0.05;
const SETTLE_MS = 250; // a held arrow key is one change
const LET_GO = ['pointerup', 'pointercancel'];

/** @type {(value: number) => string} */
export const signed = (value) => (value < 0 ? '−' : value > 0 ? '+' : '') + Math.abs(value).toFixed(2);

/** @type {(index: number) => string} */
const subscript = (index) => String(index).replace(/\d/g, (digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]);

/** The rows of sliders. `z` is theirs; a value outside the sliders' range stands with its thumb at the end. */
export class Sliders {
  /**
   * @param {HTMLElement} host
   * @param {{moved: () => void, settled: () => void}} events moved: z has changed; settled: and was let go
   */
  constructor(host, events) {
    this.host = host;
    this.events = events;
    this.z = new Float64Array(0);
    /** @type {{row: HTMLElement, input: HTMLInputElement, bar: HTMLElement, value: HTMLElement, kl: HTMLElement}[]} */
    this.rows = [];
    this.spread = 3;
    this.held = false;
    this.timer = 0;
    this.letGo = () => this.release();
    for (const name of LET_GO) window.addEventListener(name, this.letGo); // wherever the pointer has got to
  }

  /**
   * Make rows for so many dimensions, all at 0. Does nothing where they stand already.
   *
   * @param {number} count
   * @param {number} spread
   */
  build(count, spread) {
    if (count === this.rows.length && spread === this.spread) return;
    this.spread = spread;
    this.z = new Float64Array(count);
    this.rows = Array.from(this.z, (_, index) => this.makeRow(index));
    this.host.classList.toggle('many', count > 8);
    this.host.replaceChildren(...this.rows.map(({ row }) => row));
    this.z.forEach((_, index) => this.show(index));
  }

  /** @param {number} index */
  makeRow(index) {
    const row = document.createElement('label');
    row.className = 'row';
    row.innerHTML =
      '<span class="name"></span><span class="rail"><i class="bar"></i><input type="range"></span>' +
      '<span class="value" aria-hidden="true"><span></span></span><span class="kl" aria-hidden="true"></span>';
    const [name, { children: [bar, input] }, { firstChild: value }, kl] = /** @type {any} */ (row.children);
    name.textContent = `z${subscript(index + 1)}`;
    input.min = String(-this.spread);
    input.max = String(this.spread);
    input.step = 'any';
    input.value = '0';
    input.oninput = () => {
      this.z[index] = input.valueAsNumber;
      this.show(index);
      this.events.moved();
    };
    input.onpointerdown = () => {
      this.held = true;
      input.step = 'any';
    };
    input.onkeydown = () => {
      input.step = String(KEY_STEP);
    };
    input.onchange = () => (this.held ? this.release() : this.settleLater());
    return { row, input, bar, value, kl };
  }

  /** The pointer let go: tell at once. */
  release() {
    if (!this.held) return;
    this.held = false;
    clearTimeout(this.timer);
    // `change` may come just after `pointerup`, and both mean the same release.
    this.timer = window.setTimeout(this.events.settled, 0);
  }

  settleLater() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (!this.held) this.events.settled();
    }, SETTLE_MS);
  }

  /**
   * Move all sliders.
   *
   * @param {ArrayLike<number>} z
   */
  set(z) {
    for (let index = 0; index < this.z.length; index++) {
      this.z[index] = z[index];
      const { input } = this.rows[index];
      if (input.step !== 'any') input.step = 'any'; // written in vain it costs a layout
      input.value = String(z[index]);
      this.show(index);
    }
    this.events.moved();
  }

  /** @param {number} index */
  show(index) {
    const { input, bar, value } = this.rows[index];
    const z = this.z[index];
    const share = Math.max(-1, Math.min(1, z / this.spread));
    bar.style.transform = `scaleX(${share.toFixed(4)})`;
    value.textContent = signed(z);
    this.describe(index);
  }

  /** @param {number} index */
  describe(index) {
    const { input } = this.rows[index];
    const note = this.notes?.[index];
    input.setAttribute('aria-valuetext', note ? `${signed(this.z[index])}, ${note}` : signed(this.z[index]));
  }

  /**
   * Show each dimension's KL, and which ones the model does not use.
   *
   * @param {number[]|null} kl nats per image
   * @param {boolean[]|null} unused
   */
  showKl(kl, unused) {
    const largest = kl ? Math.max(...kl, 1e-9) : 1;
    this.notes = kl?.map((nats, i) => `KL ${nats.toFixed(2)} nats per image${unused?.[i] ? ', unused' : ''}`);
    this.rows.forEach(({ row, kl: cell }, index) => {
      const dead = Boolean(unused?.[index]);
      row.classList.toggle('with-kl', Boolean(kl));
      row.classList.toggle('unused', dead);
      row.title = dead ? 'The model does not use this dimension: its KL is 0 and it moves nothing.' : '';
      cell.hidden = !kl;
      if (kl) {
        cell.textContent = dead ? 'unused' : kl[index].toFixed(2);
        cell.style.setProperty('--share', String(kl[index] / largest));
      }
      this.describe(index);
    });
  }

  destroy() {
    for (const name of LET_GO) window.removeEventListener(name, this.letGo);
    clearTimeout(this.timer);
  }
}
