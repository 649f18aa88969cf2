/** Aligned filmstrips of a walk, one a style, with one playhead through all of them. */

import { find, listen } from '../carrier/registry.js';
import { axisReach, crispSize, paintImage, priorCloud } from '../decoder/screen.js';
import { meet } from '../pad/meet.js';
import { decodeAll, paintFrames, paintPlace, paintTraces } from './pictures.js';
import { Player } from './player.js';
import { fitChart, fitFrames, frameAt, inWords, keyed, placeOf } from './reel.js';

const HEAD = 168; // CSS pixels of the large pictures
const HEADS_GAP = 16;

const FRAME = `<div class="body">
  <div class="heads"></div>
  <div class="bar"><button type="button" class="play"></button><span class="where" aria-hidden="true"></span></div>
  <div class="reel" tabindex="0" role="slider" aria-label="Playhead of the walk" aria-valuemin="1">
    <div class="ruler"></div>
    <div class="strips"></div>
    <div class="playhead"></div>
  </div>
  <p class="note"></p>
</div>`;

const SWATCH = '<svg class="swatch" viewBox="0 0 24 6" aria-hidden="true"><path d="M0 3H24"/></svg>';

/**
 * @typedef {object} Strip
 * @property {string} style
 * @property {string} label
 * @property {string} note how long the path is, say
 * @property {number[][]} z (F, L)
 */

/**
 * @typedef {object} Settings what Python sends at each run (pages/components/film.py); small.
 * @property {string} key digest of the decoder's weights
 * @property {Strip[]} strips all of the same number of frames
 * @property {number[]} stops the frames that are pins
 * @property {string|null} link
 * @property {string} name
 */

/** @type {(name: string, className: string, html?: string) => HTMLElement} */
function element(name, className, html = '') {
  const made = document.createElement(name);
  made.className = className;
  made.innerHTML = html;
  return made;
}

/** One mounted film. */
export class Film {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = element('div', 'film', FRAME);
    parent.append(this.root);
    const part = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.part = part;
    this.reelHost = /** @type {HTMLElement} */ (part('.reel'));
    this.ruler = /** @type {HTMLElement} */ (part('.ruler'));
    /** @type {Settings|null} */
    this.settings = null;
    /** @type {import('../decoder/decoder.js').Decoder|null} */
    this.decoder = null;
    /** @type {{head: HTMLElement, strip: HTMLElement, means: Float32Array}[]} one for each style */
    this.rows = [];
    this.styles = '';
    this.drawn = ''; // what the strips show, but for the weights
    this.cloud = new Float32Array(0);
    this.reach = 0;
    this.begun = false;
    this.request = 0;
    /** @type {import('./reel.js').Reel|null} */
    this.reel = null;
    this.player = new Player(() => this.moveHead());
    part('.play').onclick = () => this.player.press();
    this.listenToHands();
    this.resizing = new ResizeObserver(() => this.redraw());
    this.resizing.observe(this.root);
    this.deaf = listen(() => this.update());
  }

  get count() {
    return this.settings?.strips[0]?.z.length ?? 0;
  }

  get isImage() {
    return this.decoder?.header.view === 'image';
  }

  listenToHands() {
    const { reelHost: host } = this;
    const move = (/** @type {PointerEvent} */ event) => {
      const x = event.clientX - this.ruler.getBoundingClientRect().left;
      if (this.reel) this.player.go(frameAt(this.reel, x, this.count));
    };
    host.onpointerdown = (event) => {
      if (event.button !== 0 || event.clientX < this.ruler.getBoundingClientRect().left) return;
      host.setPointerCapture(event.pointerId);
      move(event);
    };
    host.onpointermove = (event) => { if (host.hasPointerCapture(event.pointerId)) move(event); };
    host.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const to = keyed(event.key, this.player.frame, this.count, this.settings?.stops ?? []);
      if (to === null && event.key !== ' ') return;
      event.preventDefault();
      if (to === null) this.player.press();
      else this.player.go(to);
    };
  }

  /** @param {Settings} settings */
  receive(settings) {
    if (this.settings?.link && this.settings.link !== settings.link) meet(this.settings.link).say('heads', [], this);
    this.settings = settings;
    this.update();
  }

  /** Follow Python's settings and the newest weights; the playhead stays where it is. */
  update() {
    const { settings } = this;
    if (!settings || !settings.strips.length) return;
    const decoder = find('decoder', settings.key);
    if (decoder && decoder !== this.decoder) this.adopt(decoder);
    if (!this.decoder || this.decoder.latentDim !== settings.strips[0].z[0].length) return; // on its way
    this.build();
    this.player.resize(this.count);
    this.reelHost.setAttribute('aria-label', `Playhead of the ${settings.name}`);
    this.reelHost.setAttribute('aria-valuemax', String(this.count));
    this.redraw();
    if (!this.begun) {
      this.begun = true;
      this.player.play({ once: true });
    }
  }

  /** @param {import('../decoder/decoder.js').Decoder} decoder */
  adopt(decoder) {
    this.decoder = decoder;
    this.drawn = '';
    if (this.isImage) return;
    this.cloud = priorCloud(decoder);
    this.reach = axisReach(this.cloud, this.reach);
  }

  /** A large picture and a strip for each style. */
  build() {
    const strips = /** @type {Settings} */ (this.settings).strips;
    const styles = strips.map(({ style }) => style).join();
    if (styles !== this.styles) {
      this.styles = styles;
      this.rows = strips.map(({ style }) => {
        const head = element('figure', 'head', `<canvas role="img"></canvas><figcaption>${SWATCH}<b></b><span class="spoken"></span></figcaption>`);
        const strip = element('div', 'strip', `<p>${SWATCH}<b></b> <span></span></p><canvas></canvas>`);
        head.dataset.style = strip.dataset.style = style;
        return { head, strip, means: new Float32Array(0) };
      });
      this.part('.heads').replaceChildren(...this.rows.map(({ head }) => head));
      this.part('.strips').replaceChildren(...this.rows.map(({ strip }) => strip));
    }
    this.rows.forEach((row, n) => {
      for (const host of [row.head, row.strip]) {
        /** @type {HTMLElement} */ (host.querySelector('b')).textContent = strips[n].label;
        /** @type {HTMLElement} */ (host.querySelector('span')).textContent = strips[n].note;
      }
    });
  }

  redraw() {
    if (!this.request) this.request = requestAnimationFrame(() => this.draw());
  }

  /** The theme may be another. */
  dress() {
    this.drawn = '';
    this.redraw();
  }

  draw() {
    this.request = 0;
    const { settings, decoder } = this;
    const available = this.ruler.clientWidth;
    if (!settings || !decoder || !this.rows.length || !available) return;
    const codes = settings.strips.map(({ z }) => z);
    const ratio = window.devicePixelRatio || 1;
    const drawn = JSON.stringify([settings.key, codes, settings.stops, available, ratio]);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.drawStrips(decoder, settings, available, ratio);
    }
    this.moveHead();
  }

  /** @param {import('../decoder/decoder.js').Decoder} decoder @param {Settings} settings @param {number} available @param {number} ratio */
  drawStrips(decoder, settings, available, ratio) {
    const { count } = this;
    const { stops, strips } = settings;
    const shape = decoder.header.image_shape;
    this.reel = this.isImage
      ? fitFrames({ count, stops, imageWidth: shape[2], available, ratio })
      : fitChart({ count, available });
    const { reel } = this;
    this.rows.forEach((row, n) => {
      row.means = decodeAll(decoder, reel.shown.map((frame) => strips[n].z[frame]));
      if (!this.isImage) this.reach = axisReach(row.means, this.reach);
    });
    for (const { strip, means } of this.rows) {
      const canvas = /** @type {HTMLCanvasElement} */ (strip.querySelector('canvas'));
      if (this.isImage) paintFrames(canvas, means, shape, reel);
      else paintTraces(canvas, means, decoder.outputSize, reel, this.reach, this.colours(strip));
    }
    this.ruler.replaceChildren(...stops.map((frame, n) => {
      const pin = element('span', 'pin', String(n + 1));
      pin.style.left = `${placeOf(reel, frame)}px`;
      return pin;
    }));
    this.part('.note').textContent = this.noteFor(reel);
    this.root.classList.toggle('chart', !this.isImage);
    this.root.style.setProperty('--cell', `${reel.cell}px`);
  }

  /** @param {import('./reel.js').Reel} reel */
  noteFor(reel) {
    if (!this.isImage) return this.decoder?.header.view === 'plane' ? 'x₁ solid, x₂ dashed, against the frame.' : 'x against the frame.';
    if (reel.step === 1) return '';
    const nth = reel.step === 2 ? '2nd' : reel.step === 3 ? '3rd' : `${reel.step}th`;
    return `The strips have room for every ${nth} of ${this.count} frames; the playhead goes through all of them.`;
  }

  /** @param {Element} host coloured in the style's colour */
  colours(host) {
    const style = getComputedStyle(this.root);
    const name = /** @type {Element} */ (host.querySelector('b'));
    return {
      text: style.color,
      style: getComputedStyle(name).color,
      ground: style.getPropertyValue('--ground') || 'white',
      font: style.fontFamily,
    };
  }

  /** The playhead is elsewhere, or plays, or has stopped. */
  moveHead() {
    const { settings, decoder, reel, player } = this;
    if (!settings || !decoder || !reel) return;
    const { frame } = player;
    const words = inWords(frame, this.count, settings.stops);
    this.part('.playhead').style.transform = `translateX(${placeOf(reel, frame)}px)`;
    this.reelHost.setAttribute('aria-valuenow', String(frame + 1));
    this.reelHost.setAttribute('aria-valuetext', words);
    this.part('.where').textContent = words;
    this.part('.play').textContent = player.calm.matches ? 'Next frame' : player.playing ? 'Pause' : 'Play';
    const side = Math.min(HEAD, Math.floor((this.root.clientWidth - HEADS_GAP * (this.rows.length - 1)) / this.rows.length));
    this.rows.forEach(({ head, means }, n) => {
      const canvas = /** @type {HTMLCanvasElement} */ (head.querySelector('canvas'));
      const { z, label } = settings.strips[n];
      if (this.isImage) {
        const size = crispSize(side, decoder.header.image_shape);
        canvas.style.width = `${size.width}px`;
        canvas.style.height = `${size.height}px`;
        paintImage(canvas, decoder.decode(z[frame]), decoder.header.image_shape);
      } else {
        const what = { means, size: decoder.outputSize, frame, cloud: this.cloud, reach: this.reach };
        paintPlace(canvas, side, what, this.colours(head));
      }
      canvas.setAttribute('aria-label', `${label}, ${words}`);
    });
    if (settings.link) meet(settings.link).say('heads', settings.strips.map(({ z, style }) => ({ z: z[frame], style })), this);
  }

  destroy() {
    cancelAnimationFrame(this.request);
    this.player.destroy();
    this.deaf();
    this.resizing.disconnect();
    if (this.settings?.link) meet(this.settings.link).say('heads', [], this);
    this.root.remove();
  }
}
