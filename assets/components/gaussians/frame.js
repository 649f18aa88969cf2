/** The instrument's elements. */

const NAMES = /** @type {[string, string][]} */ ([
  ['trace', '½ trace'], ['distance', '½ distance'], ['dimension', '−½ dimensions'], ['log_det', '½ log-determinants'],
]);

/** @param {string} term @param {string} words @param {string} [sign] */
const row = (term, words, sign = '') => `<tr class="${term}" data-term="${term}"><th scope="row">`
  + `<i class="chip ${term}"></i>${sign}${words}</th><td class="forth"></td><td class="back"></td></tr>`;

/** @param {string} way @param {string} words */
const bar = (way, words) => `<span class="way">${words}</span><div class="bar ${way}">`
  + `${NAMES.map(([term]) => `<i class="piece ${term}" data-term="${term}"></i>`).join('')}<i class="kl" data-term="kl"></i></div>`;

export const FRAME = `
  <div class="presets" role="group" aria-label="Put both somewhere"></div>
  <div class="layout">
    <div class="chart">
      <div class="map" role="group"><svg class="marks"></svg></div>
      <div class="key"><span class="q">q, solid</span> <span class="p">p, dashed</span> <span>at 1 and 2 σ; z₁, z₂</span></div>
    </div>
    <div class="side">
      <table class="sum">
        <thead><tr><th scope="col">nats</th><th scope="col">KL(q ‖ p)</th><th scope="col">KL(p ‖ q)</th></tr></thead>
        <tbody>${NAMES.map(([term, words]) => row(term, words)).join('')}${row('kl', 'the sum')}</tbody>
      </table>
      <div class="bars" aria-hidden="true">
        ${bar('forth', 'KL(q ‖ p)')}
        ${bar('back', 'KL(p ‖ q)')}
        <span></span><div class="scale"><span></span><span>0</span><span></span></div>
      </div>
      <button type="button" class="vae" aria-pressed="false">The VAE’s case: p = N(0, I), q axis-parallel</button>
    </div>
  </div>
  <output class="spoken" aria-live="polite"></output>`;
