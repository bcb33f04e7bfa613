import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBufferGate } from './gate.ts';

it('lets in what fits, the rest in order as there is room', async () => {
  const gate = createBufferGate(100);
  const first = await gate.enter(60);
  const order: string[] = [];
  const second = gate.enter(50).then((leave) => {
    order.push('second');
    return leave;
  });
  // It would fit, but it came later.
  const third = gate.enter(10).then((leave) => {
    order.push('third');
    return leave;
  });
  expect(gate.held).toBe(60);
  first();
  first();
  (await second)();
  (await third)();
  expect(order).toEqual(['second', 'third']);
  expect(gate.held).toBe(0);
});

it('lets in alone what is larger than everything', async () => {
  const gate = createBufferGate(100);
  const large = await gate.enter(1000);
  expect(gate.held).toBe(1000);
  large();
});

it('leaves three quarters of the room to those that write', async () => {
  const gate = createBufferGate(100);
  const ahead = gate.tryEnter(20);
  expect(ahead).not.toBeNull();
  expect(gate.tryEnter(10)).toBeNull();
  const writing = await gate.enter(80);
  expect(gate.tryEnter(1)).toBeNull();
  ahead?.();
  expect(gate.tryEnter(20)).not.toBeNull();
  writing();
});

it('lets go of one whose signal fires', async () => {
  const gate = createBufferGate(100);
  const first = await gate.enter(100);
  const stop = new AbortController();
  const waiting = gate.enter(1, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  first();
  expect(gate.held).toBe(0);
});

it('never holds more than its limit, and serves everybody', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(sizes, async (all) => {
      const gate = createBufferGate(100);
      let served = 0;
      await Promise.all(
        all.map(async (bytes) => {
          const leave = await gate.enter(bytes);
          expect(gate.held).toBeLessThanOrEqual(100);
          await Promise.resolve();
          served++;
          leave();
        }),
      );
      expect(served).toBe(all.length);
      expect(gate.held).toBe(0);
    }),
  );
});
