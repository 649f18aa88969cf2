/** The pad's elements, and the few of them that stand for a choice of the plane. */

const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';

/** @type {(index: number) => string} */
export const nameOf = (index) => `z${String(index + 1).replace(/\d/g, (digit) => SUBSCRIPTS[Number(digit)])}`;

export const FRAME = `
  <div class="layout">
    <div class="chart">
      <div class="map" tabindex="0" role="application">
        <canvas class="ground" aria-hidden="true"></canvas>
        <svg class="marks"></svg>
        <div class="cursor" hidden><i class="hair level"></i><i class="hair upright"></i><i class="disc"></i></div>
        <div class="rider" hidden><canvas></canvas><span></span></div>
        <div class="tools">
          <button type="button" class="in" aria-label="Zoom in" title="Zoom in (+)">+</button>
          <button type="button" class="out" aria-label="Zoom out" title="Zoom out (−)">−</button>
          <button type="button" class="fit" aria-label="Show the whole again" title="Show the whole again (0)">⌂</button>
          <button type="button" class="hand" aria-label="Drag the map" aria-pressed="false"
            title="Drag the map (or Shift + drag)">✥</button>
        </div>
      </div>
      <div class="planes" hidden>
        <label>across <select class="across"></select></label>
        <label>up <select class="up"></select></label>
        <button type="button" class="principal" aria-pressed="false" hidden
          title="The two directions in which the encoder's means vary most">PCA</button>
        <span class="share"></span>
      </div>
      <div class="layers" role="group" aria-label="Layers of the map"></div>
      <div class="legend"></div>
    </div>
    <div class="side">
      <div class="answers"></div>
      <div class="buttons">
        <button type="button" class="random explore">Random from the prior</button>
        <button type="button" class="snap explore" hidden>To the image's mean</button>
        <button type="button" class="reset explore">Reset</button>
        <button type="button" class="sketch walk" aria-pressed="false">Draw a path</button>
        <button type="button" class="remove walk">Remove pin</button>
      </div>
      <p class="kl-legend" hidden>KL of each dimension, nats per image</p>
      <div class="rows" role="group" aria-label="Latent code z"></div>
      <button type="button" class="measure" aria-pressed="false"
        title="Milliseconds from an event to the frame that shows it">Meter</button>
      <p class="meter" hidden></p>
    </div>
  </div>
  <output class="spoken" aria-live="polite"></output>`;

/** Which plane is shown: two dimensions, or the principal one. */
export class PlaneChoice {
  /**
   * @param {HTMLElement} root
   * @param {() => void} changed
   */
  constructor(root, changed) {
    const find = (/** @type {string} */ selector) => /** @type {any} */ (root.querySelector(selector));
    this.host = /** @type {HTMLElement} */ (find('.planes'));
    this.across = /** @type {HTMLSelectElement} */ (find('.across'));
    this.up = /** @type {HTMLSelectElement} */ (find('.up'));
    this.button = /** @type {HTMLButtonElement} */ (find('.principal'));
    this.words = /** @type {HTMLElement} */ (find('.share'));
    this.principal = false;
    this.count = 0;
    for (const select of [this.across, this.up]) {
      select.onchange = () => {
        const other = select === this.across ? this.up : this.across;
        if (other.value === select.value) other.value = String((Number(select.value) + 1) % this.count);
        this.principal = false;
        changed();
      };
    }
    this.button.onclick = () => {
      this.principal = !this.principal;
      changed();
    };
  }

  /**
   * @param {number} count of latent dimensions
   * @param {number[]|null} kl the two dimensions with the largest are shown first
   */
  offer(count, kl) {
    if (count === this.count) return;
    this.count = count;
    this.principal = false;
    this.host.hidden = count < 3;
    const order = [...Array(count).keys()].sort((i, j) => (kl ? kl[j] - kl[i] : 0) || i - j);
    const [first, second] = order.slice(0, 2).sort((i, j) => i - j);
    for (const [select, chosen] of /** @type {[HTMLSelectElement, number][]} */ ([[this.across, first], [this.up, second]])) {
      select.replaceChildren(...[...Array(count).keys()].map((index) => new Option(nameOf(index), String(index))));
      select.value = String(chosen ?? 0);
    }
  }

  /**
   * Turn the plane to what is chosen.
   *
   * @param {import('./plane.js').Plane} plane
   * @param {{directions: number[][], shares: number[]}|null} principal
   */
  apply(plane, principal) {
    this.button.hidden = !principal;
    const on = this.principal && principal;
    this.button.setAttribute('aria-pressed', String(Boolean(on)));
    const percent = principal ? Math.round(100 * (principal.shares[0] + principal.shares[1])) : 0;
    this.words.textContent = on ? `${percent} % of the variance of the means` : '';
    if (on) plane.directions(principal.directions);
    else plane.axes(Number(this.across.value), Number(this.up.value));
  }

  /** @returns {[string, string]} names of the axes */
  names() {
    return this.principal && !this.button.hidden
      ? ['first principal direction', 'second']
      : [nameOf(Number(this.across.value)), nameOf(Number(this.up.value))];
  }
}
