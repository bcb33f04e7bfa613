import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { OutputSink } from '../engines/engine.ts';
import { maskSecrets } from './log-mask.ts';

function collect(): OutputSink & { text(stream?: 'stdout' | 'stderr'): string } {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  return {
    write: async (stream, bytes) => void parts[stream].push(Buffer.from(bytes)),
    text: (stream = 'stdout') => Buffer.concat(parts[stream]).toString(),
  };
}

const secret = 'hunter2/pass+word';
const stars = '*'.repeat(secret.length);

it('masks a secret byte for byte, plain and in its usual encodings, on each stream by itself', async () => {
  const log = collect();
  const masked = maskSecrets(log, [secret]);
  await masked.write('stdout', Buffer.from(`a ${secret} b\n`));
  await masked.write('stderr', Buffer.from(`${encodeURIComponent(secret)} ${Buffer.from(secret).toString('base64')} é\n`));
  await masked.end();
  expect(log.text()).toBe(`a ${stars} b\n`);
  expect(log.text('stderr')).toMatch(/^\*+ \*+ é\n$/);
});

it('finds a secret that comes in pieces, however it is cut', async () => {
  const text = `x${secret}y${secret}${secret}hunter2 `;
  const masked = `x${stars}y${stars}${stars}hunter2 `;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: text.length }), { maxLength: 12 }), async (cuts) => {
      const log = collect();
      const sink = maskSecrets(log, [secret]);
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      for (const [index, place] of places.slice(1).entries())
        await sink.write('stdout', Buffer.from(text.slice(places[index], place)));
      await sink.end();
      expect(log.text()).toBe(masked);
    }),
    { numRuns: 100 },
  );
});

it('keeps the length of any output, and nothing of any secret in it', async () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 60 });
  const secrets = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 7 }), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { maxLength: 8 }), secrets, async (chunks, values) => {
      const log = collect();
      const sink = maskSecrets(log, values);
      for (const chunk of chunks) await sink.write('stdout', Buffer.from(chunk));
      await sink.end();
      expect(log.text()).toHaveLength(chunks.join('').length);
      for (const value of values) expect(log.text()).not.toContain(value);
    }),
    { numRuns: 300 },
  );
});

it('holds the beginning of a secret back for half a second at most, and masks what completes it later', async () => {
  vi.useFakeTimers();
  try {
    const log = collect();
    const sink = maskSecrets(log, [secret]);
    await sink.write('stdout', Buffer.from('Name: hun'));
    expect(log.text()).toBe('Name: ');
    await vi.advanceTimersByTimeAsync(500);
    expect(log.text()).toBe('Name: hun');
    await sink.write('stdout', Buffer.from(`${secret.slice(3)}!`));
    expect(log.text()).toBe(`Name: hun${stars.slice(3)}!`);
    await sink.write('stdout', Buffer.from(secret.slice(0, -1)));
    await vi.advanceTimersByTimeAsync(500);
    expect(log.text()).toBe(`Name: hun${stars.slice(3)}!${stars.slice(1)}`);
  } finally {
    vi.useRealTimers();
  }
});

it('masks the lines of a secret of several lines by themselves, and leaves lines lines', async () => {
  const log = collect();
  const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ==\n';
  const sink = maskSecrets(log, [key]);
  await sink.write('stdout', Buffer.from(`${key}then kqhkiG9w0BAQ== and\r\n`));
  await sink.end();
  expect(log.text()).toBe(`${'*'.repeat(19)}\n${'*'.repeat(14)}\n${'*'.repeat(14)}\nthen ${'*'.repeat(14)} and\r\n`);
});

it('masks a secret of any length whole', async () => {
  const log = collect();
  const long = Array.from({ length: 700 }, (_, index) => `part${index}`).join('.');
  const sink = maskSecrets(log, [long]);
  for (const piece of [`<${long.slice(0, 1500)}`, `${long.slice(1500)}>`]) await sink.write('stdout', Buffer.from(piece));
  await sink.end();
  expect(log.text()).toBe(`<${'*'.repeat(long.length)}>`);
});

it('masks everything when the secrets are not known any more', async () => {
  const log = collect();
  const sink = maskSecrets(log, null);
  await sink.write('stdout', Buffer.from('who knows\nwhat\n'));
  await sink.end();
  expect(log.text()).toBe('*********\n****\n');
});
