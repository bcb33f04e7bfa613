import { expect, test } from 'vitest';
import { isAppUrl, isOpenableUrl, publishedPortOf } from './origin.ts';

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

test('knows the address of a published port, and takes nothing else for one', () => {
  expect(publishedPortOf('http://127.0.0.1:32768/')).toBe(32768);
  for (const url of [
    'http://127.0.0.1/',
    'http://127.0.0.1:80/x',
    'http://127.0.0.1:80@h/',
    'http://127.0.0.1.h:80/',
    'http://10.0.0.1:80/',
  ])
    expect(publishedPortOf(url), url).toBeNull();
});
