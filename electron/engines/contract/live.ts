import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Bench, collector } from '../contract.suite.ts';
import { canMeter, canOpenShells, canTellPorts, type EngineShell, type RunRequest, type UsageReading } from '../engine.ts';

const size = { columns: 80, rows: 24 };

/** Reads a shell's output until something is in it; a shell that ends before fails. */
function watcher(shell: EngineShell): { until(pattern: RegExp): Promise<string>; ended(): Promise<string> } {
  const output = shell.output[Symbol.asyncIterator]();
  let seen = '';
  const more = async (): Promise<boolean> => {
    const next = await output.next();
    if (!next.done) seen += Buffer.from(next.value).toString('latin1');
    return !next.done;
  };
  return {
    until: async (pattern) => {
      while (!pattern.test(seen)) if (!(await more())) throw new Error(`the shell ended after ${JSON.stringify(seen)}`);
      const found = seen;
      seen = '';
      return found;
    },
    ended: async () => {
      while (await more());
      return seen;
    },
  };
}

/** What can be seen of a run, and done in it, while it runs. */
export function liveTopic({ engine, request, run }: Bench): void {
  const begun = async (script: string, change: Partial<RunRequest> = {}) => {
    const reference = await engine.create(request(['sh', '-c', script], change));
    const output = collector();
    await engine.start(reference, output);
    return { reference, output };
  };
  const end = async (reference: string): Promise<void> => {
    await engine.stop(reference, { graceSeconds: 0 });
    await engine.wait(reference);
  };

  describe('while it runs', () => {
    it('measures a busy run about once a second, and stops with its signal', async () => {
      if (!canMeter(engine)) throw new Error('this engine measures nothing');
      const { reference } = await begun(
        'x=abcdefgh; i=0; while [ $i -lt 13 ]; do x=$x$x$x; i=$((i+1)); done; while :; do :; done',
      );
      const readings: UsageReading[] = [];
      const stopping = new AbortController();
      for await (const reading of engine.meter(reference, { signal: stopping.signal })) {
        readings.push(reading);
        if (readings.length === 3) stopping.abort();
      }
      const [first, , last] = readings;
      if (!first || !last) throw new Error('too few readings');
      const seconds = (last.at - first.at) / 1000;
      expect(seconds).toBeGreaterThan(1);
      const cpus = (last.cpuSeconds - first.cpuSeconds) / seconds;
      // It wants one processor whole, which it shares with whatever else runs here.
      expect(cpus).toBeGreaterThan(0.02);
      expect(cpus).toBeLessThan(1.3);
      expect(last.memoryBytes).toBeGreaterThan(1_000_000);
      expect(last.disk).not.toBeNull();
      await end(reference);
    });

    it('measures nothing of a run that has ended', async () => {
      if (!canMeter(engine)) throw new Error('this engine measures nothing');
      const { reference } = await run(['true']);
      const readings: UsageReading[] = [];
      for await (const reading of engine.meter(reference, { signal: new AbortController().signal })) readings.push(reading);
      expect(readings).toEqual([]);
    });

    it('opens a shell that sees what the run sees, in the size that it is given', async () => {
      if (!canOpenShells(engine)) throw new Error('this engine opens no shells');
      const { reference } = await begun('cd /home/work; echo mine > note; echo ready; sleep 60', {
        env: [{ name: 'GREETING', value: 'ahoy $(id)' }],
      });
      const shell = await engine.openShell(reference, size);
      const seen = watcher(shell);
      shell.write(
        'stty size; echo "<$GREETING>"; pwd; while [ ! -s note ]; do sleep 0.1; done; cat note; echo term-$TERM; env | grep -c STOWAGE\n',
      );
      const text = await seen.until(/term-xterm-256color\r\n\d+/);
      expect(text).toMatch(/24 80\r\n/);
      expect(text).toContain('<ahoy $(id)>');
      expect(text).toMatch(/\/home\/work\r\nmine\r\n/);
      expect(text).toMatch(/256color\r\n0/);
      await shell.resize({ columns: 132, rows: 50 });
      shell.write('stty size\n');
      await seen.until(/50 132\r\n/);
      shell.write('exit 3\n');
      await seen.ended();
      expect(await shell.exitCode()).toBe(3);
      await shell.close();
      await end(reference);
    });

    it('hangs up a shell that is closed, with what runs in it, also in the middle of a flood', async () => {
      if (!canOpenShells(engine)) throw new Error('this engine opens no shells');
      const { reference, output } = await begun(
        'cd /home/work; while [ ! -e flooding ]; do sleep 0.1; done; while grep -aqs [f]lood-mark /proc/[0-9]*/cmdline; do sleep 0.1; done; echo gone; sleep 60',
      );
      const shell = await engine.openShell(reference, size);
      const seen = watcher(shell);
      shell.write("sh -c 'touch flooding; while :; do echo flood; done' flood-mark\n");
      await seen.until(/flood\r\nflood\r\n/);
      await shell.close();
      await seen.ended();
      while (!output.text('stdout').includes('gone')) await delay(20);
      await end(reference);
    });

    it('ends a shell with its run, and opens none in one that has ended', async () => {
      if (!canOpenShells(engine)) throw new Error('this engine opens no shells');
      const { reference } = await begun('sleep 60');
      const shell = await engine.openShell(reference, size);
      await end(reference);
      await shell.close();
      await watcher(shell).ended();
      await expect(engine.openShell(reference, size)).rejects.toMatchObject({ code: 'wrong-state' });
    });

    it('tells where a published port is reached', async () => {
      if (!canTellPorts(engine)) throw new Error('this engine tells no ports');
      const { reference } = await begun('sleep 60', { network: true, ports: [{ container: 18_080 }] });
      const [port, ...others] = await engine.publishedPorts(reference);
      expect([port?.container, others]).toEqual([18_080, []]);
      expect(port?.port).toBeGreaterThan(0);
      await end(reference);
      expect(await engine.publishedPorts(reference)).toEqual([]);
    });
  });
}
