/** What the pad's buttons do. */

import { normal } from '../decoder/screen.js';
import { Walk } from './modes.js';

/** @param {import('./pad.js').Pad} pad */
export function listenToButtons(pad) {
  const { part } = pad;
  const press = (/** @type {HTMLElement} */ button, /** @type {boolean} */ on) =>
    button.setAttribute('aria-pressed', String(on));
  part('.in').onclick = () => pad.zoom(0.8);
  part('.out').onclick = () => pad.zoom(1.25);
  part('.fit').onclick = () => pad.home();
  part('.hand').onclick = () => press(part('.hand'), (pad.gestures.handTool = !pad.gestures.handTool));
  part('.random').onclick = () => pad.jump(Array.from(pad.sliders.z, () => normal(() => 1 - Math.random())));
  part('.reset').onclick = () => pad.jump(Array.from(pad.sliders.z, () => 0));
  part('.snap').onclick = () => pad.jump(pad.settings.image.mean);
  part('.sketch').onclick = () => {
    if (pad.mode instanceof Walk) press(part('.sketch'), (pad.mode.sketching = !pad.mode.sketching));
  };
  part('.remove').onclick = () => {
    if (pad.mode instanceof Walk) pad.mode.remove(pad.mode.pins.selected);
  };
  part('.measure').onclick = () => {
    part('.meter').hidden = pad.meter.on;
    press(part('.measure'), pad.meter.on);
    pad.meter.reset();
  };
}
