import { parseInnerPath } from '#shared/paths.ts';
import { type CrashRequest, patternAt } from './crash-pattern.ts';
import { createS3Provider } from './provider.ts';

/**
 * A process for the test of `kill -9`: opens the write of `big` that its first message describes, tells how much is kept,
 * and appends the bytes of a pattern from there on, slowly enough to be killed in the middle; tells each 8 MiB.
 */
process.once('message', async ({ settings, secretAccessKey, size, pauseMs }: CrashRequest) => {
  const provider = createS3Provider(settings, { secretAccessKey });
  const write = await provider.openWrite(parseInnerPath('big'), 'crash', { size, modified: 1_111_111_111_111 });
  process.send?.({ found: write.committed });
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let offset = write.committed; offset < size; offset += 1024 * 1024) {
      yield patternAt(offset).subarray(0, size - offset);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      process.send?.({ committed: write.committed });
    }
  }
  await write.append(body());
  const entry = await write.finish({ size, modified: 1_111_111_111_111 });
  process.send?.({ done: entry.size });
  await provider.close();
  process.disconnect();
});
