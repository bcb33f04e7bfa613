import { expect, it } from 'vitest';
import { longestShellInput } from '#shared/contract/shells.ts';
import { createShellInput } from './shell-input.ts';

it('sends what was typed before it was open, in order, one message at a time, no letter cut in two', async () => {
  const input = createShellInput();
  const text = `${'é'.repeat(longestShellInput - 1)}🚢${'x'.repeat(longestShellInput)}`;
  input.type('ls');
  input.type(text);
  const sent: string[] = [];
  const done = Promise.withResolvers<void>();
  let underWay = 0;
  input.open(async (part) => {
    expect(++underWay).toBe(1);
    await Promise.resolve();
    underWay -= 1;
    sent.push(part);
    if (sent.join('') === `ls${text}`) done.resolve();
  });
  await done.promise;
  for (const part of sent) {
    expect(part.length).toBeLessThanOrEqual(longestShellInput);
    expect(part.isWellFormed()).toBe(true);
  }
});

it('refuses more than it can hold, and drops what waits when it is closed', () => {
  const input = createShellInput();
  expect(input.type('x'.repeat(4 * 1024 * 1024))).toBe(true);
  expect(input.type('x')).toBe(false);
  input.close();
  expect(input.type('x')).toBe(true);
});
