import { randomUUID } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { type ShellEvent, type shellsContract, shellWindow } from '#shared/contract/shells.ts';
import { StowageError } from '#shared/errors.ts';
import { canOpenShells, type EngineShell } from '../engines/engine.ts';
import type { Changes } from '../events.ts';
import { createPacer, type Pacer } from '../pacing.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, RunningJobs } from '../services.ts';

/** Each takes a process in its job and a connection to the engine. */
const mostShells = 32;
/** One piece of output, in bytes: small beside what may be under way. */
const pieceBytes = 16 * 1024;

interface Open {
  readonly job: number;
  readonly shell: EngineShell;
  readonly pacer: Pacer;
  /** Hangs up; the stream then comes to its end. */
  close(): Promise<void>;
}

/**
 * Shells into running jobs. Each belongs to the one who reads its output: it ends when that one goes. What is printed waits
 * for the reader, so a flood takes no memory.
 */
export function createShells({
  changes,
  engines,
  jobs,
}: {
  changes: Changes;
  engines: Pick<EngineRegistry, 'get'>;
  jobs: RunningJobs;
}): {
  readonly service: Service<typeof shellsContract>;
  close(): Promise<void>;
} {
  const open = new Map<string, Open>();
  let closed = false;
  const require = (id: string): Open => {
    const found = open.get(id);
    if (!found) throw new StowageError('not-found', 'This shell has ended.', { hint: 'Open another one.' });
    return found;
  };
  const openIn = async (job: number, size: { columns: number; rows: number }): Promise<[string, Open]> => {
    const place = jobs.running(job);
    if (!place || closed)
      throw new StowageError('wrong-state', `Job ${job} does not run: only a running job has a shell.`, { subject: String(job) });
    const engine = engines.get(place.engine);
    if (!canOpenShells(engine))
      throw new StowageError('unsupported', 'This engine opens no shells in its jobs.', { subject: place.engine });
    if (open.size >= mostShells)
      throw new StowageError('in-use', `${mostShells} shells are open.`, { hint: 'Close one that you do not need any more.' });
    const shell = await engine.openShell(place.reference, size);
    const pacer = createPacer(shellWindow);
    const entry: Open = {
      job,
      shell,
      pacer,
      close: () => {
        pacer.end();
        return shell.close();
      },
    };
    const id = randomUUID();
    open.set(id, entry);
    return [id, entry];
  };
  const closeOf = (isMeant: (entry: Open) => boolean): Promise<unknown> =>
    Promise.all([...open.values()].filter(isMeant).map((entry) => entry.close()));
  const off = changes.on((change) => {
    if (change.type === 'job' && !jobs.running(change.job.id)) void closeOf(({ job }) => job === change.job.id);
  });

  return {
    service: {
      open: ({ job, ...size }, { signal }) => read(job, size, signal ?? new AbortController().signal),
      write: ({ shell, text }) => require(shell).shell.write(text),
      resize: ({ shell, ...size }) => require(shell).shell.resize(size),
      taken: ({ shell, length }) => open.get(shell)?.pacer.taken(length),
      close: async ({ shell }) => open.get(shell)?.close(),
    },
    close: async () => {
      closed = true;
      off();
      await closeOf(() => true);
    },
  };

  async function* read(
    job: number,
    size: { columns: number; rows: number },
    signal: AbortSignal,
  ): AsyncGenerator<ShellEvent, void> {
    const [id, entry] = await openIn(job, size);
    const gone = (): void => void entry.close();
    signal.addEventListener('abort', gone, { once: true });
    if (signal.aborted) gone();
    try {
      yield { type: 'opened', shell: id };
      for await (const text of texts(entry.shell.output)) {
        const sent = entry.pacer.sent(text.length);
        yield { type: 'output', text };
        await sent;
      }
      yield { type: 'ended', exitCode: await entry.shell.exitCode() };
    } finally {
      open.delete(id);
      signal.removeEventListener('abort', gone);
      await entry.close();
    }
  }
}

/** Output as text, in small pieces; a letter that is cut in two comes with the second part. */
async function* texts(output: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  for await (const chunk of output) {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      const text = decoder.write(Buffer.from(chunk.subarray(from, from + pieceBytes)));
      if (text !== '') yield text;
    }
  }
  const last = decoder.end();
  if (last !== '') yield last;
}
