import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Redactor } from '../services.ts';
import type { EditPropertiesCapable, ShareUrlCapable } from '../storage/properties.ts';
import type {
  ContainerCapable,
  CopyCapable,
  LocalPathCapable,
  RenameCapable,
  ResumableWrite,
  ResumableWriteCapable,
  SpaceCapable,
  StorageProvider,
} from '../storage/provider.ts';

type Capabilities = RenameCapable &
  LocalPathCapable &
  SpaceCapable &
  ResumableWriteCapable &
  CopyCapable &
  ContainerCapable &
  EditPropertiesCapable &
  ShareUrlCapable;
type Everything = StorageProvider & Capabilities;

/** What stands behind a host's provider until its settings or secret change. */
export interface Opened {
  readonly provider: StorageProvider;
  /** Why nothing can be asked of it (its secret is missing); its features are known all the same. */
  readonly refusal: StowageError | null;
  readonly name: string;
  readonly readOnly: boolean;
  /** Its errors are cleaned of it. */
  readonly hasSecret: boolean;
}

/** The provider of a host, one for its life: what stands behind it can be exchanged under those who hold it. */
export interface HostProvider {
  readonly provider: StorageProvider;
  /** Opens anew at the next call. What is under way goes on with the old settings. */
  reopen(): void;
  close(): Promise<void>;
}

/**
 * Wraps what `open` gives. Here, and only here, writes to a read-only host and calls without a secret are refused, and
 * errors lose whatever secret is in them.
 */
export function createHostProvider(open: () => Opened, redactor: Redactor): HostProvider {
  let current: Opened | null = null;
  const retired: StorageProvider[] = [];
  const opened = (): Opened => {
    current ??= open();
    return current;
  };
  const reading = (): Everything => {
    const { provider, refusal } = opened();
    if (refusal) throw refusal;
    // Whoever calls a capability asked for it before.
    return provider as Everything;
  };
  const writing = (): Everything => {
    const { name, readOnly } = opened();
    if (!readOnly) return reading();
    throw new StowageError('read-only', `The storage host “${visible(name)}” is read-only for Stowage.`, {
      subject: name,
      hint: 'Change that in its settings, or write to another host.',
    });
  };
  return {
    provider: wrap(
      () => opened().provider,
      reading,
      writing,
      createCleaner(redactor, () => opened().hasSecret),
    ),
    reopen: () => {
      if (current) retired.push(current.provider);
      current = null;
    },
    close: async () => {
      const all = [...retired.splice(0), ...(current ? [current.provider] : [])];
      current = null;
      await Promise.all(all.map((provider) => provider.close()));
    },
  };
}

function wrap(shape: () => StorageProvider, reading: () => Everything, writing: () => Everything, clean: Cleaner): Everything {
  return {
    get kind() {
      return shape().kind;
    },
    get nameRules() {
      return shape().nameRules;
    },
    get caseSensitive() {
      return shape().caseSensitive;
    },
    get features() {
      return shape().features;
    },
    list: (...call) => clean.iterable(() => reading().list(...call)),
    stat: (...call) => clean.call(() => reading().stat(...call)),
    read: (...call) =>
      clean.call(async () => {
        const { entry, body } = await reading().read(...call);
        return { entry, body: clean.body(body) };
      }),
    write: (...call) => clean.call(() => writing().write(...call)),
    makeDirectory: (...call) => clean.call(() => writing().makeDirectory(...call)),
    remove: (...call) => clean.call(() => writing().remove(...call)),
    rename: (...call) => clean.call(() => writing().rename(...call)),
    copy: (...call) => clean.call(() => writing().copy(...call)),
    properties: (...call) => clean.call(() => reading().properties(...call)),
    setProperties: (...call) => clean.call(() => writing().setProperties(...call)),
    shareUrl: (path, share, options) =>
      clean.call(() => (share.permission === 'r' ? reading() : writing()).shareUrl(path, share, options)),
    openWrite: (...call) => clean.call(async () => cleanWrite(await writing().openWrite(...call), clean)),
    space: () => clean.call(() => reading().space()),
    localPath: (path) => (shape() as Everything).localPath(path),
    containerName: (name) => (shape() as Everything).containerName(name),
    // It belongs to the host, not to whoever holds it.
    close: async () => undefined,
  };
}

/** Calls whose failures are cleaned of secrets. */
interface Cleaner {
  call<T>(work: () => Promise<T>): Promise<T>;
  iterable<T>(begin: () => AsyncIterable<T>): AsyncIterable<T>;
  /** Of something that is open: a reader that leaves before the first chunk lets go of it too, unlike with a generator. */
  body<T>(body: AsyncIterable<T>): AsyncIterable<T>;
}

function createCleaner(redactor: Redactor, needed: () => boolean): Cleaner {
  const cleaned = (error: unknown): unknown => (needed() ? redactor.error(error) : error);
  const call: Cleaner['call'] = async (work) => {
    try {
      return await work();
    } catch (error) {
      throw cleaned(error);
    }
  };
  return {
    call,
    body: (body) => ({
      [Symbol.asyncIterator]: () => {
        const chunks = body[Symbol.asyncIterator]();
        return {
          next: () => call(() => chunks.next()),
          return: () => call(async () => (await chunks.return?.()) ?? { done: true, value: undefined }),
        };
      },
    }),
    iterable: async function* (begin) {
      try {
        yield* begin();
      } catch (error) {
        throw cleaned(error);
      }
    },
  };
}

function cleanWrite(write: ResumableWrite, clean: Cleaner): ResumableWrite {
  const { readBack, scattered } = write;
  return {
    scattered: scattered && { file: scattered.file, put: (...call) => clean.call(() => scattered.put(...call)) },
    get committed() {
      return write.committed;
    },
    get granularity() {
      return write.granularity;
    },
    truncate: (length) => clean.call(() => write.truncate(length)),
    append: (...call) => clean.call(() => write.append(...call)),
    readBack: readBack && ((call) => clean.iterable(() => readBack.call(write, call))),
    finish: (...call) => clean.call(() => write.finish(...call)),
    abort: () => clean.call(() => write.abort()),
    close: () => clean.call(() => write.close()),
  };
}
