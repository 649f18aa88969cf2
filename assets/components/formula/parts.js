/** The parts of a formula as elements. */

/** @typedef {{kind: 'word'|'sub'|'sup', word: string, parts: (string|Piece)[]}} Piece */

/** @param {string} kind @param {string} [name] of its class */
export function element(kind, name = '') {
  const made = document.createElement(kind);
  if (name) made.className = name;
  return made;
}

/**
 * @param {string|Piece} part
 * @param {(piece: HTMLElement, word: string) => void} [dress] is told of each marked piece
 * @returns {Node}
 */
export function drawPart(part, dress = () => {}) {
  if (typeof part === 'string') return document.createTextNode(part);
  const piece = element(part.kind === 'word' ? 'span' : part.kind);
  piece.append(...part.parts.map((inner) => drawPart(inner, dress)));
  if (part.kind === 'word') {
    piece.dataset.word = part.word;
    piece.style.setProperty('--own', `var(--lab-${part.word.replaceAll('_', '-')}-text, inherit)`);
    dress(piece, part.word);
  }
  return piece;
}
