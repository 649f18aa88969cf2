/** The keyboard on the map and on the handles of the hand's ellipse. */

import { pushed } from './hand.js';

const KEY_STEP = 1 / 40; // of the window's half width
const FAR = 8; // with Shift
const PAN = 24; // CSS pixels

export const WORDS = 'Arrow keys move the map, plus and minus zoom, Home shows the whole; Tab leads to the three handles of your q, '
  + 'where arrows move, turn and lengthen it.';

const PANS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
});

/**
 * @param {import('./posterior.js').Posterior} instrument
 * @param {KeyboardEvent} event
 * @returns {boolean} whether it means something here
 */
export function press(instrument, { key, shiftKey, target }) {
  const element = /** @type {HTMLElement} */ (target);
  if (element.closest('button')) return false;
  const { shape, plane, run } = instrument;
  const times = shiftKey ? FAR : 1;
  const handle = /** @type {import('./hand.js').Handle|undefined} */ (element.dataset.handle);
  const moved = handle && shape && pushed(shape, handle, key, plane.reach * KEY_STEP, times);
  const pan = !handle && PANS[key];
  if (moved) instrument.nudge(moved);
  else if (pan) instrument.look(() => plane.pan(PAN * pan[0] * times, PAN * pan[1] * times));
  else if (key === '+' || key === '=') instrument.zoom(0.8);
  else if (key === '-' || key === '−') instrument.zoom(1.25);
  else if (key === '0' || key === 'Home') instrument.open(instrument.window);
  else if (key === 'Escape' && run.going) run.stop();
  else return false;
  return true;
}
