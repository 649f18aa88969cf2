/**
 * The instrument: one slider per latent dimension and the x that they decode to, inside one animation frame.
 *
 * A carrier (../carrier) brings the weights when the model changes; Python hears of z when the pointer or the keyboard lets go.
 */

import { find, listen } from '../carrier/registry.js';
import { Sliders, signed } from './sliders.js';
import { axisReach, crispSize, normal, paintImage, paintPoint, priorCloud } from './screen.js';

const FRAME = `
  <div class="layout">
    <figure class="stage">
      <div class="screen"><canvas role="img" part="screen"></canvas></div>
      <figcaption>mean of p(x|z)</figcaption>
    </figure>
    <div class="controls">
      <div class="buttons">
        <button type="button" class="random">Random from the prior</button>
        <button type="button" class="reset">Reset</button>
        <span class="legend" hidden>KL of each dimension, nats per image</span>
      </div>
      <div class="rows" role="group" aria-label="Latent code z"></div>
    </div>
  </div>`;

/** @typedef {import('./decoder.js').Decoder} Decoder */

/**
 * @typedef {object} Settings what Python sends at each run (pages/components/decoder.py); small.
 * @property {string} key digest of the weights that are to decode
 * @property {number} latent_dim
 * @property {number} spread
 * @property {number[]|null} z
 * @property {number[]|null} kl_per_dimension nats per image
 * @property {boolean[]|null} unused
 */

/** One mounted instrument. */
class Instrument {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'decoder';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.canvas = /** @type {HTMLCanvasElement} */ (find('canvas'));
    this.screen = /** @type {HTMLElement} */ (find('.screen'));
    this.legend = /** @type {HTMLElement} */ (find('.legend'));
    this.sliders = new Sliders(find('.rows'), { moved: () => this.paintSoon(), settled: () => this.tell() });
    find('.random').onclick = () => this.jump(Array.from(this.sliders.z, () => normal(() => 1 - Math.random())));
    find('.reset').onclick = () => this.jump(Array.from(this.sliders.z, () => 0));
    /** @type {Settings|null} */
    this.settings = null;
    /** @type {Decoder|null} */
    this.decoder = null;
    this.frame = 0;
    this.reach = 0;
    this.cloud = new Float32Array(0);
    this.given = 'null'; // the z that Python last asked for, as JSON
    this.told = '';
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.resizing = new ResizeObserver(() => this.paintSoon());
    this.resizing.observe(this.screen);
    this.deaf = listen(() => this.update());
  }

  /**
   * Follow Python's settings and the newest weights. The sliders stay where they are, unless the model has other
   * dimensions, or Python moves them while nobody holds one.
   */
  update() {
    const { settings } = this;
    if (!settings) return;
    const decoder = find('decoder', settings.key);
    if (decoder && decoder !== this.decoder) this.adopt(decoder);
    if (!this.decoder || this.decoder.latentDim !== settings.latent_dim) return; // the weights are on their way
    this.sliders.build(settings.latent_dim, settings.spread);
    this.sliders.showKl(settings.kl_per_dimension, settings.unused);
    this.legend.hidden = !settings.kl_per_dimension;
    const given = JSON.stringify(settings.z);
    if (settings.z && given !== this.given && !this.sliders.held) {
      this.sliders.set(settings.z);
      this.told = given;
    }
    this.given = given;
    this.paintSoon();
  }

  /** @param {Decoder} decoder */
  adopt(decoder) {
    this.decoder = decoder;
    this.screen.classList.toggle('line', decoder.header.view === 'line');
    if (decoder.header.view !== 'image') {
      this.cloud = priorCloud(decoder);
      this.reach = axisReach(this.cloud, this.reach);
    }
  }

  /** @param {number[]} z */
  jump(z) {
    this.sliders.set(z);
    this.tell();
  }

  tell() {
    const z = Array.from(this.sliders.z, (value) => Math.round(value * 1e4) / 1e4);
    const text = JSON.stringify(z);
    if (text === this.told) return;
    this.told = text;
    this.describe();
    this.setStateValue('z', z);
  }

  describe() {
    const z = Array.from(this.sliders.z.subarray(0, 8), signed).join(', ');
    const more = this.sliders.z.length > 8 ? ', …' : '';
    this.canvas.setAttribute('aria-label', `Decoded x, the mean of p(x|z), at z = (${z}${more})`);
  }

  paintSoon() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    if (!this.decoder) return;
    const { header } = this.decoder;
    const mean = this.decoder.decode(this.sliders.z);
    if (header.view === 'image') {
      const size = crispSize(this.screen.clientWidth, header.image_shape);
      this.canvas.style.width = `${size.width}px`;
      this.canvas.style.height = `${size.height}px`;
      paintImage(this.canvas, mean, header.image_shape);
    } else {
      this.canvas.style.width = `${Math.min(280, this.screen.clientWidth)}px`;
      this.canvas.style.height = 'auto';
      paintPoint(this.canvas, mean, this.cloud, this.reach, this.colours());
    }
    if (!this.canvas.hasAttribute('aria-label')) this.describe();
  }

  colours() {
    const style = getComputedStyle(this.root);
    return {
      text: style.color,
      mark: style.getPropertyValue('--z') || '#56b4e9',
      ground: style.getPropertyValue('--ground') || 'white',
      font: style.fontFamily,
    };
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.deaf();
    this.resizing.disconnect();
    this.sliders.destroy();
    this.root.remove();
  }
}

/** @type {WeakMap<object, Instrument>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Settings, parentElement: HTMLElement | ShadowRoot, setStateValue: (name: string, value: any) => void}} mount
 */
export default function decoder({ data, parentElement, setStateValue }) {
  const instrument = MOUNTED.get(parentElement) ?? new Instrument(parentElement);
  MOUNTED.set(parentElement, instrument);
  instrument.setStateValue = setStateValue;
  instrument.settings = data;
  instrument.update();
  instrument.paintSoon();
  return () => {
    instrument.destroy();
    MOUNTED.delete(parentElement);
  };
}
