import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createGpuWatch } from './gpu-watch.ts';

it('sums up the GPUs of a job as the driver’s program tells them, while it is wanted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-gpus-'));
  const program = join(folder, 'nvidia-smi');
  const lines = ['0, GPU-aa, 37, 1024', '1, GPU-bb, 100, 2048', '2, GPU-cc, [N/A], [N/A]'].join('\\n');
  writeFileSync(program, `#!/bin/sh\nprintf '${lines}\\n'\nexec sleep 60\n`, { mode: 0o755 });
  const watch = createGpuWatch(program);
  expect(watch.use(null)).toBeNull();
  const first = watch.want();
  const second = watch.want();
  await expect.poll(() => watch.use(null)).toEqual({ busy: 1.37, memoryBytes: 3072 * 2 ** 20 });
  expect(watch.use(['1'])).toEqual({ busy: 1, memoryBytes: 2048 * 2 ** 20 });
  expect(watch.use(['GPU-aa'])).toEqual({ busy: 0.37, memoryBytes: 1024 * 2 ** 20 });
  expect(watch.use(['2'])).toBeNull();
  first();
  first();
  expect(watch.use(['0'])).not.toBeNull();
  second();
  expect(watch.use(['0'])).toBeNull();
  rmSync(folder, { recursive: true });
});

it('knows nothing where there is no driver', () => {
  const watch = createGpuWatch('/nonexistent/nvidia-smi');
  const letGo = watch.want();
  expect(watch.use(null)).toBeNull();
  letGo();
});
