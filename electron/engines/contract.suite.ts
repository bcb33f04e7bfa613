import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { endsTopic } from './contract/ends.ts';
import { filesTopic } from './contract/files.ts';
import { linksTopic } from './contract/links.ts';
import { liveTopic } from './contract/live.ts';
import { mountsTopic } from './contract/mounts.ts';
import { outputTopic } from './contract/output.ts';
import type { Engine, OutputSink, RunExit, RunRequest } from './engine.ts';
import { plainRun } from './run.fixture.ts';

/** What a topic of the suite works with; each topic makes its own runs. */
export interface Bench {
  readonly engine: Engine;
  /** Another engine object on the same runs, as after a restart of the app. */
  restarted(): Engine;
  /** A scratch directory that the runs' user may write. */
  readonly scratch: string;
  readonly hasImages: boolean;
  readonly image: string | null;
  request(command: readonly string[], change?: Partial<RunRequest>): RunRequest;
  run(command: readonly string[], change?: Partial<RunRequest>): Promise<Ended>;
}

export interface Ended {
  readonly reference: string;
  readonly exit: RunExit;
  readonly stdout: string;
  readonly stderr: string;
}

/** Keeps what an engine gives. */
export function collector(): OutputSink & {
  text(stream: 'stdout' | 'stderr'): string;
  length(stream: 'stdout' | 'stderr'): number;
} {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  return {
    write: async (stream, bytes) => {
      kept[stream].push(Buffer.from(bytes));
    },
    text: (stream) => Buffer.concat(kept[stream]).toString('latin1'),
    length: (stream) => kept[stream].reduce((sum, bytes) => sum + bytes.length, 0),
  };
}

/** The contract of an engine: the same topics on every one. */
export function engineContract(
  name: string,
  setup: { create: (homeId: string, scratch: string) => Engine; image: string | null; user: RunRequest['user'] },
): void {
  describe(`engine ${name}`, () => {
    const scratch = mkdtempSync('/tmp/stowage-engines-');
    const homeId = randomUUID();
    const engines: Engine[] = [];
    const make = (): Engine => {
      const engine = setup.create(homeId, join(scratch, '.runs'));
      engines.push(engine);
      return engine;
    };
    const engine = make();
    let jobs = 0;
    const request = (command: readonly string[], change: Partial<RunRequest> = {}): RunRequest => ({
      jobId: ++jobs,
      image: setup.image,
      command,
      ...plainRun,
      directories: [
        { path: '/home', mode: 0o755 },
        { path: '/home/work', mode: 0o755 },
      ],
      user: setup.user,
      ...change,
    });
    const run = async (command: readonly string[], change: Partial<RunRequest> = {}): Promise<Ended> => {
      const reference = await engine.create(request(command, change));
      const output = collector();
      await engine.start(reference, output);
      const exit = await engine.wait(reference);
      return { reference, exit, stdout: output.text('stdout'), stderr: output.text('stderr') };
    };

    afterAll(async () => {
      for (const { reference } of await engine.find()) await engine.remove(reference);
      await Promise.all(engines.map((each) => each.close()));
      rmSync(scratch, { recursive: true, force: true });
    });

    const bench: Bench = { engine, restarted: make, scratch, hasImages: setup.image !== null, image: setup.image, request, run };
    outputTopic(bench);
    endsTopic(bench);
    mountsTopic(bench);
    filesTopic(bench);
    linksTopic(bench);
    liveTopic(bench);
  });
}
