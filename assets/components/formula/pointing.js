/**
 * Which symbol is pointed at, for the whole page: pictures light up what it stands for.
 *
 * Words on the page follow by an attribute of the document and a rule of the style sheet; charts by an event.
 */

export const POINTED = 'vae-lab-symbol';

/** @param {string|null} word as in the glossary, or null where none is */
export function point(word) {
  if (word) document.documentElement.dataset.labSymbol = word;
  else delete document.documentElement.dataset.labSymbol;
  document.dispatchEvent(new CustomEvent(POINTED, { detail: word }));
}

/**
 * @param {(word: string|null) => void} hear
 * @returns {() => void} ends it
 */
export function onPoint(hear) {
  const heard = (/** @type {Event} */ event) => hear(/** @type {CustomEvent<string|null>} */ (event).detail);
  document.addEventListener(POINTED, heard);
  return () => document.removeEventListener(POINTED, heard);
}
