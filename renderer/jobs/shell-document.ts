/** Styles are allowed by the nonce of the page only. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

/**
 * The document, as the terminal gets it: what it makes of it keeps to the page's policy. Its `<style>` elements bear the
 * nonce. The pieces of text in a row that have colours of their own bear them as an attribute, which the policy leaves without
 * effect: they are set once more as properties.
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
  if (name === 'div') element.replaceChildren = replaceChildren;
  return element;
}

function replaceChildren(this: HTMLElement, ...children: (Node | string)[]): void {
  for (const child of children) {
    const style = child instanceof HTMLElement ? child.getAttribute('style') : null;
    if (child instanceof HTMLElement && style !== null) child.style.cssText = style;
  }
  Element.prototype.replaceChildren.apply(this, children);
}
