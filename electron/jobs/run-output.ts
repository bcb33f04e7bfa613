import { isStowageError } from '#shared/errors.ts';
import { isSecret } from '#shared/jobs/secret-variables.ts';
import type { OutputPosition, OutputSink } from '../engines/engine.ts';
import { type MaskedSink, maskSecrets } from '../secrets/log-mask.ts';
import type { JobSecrets } from '../services.ts';
import type { JobJournal } from './journal.ts';
import { type LogStore, openLog } from './log-store.ts';

export interface RunOutputOptions {
  readonly journal: JobJournal;
  readonly secrets: JobSecrets;
  readonly logsDirectory: string;
  readonly onLogGrown: (id: number, size: number) => void;
}

/** What becomes of a job's output: its log, without its secrets, whole whatever number of connections gave it. */
export class RunOutput {
  readonly #id: number;
  readonly #options: RunOutputOptions;
  #connection: symbol | null = null;
  #store: LogStore | null = null;
  /** Before the log, where the job has secrets. */
  #mask: MaskedSink | null = null;

  constructor(id: number, options: RunOutputOptions) {
    this.#id = id;
    this.#options = options;
  }

  /** Bytes kept so far; null before the log was opened. */
  size(): number | null {
    return this.#store?.size() ?? null;
  }

  /** For an engine that gives the output from the first byte. @throws what opening a log throws */
  async begin(): Promise<OutputSink> {
    return this.#connect(await this.#log());
  }

  /** For an engine that gives it from a position on. @throws what opening and writing a log throws */
  async resume(): Promise<{ readonly sink: OutputSink; readonly kept: OutputPosition }> {
    const log = await this.#log();
    const sink = this.#connect(log);
    // Behind whatever an earlier connection handed over and the disk has not taken yet; only then the position is known.
    await log.write('stdout', new Uint8Array(0));
    return { sink, kept: log.position() };
  }

  /** All was given: makes it whole and durable. Gives its length in bytes. @throws what writing a log throws */
  async finish(): Promise<number> {
    await this.#mask?.end();
    const log = await this.#log();
    await log.finish();
    return log.size();
  }

  /** The connection is lost: nothing more is taken from it. A log that could not be written is opened anew by the next. */
  async disconnect(): Promise<void> {
    this.#connection = null;
    if (this.#store?.failure()) await this.close();
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = null;
    this.#mask?.drop();
    this.#mask = null;
    // What could not be written was not acknowledged either: the engine gives it again.
    await store?.close().catch(() => {});
  }

  /** Takes output from the newest connection only: an older one that still gives would give it twice. */
  #connect(log: LogStore): OutputSink {
    const connection = Symbol('connection');
    this.#connection = connection;
    // What an older one holds back is not in the log's position: it comes again.
    this.#mask?.drop();
    this.#mask = this.#masked(log);
    const sink = this.#mask ?? log;
    return { write: async (stream, bytes) => (this.#connection === connection ? sink.write(stream, bytes) : undefined) };
  }

  /** What takes the secrets of the job out of its output; null when it has none. */
  #masked(log: LogStore): MaskedSink | null {
    const { journal, secrets } = this.#options;
    const env = journal.plan(this.#id).env.filter(isSecret);
    if (env.length === 0) return null;
    try {
      return maskSecrets(log, [...secrets.read(env).values()]);
    } catch (error) {
      // They were for a former session only: the job goes on, but nobody can tell any more what of its output is secret.
      if (isStowageError(error, 'credentials-missing')) return maskSecrets(log, null);
      throw error;
    }
  }

  async #log(): Promise<LogStore> {
    const onGrown = (size: number): void => this.#options.onLogGrown(this.#id, size);
    this.#store ??= await openLog(this.#options.logsDirectory, this.#id, { onGrown });
    return this.#store;
  }
}
