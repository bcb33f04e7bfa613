import { describe, expect, it } from 'vitest';
import { type Bench, collector } from '../contract.suite.ts';

export function endsTopic({ engine, restarted, request, run }: Bench): void {
  describe('ends', () => {
    it('gives the exit code, also of a run that ended before it was asked for', async () => {
      const { reference, exit } = await run(['sh', '-c', 'exit 42']);
      expect(exit.code).toBe(42);
      expect((await restarted().wait(reference)).code).toBe(42);
    });

    it('gives 128+n for a signal', async () => {
      expect((await run(['sh', '-c', 'kill -9 $$'])).exit.code).toBe(137);
    });

    it('names a command that is not there before anything runs', async () => {
      await expect(run(['no-such-command-here'])).rejects.toMatchObject({ code: 'command-not-found' });
      await expect(run(['/no/such/file'])).rejects.toMatchObject({ code: 'command-not-found' });
    });

    it('names a command that cannot be executed', async () => {
      await expect(run(['/etc/passwd'])).rejects.toMatchObject({ code: expect.stringMatching(/^command-not-/) });
      await expect(run(['/etc'])).rejects.toMatchObject({ code: 'command-not-executable' });
    });

    it('lets a run finish within the grace', async () => {
      const { reference, output, ready } = await begin('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done');
      await ready;
      await engine.stop(reference, { graceSeconds: 10 });
      expect((await engine.wait(reference)).code).toBe(7);
      // A shell may say that what it waited for was terminated as well.
      expect(output.text('stdout')).toMatch(/^ready\n(.*\n)?bye\n$/);
    });

    it('kills after the grace what does not listen', async () => {
      const { reference, ready } = await begin('trap "" TERM; echo ready; while :; do sleep 0.05; done');
      await ready;
      await engine.stop(reference, { graceSeconds: 1 });
      expect((await engine.wait(reference)).code).toBe(137);
      await engine.stop(reference, { graceSeconds: 1 });
    });

    it('creates a run once, finds it in each state, and starts it once', async () => {
      const wanted = request(['sleep', '30']);
      const reference = await engine.create(wanted);
      expect(await engine.create(wanted)).toBe(reference);
      const found = async (): Promise<unknown> => (await restarted().find()).find(({ jobId }) => jobId === wanted.jobId);
      expect(await found()).toEqual({ jobId: wanted.jobId, reference, state: 'created' });
      await engine.start(reference, collector());
      expect(await found()).toMatchObject({ state: 'running' });
      await expect(engine.start(reference, collector())).rejects.toMatchObject({ code: 'wrong-state' });
      await engine.stop(reference, { graceSeconds: 5 });
      await engine.wait(reference);
      expect(await found()).toMatchObject({ state: 'ended' });
      await expect(engine.start(reference, collector())).rejects.toMatchObject({ code: 'wrong-state' });
      await engine.remove(reference);
      await engine.remove(reference);
      expect(await found()).toBeUndefined();
    });

    it('stops waiting when told, and the run goes on', async () => {
      const { reference, ready } = await begin('echo ready; sleep 30');
      await ready;
      const abort = new AbortController();
      const waiting = engine.wait(reference, { signal: abort.signal });
      abort.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
      expect((await engine.find()).find((run) => run.reference === reference)?.state).toBe('running');
      await engine.stop(reference, { graceSeconds: 0 });
    });
  });

  async function begin(script: string) {
    const reference = await engine.create(request(['sh', '-c', script]));
    const output = collector();
    const ready = Promise.withResolvers<void>();
    await engine.start(reference, {
      write: async (stream, bytes) => {
        await output.write(stream, bytes);
        ready.resolve();
      },
    });
    return { reference, output, ready: ready.promise };
  }
}
