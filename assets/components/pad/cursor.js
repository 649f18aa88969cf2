/** Where z stands: two hairs and a disc. Layers of their own, so that moving them paints nothing anew. */

/** The three elements, which are only ever moved. */
export class Cursor {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {HTMLElement[]} */
    [this.level, this.upright, this.disc] = /** @type {any} */ (root.children);
  }

  /** @param {import('./plane.js').Plane} plane @param {ArrayLike<number>|null} z null hides it */
  draw(plane, z) {
    this.root.hidden = !z;
    if (!z) return;
    const [a, b] = plane.of(z);
    const [x, y] = [plane.x(a).toFixed(2), plane.y(b).toFixed(2)];
    this.upright.style.transform = `translateX(${x}px)`;
    this.level.style.transform = `translateY(${y}px)`;
    this.level.hidden = plane.flat;
    this.disc.style.transform = `translate(${x}px, ${y}px)`;
  }
}
