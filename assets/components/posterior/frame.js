/** The instrument's elements. */

import { WINDOWS } from './windows.js';

/** @param {string} kind */
const line = (kind) => `<svg class="sample" data-style="${kind}" viewBox="0 0 28 10" aria-hidden="true"><path d="M1 5H27"/></svg>`;

export const FRAME = `
  <div class="layout">
    <div class="chart">
      <div class="head">
        <div class="windows" role="group" aria-label="What the map shows">
          ${WINDOWS.map(([name, words, help]) =>
    `<button type="button" data-window="${name}" aria-pressed="false" title="${help}">${words}</button>`).join('')}
        </div>
        <div class="tools">
          <button type="button" class="in" aria-label="Zoom in" title="Zoom in (+)">+</button>
          <button type="button" class="out" aria-label="Zoom out" title="Zoom out (−)">−</button>
          <button type="button" class="home" aria-label="Show the whole again" title="Show the whole again (Home, double click)">⌂</button>
        </div>
      </div>
      <div class="map" tabindex="0" role="application">
        <canvas class="ground" aria-hidden="true"></canvas>
        <svg class="marks"></svg>
      </div>
      <p class="key"><span class="bar density"></span>p(z|x), from nothing to its highest density; z₁, z₂ in prior σ</p>
    </div>
    <div class="side">
      <table class="sum">
        <caption>Your q ${line('hand')}<span>nats</span></caption>
        <tbody>
          <tr class="reconstruction"><th scope="row">E<sub>q</sub> log p(x|z)</th><td></td></tr>
          <tr class="kl"><th scope="row"><i>−</i>KL(q‖p(z))</th><td></td></tr>
          <tr class="elbo total"><th scope="row"><i>=</i>ELBO</th><td></td></tr>
          <tr class="gap"><th scope="row"><i>+</i>gap, KL(q‖p(z|x))</th><td></td></tr>
          <tr class="log-likelihood total"><th scope="row"><i>=</i>log p(x)</th><td></td></tr>
        </tbody>
      </table>
      <div class="gauge" aria-hidden="true">
        <div class="track"><div class="lack"></div><div class="given-ticks"></div><i class="at"></i><i class="top"></i></div>
        <div class="ends"><span class="from"></span><span class="to">log p(x)</span></div>
      </div>
      <div class="fit">
        <div class="families" role="group" aria-label="Which Gaussians">
          <button type="button" data-family="diagonal" aria-pressed="true">Diagonal</button>
          <button type="button" data-family="full" aria-pressed="false">Full covariance</button>
        </div>
        <button type="button" class="climb">Fit q</button>
        <button type="button" class="back">Back to the encoder's q</button>
      </div>
      <p class="verdict"></p>
      <table class="known">
        <thead><tr><th scope="col">To compare</th><th scope="col">ELBO</th><th scope="col">gap</th></tr></thead>
        <tbody></tbody>
      </table>
      <p class="beyond" hidden>Part of your q lies beyond ±6 σ of the prior. There p(x|z) is held, so this is rough.</p>
    </div>
  </div>
  <output class="spoken" aria-live="polite"></output>`;
