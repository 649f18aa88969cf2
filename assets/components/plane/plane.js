/** One mounted plane: the chart, the run that is shown beside it, and the hands that choose another. */

import { find, listen } from '../carrier/registry.js';
import { unpack } from '../packing.js';
import { Chart } from '../plot/chart.js';
import { Panel } from './panel.js';
import { putRing, shiftRing } from './ring.js';
import { alongBeta } from './runs.js';
import { Walk } from './walk.js';

/** @typedef {import('./runs.js').Run} Run */

const TWICE_MS = 400; // a double click, or a tap that Plotly hears as a touch and as a mouse, is one click

export class Plane {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'lab-plane bare';
    this.root.innerHTML = '<div class="body"><div class="chart"></div></div>';
    parent.append(this.root);
    const body = /** @type {HTMLElement} */ (this.root.firstElementChild);
    this.chart = new Chart(/** @type {HTMLElement} */ (body.firstElementChild));
    this.panel = new Panel(body);
    this.walk = new Walk(this.root, this.panel.noteId, {
      go: (run) => this.go(run),
      settle: () => this.settle(),
      open: () => this.open(this.ring ?? this.runs[0]?.run),
    });
    /** @type {Uint8Array|null} the newest message */
    this.bytes = null;
    /** @type {Uint8Array|null} the one that is shown */
    this.adopted = null;
    /** @type {Run[]} */
    this.runs = [];
    /** @type {string|null} the digest of their pictures */
    this.pictures = null;
    /** @type {string|null} the run that Python knows to be chosen, or soon will */
    this.chosen = null;
    /** @type {string|null} the run with the ring: another one on the way along β */
    this.ring = null;
    /** @type {string|null} */
    this.hovered = null;
    this.times = 0; // how often something was said to Python
    this.clicked = 0; // when a marker was
    this.listening = false;
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.chart.arrange = (traces) => putRing(traces, this.find(this.ring), getComputedStyle(this.root).color);
    this.chart.drawn = () => this.listenToChart();
    this.deaf = listen(() => this.takePictures());
  }

  /** @param {string|null|undefined} id @returns {Run|undefined} */
  find(id) {
    return this.runs.find(({ run }) => run === id);
  }

  /** @param {Uint8Array} bytes made by `pack_plane` */
  receive(bytes) {
    this.bytes = bytes;
    if (!this.walk.busy) this.adopt();
  }

  /** Take over what Python said last. */
  adopt() {
    if (!this.bytes || this.bytes === this.adopted) return;
    const first = !this.adopted;
    this.adopted = this.bytes;
    const { header, arrays: [figure] } = unpack(this.bytes);
    this.runs = header.runs;
    this.pictures = header.pictures;
    this.panel.about = header.picture_words;
    if (first) this.times = header.heard;
    // What Python says of an older choice than ours would take the ring back.
    if (header.heard >= this.times || !this.find(this.chosen)) this.chosen = header.chosen;
    this.ring = this.chosen;
    if (!this.find(this.hovered)) this.hovered = null;
    this.root.classList.toggle('bare', !this.pictures);
    this.chart.bytes = /** @type {Uint8Array} */ (figure);
    this.chart.refresh();
    this.takePictures();
  }

  /** Pictures come in a message of their own, before the runs or after them. */
  takePictures() {
    const content = this.pictures && find('images', this.pictures);
    if (content) this.panel.take(content, this.runs.map(({ run }) => run));
    this.show();
  }

  /** The theme may be another. */
  dress() {
    this.chart.refresh();
  }

  /** Plotly keeps its listeners through `react`; only its very first drawing would take them away. */
  listenToChart() {
    if (this.listening) return;
    this.listening = true;
    const chart = /** @type {any} */ (this.chart.root);
    const at = (/** @type {any} */ { points }) => this.find(points?.[0]?.customdata)?.run ?? null;
    chart.on('plotly_hover', (/** @type {any} */ event) => this.hover(at(event)));
    chart.on('plotly_unhover', () => this.hover(null));
    chart.on('plotly_click', (/** @type {any} */ event) => this.click(at(event), event.event.timeStamp));
  }

  /** @param {string|null} id */
  hover(id) {
    if (id === this.hovered) return;
    this.hovered = id;
    this.show();
  }

  /** @param {string|null} id of a marker @param {number} time of the pointer's event */
  click(id, time) {
    if (!id) return;
    this.walk.stop();
    const again = id === this.chosen && id === this.ring && time - this.clicked > TWICE_MS;
    this.clicked = time;
    this.moveRing(id);
    if (again) this.open(id);
    else this.settle();
  }

  /** A step along β. @param {string} id */
  go(id) {
    // A finger that tapped a marker left no sign that it went away.
    if (this.hovered) this.chart.plotly.Fx.unhover(this.chart.root);
    this.hovered = null;
    this.moveRing(id);
    this.show();
  }

  /** @param {string} id */
  moveRing(id) {
    this.ring = id;
    const run = this.find(id);
    if (run && !shiftRing(this.chart.root, run)) this.chart.refresh(); // there was no ring yet
  }

  /** The ring rests: say so aloud, and to Python, and take over what came meanwhile. */
  settle() {
    if (this.ring && this.ring !== this.chosen) {
      this.chosen = this.ring;
      this.setStateValue('chosen', { run: this.ring, times: ++this.times });
    }
    this.adopt();
    this.show();
    this.panel.speak(this.find(this.ring) ?? this.runs[0]);
  }

  /** @param {string|undefined} id of the run that is to be the current model */
  open(id) {
    if (!id) return;
    this.moveRing(id);
    this.settle();
    this.setStateValue('opened', { run: id, times: ++this.times });
  }

  show() {
    const [first] = this.runs;
    this.panel.show(this.find(this.hovered) ?? this.find(this.ring) ?? first);
    const ringed = this.find(this.ring) ?? first;
    this.walk.show(alongBeta(this.runs, ringed), ringed?.run);
  }

  destroy() {
    this.deaf();
    this.walk.destroy();
    this.panel.destroy();
    this.chart.destroy();
    this.root.remove();
  }
}
