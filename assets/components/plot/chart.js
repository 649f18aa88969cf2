/**
 * A Plotly chart that lives through updates: zoom, camera and hover stay, nothing is mounted anew.
 */

import { onPoint } from '../formula/pointing.js';
import { readFigure } from './figure.js';
import { loadPlotly } from './plotly.js';
import { opacities } from './symbols.js';
import { enlarged, enlargement } from './type.js';

const CONFIG = {
  responsive: false, // the size is watched here, because the container changes more often than the window
  displaylogo: false,
  modeBarButtonsToRemove: ['lasso2d', 'select2d', 'autoScale2d', 'zoomIn2d', 'zoomOut2d', 'hoverClosestCartesian',
    'hoverCompareCartesian', 'toggleSpikelines', 'resetCameraLastSave3d', 'hoverClosest3d', 'tableRotation'],
};

/** @type {Promise<any>} */
let line = Promise.resolve();

/**
 * Charts that change together are drawn one after the other, each in a task of its own: what a hand does in between
 * is answered in between.
 *
 * @param {() => any} work
 * @returns {Promise<any>}
 */
function inTurn(work) {
  const done = line.then(() => new Promise((resolve) => { setTimeout(resolve); })).then(work);
  line = done.catch(() => {}); // the one whose work it is hears of it
  return done;
}

/** One mounted chart. */
export class Chart {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'lab-plot';
    parent.append(this.root);
    /** @type {Uint8Array|null} */
    this.bytes = null;
    this.held = false;
    this.drawing = false;
    this.gone = false;
    this.stale = false;
    this.width = 0;
    /** @type {any} */
    this.plotly = null;
    /** For an instrument with a chart in it: its say on the traces before they are drawn. @type {(data: any[]) => void} */
    this.arrange = () => {};
    /** And that they are. */
    this.drawn = () => {};
    this.root.addEventListener('pointerdown', () => { this.held = true; });
    this.release = () => {
      this.held = false;
      this.draw();
    };
    // The pointer may be let go anywhere, after Plotly has seen it.
    for (const name of ['pointerup', 'pointercancel']) window.addEventListener(name, this.release);
    this.endPointing = onPoint((word) => this.light(word));
    this.resizing = new ResizeObserver(() => {
      if (Math.abs(this.root.clientWidth - this.width) >= 1) this.refresh();
    });
    this.resizing.observe(this.root);
  }

  refresh() {
    this.stale = true;
    this.draw();
  }

  /** @param {string|null} word a symbol that is pointed at: what is not about it steps back */
  light(word) {
    const traces = /** @type {any} */ (this.root).data;
    const opacity = traces && !this.drawing ? opacities(traces, word) : null;
    if (opacity) this.plotly.restyle(this.root, { opacity });
  }

  /** Draw the newest message, one at a time, and never under a hand that is zooming. */
  async draw() {
    if (!this.bytes || !this.stale || this.drawing || this.held || !this.root.clientWidth) return;
    this.drawing = true;
    try {
      while (this.stale && !this.held && !this.gone) {
        this.stale = false;
        const figure = readFigure(this.bytes);
        this.plotly ??= await loadPlotly(figure.plotly);
        if (await inTurn(() => this.put(figure))) this.drawn();
      }
    } catch (error) {
      if (!this.plotly) this.root.textContent = /** @type {Error} */ (error).message;
      throw error;
    } finally {
      this.drawing = false;
      if (this.gone) this.plotly?.purge(this.root);
    }
  }

  /**
   * @param {ReturnType<typeof readFigure>} figure
   * @returns {any} the chart, once it is drawn
   */
  put(figure) {
    if (this.held) this.stale = true; // taken hold of since: drawn when it is let go
    if (this.held || !this.root.isConnected) return undefined;
    // A figure, not an img: an img has nothing inside that could be focused, and Plotly's buttons can.
    this.root.setAttribute('role', 'figure');
    this.root.setAttribute('aria-label', figure.alt);
    this.root.style.minHeight = `${figure.height}px`;
    this.width = this.root.clientWidth;
    this.arrange(figure.data);
    return this.plotly.react(this.root, figure.data, this.dressed(figure), CONFIG);
  }

  /**
   * The figure's layout in the page's clothes: the template of its theme, its font, its text colour, its ground,
   * and the size that is there.
   *
   * @param {{layout: any, templates: {light: any, dark: any}, height: number}} figure
   */
  dressed({ layout, templates, height }) {
    const style = getComputedStyle(this.root);
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const touch = window.matchMedia('(pointer: coarse)').matches;
    const factor = enlargement();
    const { transition, ...rest } = enlarged(layout, factor);
    return {
      uirevision: 'kept',
      template: enlarged(isLight(style.color) ? templates.dark : templates.light, factor),
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      modebar: { bgcolor: 'rgba(0,0,0,0)' },
      ...rest,
      ...(transition && !still ? { transition } : {}),
      ...(touch ? { dragmode: false } : {}), // a finger on a chart scrolls the page
      font: { family: style.fontFamily, color: style.color, ...rest.font },
      width: this.width,
      height,
      autosize: false,
    };
  }

  destroy() {
    this.resizing.disconnect();
    this.endPointing();
    for (const name of ['pointerup', 'pointercancel']) window.removeEventListener(name, this.release);
    this.gone = true;
    if (!this.drawing) this.plotly?.purge(this.root); // else Plotly, half-way through, would call what is gone
    this.root.remove();
  }
}

/**
 * @param {string} colour as computed: `rgb(232, 234, 237)`, or `color(srgb 0.91 0.92 0.93)`
 * @returns {boolean} whether it is nearer to white than to black
 */
function isLight(colour) {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? ['0', '0', '0']).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue > (colour.startsWith('rgb') ? 127 : 0.5);
}
