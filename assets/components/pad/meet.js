/** Named meeting places: components with the same link name hear each other in the browser, with no message to Python. */

/**
 * @typedef {object} Place
 * @property {(topic: string, value: any, source: object) => void} say to everybody else who listens
 * @property {(topic: string, listener: (value: any) => void, source: object) => () => void} hear returns what ends it
 * @property {(topic: string) => any} last what was said last
 */

/** @type {Map<string, Place>} */
const PLACES = new Map();

/**
 * @param {string} name
 * @returns {Place}
 */
export function meet(name) {
  const known = PLACES.get(name);
  if (known) return known;
  /** @type {Map<string, any>} */
  const said = new Map();
  /** @type {Set<{topic: string, listener: (value: any) => void, source: object}>} */
  const ears = new Set();
  const place = {
    say(/** @type {string} */ topic, /** @type {any} */ value, /** @type {object} */ source) {
      said.set(topic, value);
      for (const ear of ears) if (ear.topic === topic && ear.source !== source) ear.listener(value);
    },
    hear(/** @type {string} */ topic, /** @type {(value: any) => void} */ listener, /** @type {object} */ source) {
      const ear = { topic, listener, source };
      ears.add(ear);
      return () => { ears.delete(ear); };
    },
    last: (/** @type {string} */ topic) => said.get(topic),
  };
  PLACES.set(name, place);
  return place;
}
