import { describe, expect, it } from 'vitest';
import { type Bench, collector } from '../contract.suite.ts';

export function outputTopic({ engine, restarted, request, run }: Bench): void {
  describe('output', () => {
    it('gives the first byte of a very short run, and its exit code', async () => {
      const { stdout, exit } = await run(['echo', 'hello']);
      expect(stdout).toBe('hello\n');
      expect(exit).toMatchObject({ code: 0, oomKilled: false, message: null });
      expect(exit.endedAt).toBeGreaterThanOrEqual(exit.startedAt ?? Number.POSITIVE_INFINITY);
    });

    it('passes arguments and environment as data', async () => {
      const value = `a'b"c\n$(id) \`id\` \\ $HOME *;|&\ttail `;
      const { stdout } = await run(['sh', '-c', 'printf "%s\\n%s" "$TRICKY" "$1"', 'sh', value], {
        env: [{ name: 'TRICKY', value }],
      });
      expect(stdout).toBe(`${value}\n${value}`);
    });

    it('gives a million short lines whole, taken one write at a time', async () => {
      const reference = await engine.create(request(['sh', '-c', 'seq 1000000']));
      let bytes = 0;
      let writing = 0;
      let largest = 0;
      await engine.start(reference, {
        write: async (_, chunk) => {
          expect(++writing).toBe(1);
          await Promise.resolve();
          bytes += chunk.length;
          largest = Math.max(largest, chunk.length);
          writing--;
        },
      });
      await engine.wait(reference);
      expect(bytes).toBe(6_888_896);
      expect(largest).toBeLessThanOrEqual(1024 * 1024);
    }, 60_000);

    it('goes on after a restart at exactly the kept byte, while the run prints, in the middle of a line', async () => {
      const script =
        'i=0; while [ $i -lt 300 ]; do printf "line-%s-\\377\\303\\244 " $i; [ $((i%7)) = 0 ] && echo; i=$((i+1)); sleep 0.005; done';
      const reference = await engine.create(request(['sh', '-c', script]));
      const enough = Promise.withResolvers<void>();
      const first = collector();
      let dead = false;
      await engine.start(reference, {
        write: async (stream, bytes) => {
          // A dead app keeps nothing more.
          if (dead) return;
          await first.write(stream, bytes);
          if (first.length('stdout') > 500) enough.resolve();
        },
      });
      await enough.promise;
      dead = true;
      const second = restarted();
      const rest = collector();
      await second.follow(reference, rest, { stdout: first.length('stdout'), stderr: 0 });
      expect((await second.wait(reference)).code).toBe(0);
      let expected = '';
      for (let i = 0; i < 300; i++) expected += `line-${i}-\xff\xc3\xa4 ${i % 7 === 0 ? '\n' : ''}`;
      const all = first.text('stdout') + rest.text('stdout');
      expect(all.startsWith(expected)).toBe(true);
      // An engine whose log is made of lines may end the last one.
      expect(['', '\n']).toContain(all.slice(expected.length));
    });

    it('replays what is not kept of a run that ended while nobody looked', async () => {
      const { reference, stdout } = await run(['sh', '-c', 'seq 5000; echo done']);
      const second = restarted();
      const rest = collector();
      await second.follow(reference, rest, { stdout: 1001, stderr: 0 });
      expect((await second.wait(reference)).code).toBe(0);
      expect(rest.text('stdout')).toBe(stdout.slice(1001));
    });
  });
}
