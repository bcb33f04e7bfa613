import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { createRedactor } from './redactor.ts';

const secret = 'p/lanted+secret==';

it('takes a protected text out in every usual encoding', () => {
  const redactor = createRedactor();
  redactor.protect([secret]);
  const forms = [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    JSON.stringify(secret),
  ];
  const clean = redactor.text(forms.join(' | '));
  for (const form of forms) expect(clean).not.toContain(form.replaceAll('"', ''));
  expect(clean.match(/\[secret\]/g)).toHaveLength(forms.length);
});

it.each([
  ['https://a.blob.core.windows.net/c/x?sv=1&sig=abc%2Bdef%3D&se=2030', 'abc%2Bdef'],
  ['AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=x', 'c2VjcmV0'],
  ['Authorization: SharedKey account:bm90IHJlYWw=', 'bm90IHJlYWw'],
  ['AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature=0123456789abcdef', '0123456789abcdef'],
  ['GET /b?X-Amz-Signature=00ff&X-Amz-Security-Token=dG9rZW4%3D', '00ff'],
])('takes out what looks like a secret, though nobody named it: %s', (text, hidden) => {
  expect(createRedactor().text(text)).not.toContain(hidden);
});

it('leaves innocent texts and errors as they are', () => {
  const redactor = createRedactor();
  redactor.protect(['abc', '']);
  expect(redactor.text('abc of the alphabet, signature missing')).toBe('abc of the alphabet, signature missing');
  const error = new StowageError('not-found', 'There is no “x”.', { subject: 'x' });
  expect(redactor.error(error)).toBe(error);
  expect(redactor.error(null)).toBeNull();
});

it('cleans message, data, stack and cause of an error', () => {
  const redactor = createRedactor();
  redactor.protect([secret]);
  const cause = Object.assign(new Error('the answer'), { request: { headers: { authorization: secret } } });
  const thrown = new StowageError(
    'io-error',
    `It failed with ${secret}.`,
    { detail: `at ?sig=${secret}`, hint: secret },
    { cause },
  );
  const clean = redactor.error(thrown) as StowageError;
  expect(clean).toMatchObject({ code: 'io-error', message: 'It failed with [secret].' });
  expect(inspect(clean, { depth: 9 })).not.toContain(secret);
  const unclean = redactor.error(Object.assign(new TypeError(`no ${secret}`), { cause })) as Error;
  expect(unclean.name).toBe('TypeError');
  expect(inspect(unclean, { depth: 9 })).not.toContain(secret);
});
