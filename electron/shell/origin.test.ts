import { expect, test } from 'vitest';
import { isAppUrl, isOpenableUrl } from './origin.ts';

test.each(['app://stowage/', 'app://stowage/index.html?x#y', 'APP://stowage/'])('takes “%s” for the app', (url) => {
  expect(isAppUrl(url)).toBe(true);
});

test.each([
  'app://stowage.example.com/',
  'app://stowage@example.com/',
  'app://user@stowage/',
  'app://stowage:80/',
  'app:stowage',
  'app:///stowage/',
  'https://stowage/',
  'file:///stowage/',
  'about:blank',
  'data:text/html,app://stowage/',
  '',
])('does not take “%s” for the app', (url) => {
  expect(isAppUrl(url)).toBe(false);
});

test('opens https links without credentials, and nothing else', () => {
  expect(isOpenableUrl('https://docs.docker.com/engine/?a=b#c')).toBe(true);
  for (const url of ['http://example.com/', 'file:///etc/passwd', 'https://u:p@example.com/', 'smb://x/y', 'https:', 'x']) {
    expect(isOpenableUrl(url), url).toBe(false);
  }
});
