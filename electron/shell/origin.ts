/** The app's own scheme and origin: nothing else is ever loaded or listened to. */
export const appScheme = 'app';
export const appHost = 'stowage';
export const appUrl = `${appScheme}://${appHost}/`;

/** True for a URL of the app itself, by parsing it, never by comparing the beginning of a text. */
export function isAppUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === `${appScheme}:` && url.host === appHost && url.username === '' && url.password === '';
}

/** The port of an address of this machine as published ports have it, `http://127.0.0.1:PORT/`; null for every other text. */
export function publishedPortOf(text: string): number | null {
  const match = /^http:\/\/127\.0\.0\.1:(\d{1,5})\/$/.exec(text);
  return match ? Number(match[1]) : null;
}

/** True for an https link that may be opened in the user's browser. */
export function isOpenableUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '';
}
