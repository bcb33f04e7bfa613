import { expect, test } from 'vitest';
import { parseGpuSlots, writeGpuSlots } from './gpu-slots.ts';

test('reads a number of GPUs or their ids, and writes them as they are read', () => {
  for (const slots of [null, 0, 8, ['0', '2'], ['1'], ['GPU-4d2a-11']] as const)
    expect(parseGpuSlots(writeGpuSlots(slots && typeof slots === 'object' ? [...slots] : slots))).toEqual({ slots });
  expect(parseGpuSlots(' 0 2,0 ')).toEqual({ slots: ['0', '2'] });
  expect(parseGpuSlots('65')).toBe('wrong');
  expect(parseGpuSlots('0;1')).toBe('wrong');
});
