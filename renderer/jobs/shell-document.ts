/** Styles are allowed by the nonce of the page only. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

/**
 * The document, as the terminal gets it: what it makes of it keeps to the page's policy. Its `<style>` elements bear the
 * nonce, and the style of a piece of text is set as properties and not as an attribute, which the policy forbids.
 */
export const terminalDocument: Document = new Proxy(document, {
  get: (target, name) => {
    if (name === 'createElement') return createElement;
    const value: unknown = Reflect.get(target, name, target);
    return typeof value === 'function' ? value.bind(target) : value;
  },
  set: (target, name, value) => Reflect.set(target, name, value, target),
});

function createElement(name: string): HTMLElement {
  const element = document.createElement(name);
  if (name === 'style') element.nonce = nonce;
  if (name === 'span') element.setAttribute = setAttribute;
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
