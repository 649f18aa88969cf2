/**
 * The drawing board: a digit by mouse, finger, pen or keyboard. Python hears of it when a stroke is over.
 */

import { Board } from './board.js';

/**
 * @typedef {object} Settings what Python sends (pages/components/draw.py)
 * @property {string} board names the drawing, so that it is there again after a visit to another page
 * @property {string} label
 * @property {number} reset another number than before clears the board
 * @property {number} heard how many strokes Python knows of
 */

/** @type {WeakMap<object, {board: Board, reset: number}>} */
const MOUNTED = new WeakMap();

/** @type {Map<string, {acts: import('./ink.js').Act[], reset: number}>} */
const DRAWINGS = new Map();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Settings, parentElement: HTMLElement | ShadowRoot, setStateValue: (name: string, value: any) => void}} mount
 */
export default function draw({ data, parentElement, setStateValue }) {
  const before = MOUNTED.get(parentElement);
  const board = before?.board ?? new Board(parentElement);
  MOUNTED.set(parentElement, { board, reset: data.reset });
  board.name(data.label);
  board.tell = () => {
    const { ink } = board;
    DRAWINGS.set(data.board, { acts: [...ink.acts], reset: data.reset });
    setStateValue('drawing', { ink: ink.base64(), strokes: ink.strokes.length, reset: data.reset });
  };
  if (!before) {
    const kept = DRAWINGS.get(data.board);
    board.replace(kept?.reset === data.reset ? kept.acts : []);
    if ((board.ink.empty ? 0 : board.ink.strokes.length) !== data.heard) board.tell();
  } else if (before.reset !== data.reset) {
    board.replace([]);
    DRAWINGS.delete(data.board);
  }
  return () => {
    MOUNTED.delete(parentElement);
    board.destroy();
  };
}
