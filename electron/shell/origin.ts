/** The app's own scheme and origin: nothing else is ever loaded or listened to. */
export const appScheme = 'app';
export const appHost = 'stowage';
export const appUrl = `${appScheme}://${appHost}/`;

/** True for a URL of the app itself, by parsing it, never by comparing the beginning of a text. */
export function isAppUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === `${appScheme}:` && url.host === appHost && url.username === '' && url.password === '';
}

/** True for an https link that may be opened in the user's browser. */
export function isOpenableUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '';
}
