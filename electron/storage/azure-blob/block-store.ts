import { createHash } from 'node:crypto';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import type { StorageEntry } from '../provider.ts';
import { type FinishOptions, type PartStore, partsLost, type StoredPart } from '../remote/parted-write.ts';
import { conditions, keptTime, plainEtagOf, timeMetadata } from './blob-entry.ts';
import { parseBlockList } from './list-page.ts';
import { type Answer, type BlobService, textOf } from './service.ts';

export interface BlockStoreOptions {
  readonly service: BlobService;
  readonly path: InnerPath;
  readonly container: string;
  readonly blob: string;
  /** Names the write; null for one that is never found again. */
  readonly key: string | null;
  /** Makes the container when it is missing; null where that is not Stowage's to make. */
  readonly makeContainer: ((signal: AbortSignal | undefined) => Promise<void>) | null;
  /** The blob as it is now. */
  stat(signal: AbortSignal | undefined): Promise<StorageEntry>;
}

const maxBlockListBytes = 64 * 1024 * 1024;
/** Of a block id before Base64; all ids of a blob must be equally long, and 48 is what other programs use, too. */
const idBytes = 48;
const abortIndex = 999_999;

/**
 * Parts as blocks that Azure keeps for a week beside a blob, without showing them. Their ids carry the key of the write, a
 * generation and the index. Blocks cannot be taken back one by one; giving up a write leaves a tiny block that says that
 * its generation is over.
 */
export function createBlockStore(options: BlockStoreOptions): PartStore {
  const { service, path, container, blob } = options;
  const name = createHash('sha256')
    .update(options.key ?? crypto.randomUUID())
    .digest('hex')
    .slice(0, 28);
  let generation = 0;
  const idOf = (index: number): string => {
    const text = `stowage-${name}-${String(generation).padStart(4, '0')}-${String(index).padStart(6, '0')}`;
    return Buffer.from(text.padEnd(idBytes, '0')).toString('base64');
  };
  const at = { container, blob, subject: path } as const;

  const putBlock = (id: string, bytes: Uint8Array, md5: string, signal: AbortSignal | undefined): Promise<Answer> =>
    inContainer(options, signal, () =>
      service.call({
        ...at,
        method: 'PUT',
        query: [
          ['comp', 'block'],
          ['blockid', id],
        ],
        headers: { 'content-md5': base64Of(md5) },
        body: bytes,
        signal,
      }),
    );
  return {
    list: async (signal) => {
      const blocks = await uncommitted(service, at, signal);
      const own = blocks.flatMap(({ id, size }) => {
        const match = /^stowage-([0-9a-f]{28})-(\d{4})-(\d{6})/.exec(Buffer.from(id, 'base64').toString('latin1'));
        return match?.[1] === name ? [{ generation: Number(match[2]), index: Number(match[3]), size, tag: id }] : [];
      });
      const latest = Math.max(0, ...own.map((block) => block.generation));
      const over = own.some((block) => block.generation === latest && block.index === abortIndex);
      generation = over ? latest + 1 : latest;
      return own.filter((block) => block.generation === generation);
    },
    put: async (index, bytes, md5, signal) => {
      const id = idOf(index);
      (await putBlock(id, bytes, md5, signal)).http.discard();
      return id;
    },
    complete: (parts, finish) => commit(options, parts, finish),
    whole: (bytes, finish) => putBlob(options, bytes, finish),
    abort: async () => {
      if (options.key === null) return;
      const mark = Buffer.from('.');
      (await putBlock(idOf(abortIndex), mark, createHash('md5').update(mark).digest('hex'), undefined)).http.discard();
      generation++;
    },
  };
}

async function uncommitted(
  service: BlobService,
  at: { container: string; blob: string; subject: string },
  signal: AbortSignal | undefined,
): Promise<{ id: string; size: number }[]> {
  const answer = await service.call({
    ...at,
    method: 'GET',
    query: [
      ['comp', 'blocklist'],
      ['blocklisttype', 'uncommitted'],
    ],
    signal,
    accept: [404],
  });
  return answer.status === 404 ? [] : parseBlockList(await textOf(answer, maxBlockListBytes));
}

/** Azure's codes for a condition that does not hold. */
const unmet: readonly string[] = ['BlobAlreadyExists', 'ConditionNotMet', 'TargetConditionNotMet'];

const base64Of = (md5: string): string => Buffer.from(md5, 'hex').toString('base64');

/** Runs a change; when its container is missing and may be made, makes it and runs the change again. */
export async function inContainer<T>(
  { makeContainer }: Pick<BlockStoreOptions, 'makeContainer'>,
  signal: AbortSignal | undefined,
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const missing =
      error instanceof StowageError && error.code === 'not-found' && error.data.detail?.includes('ContainerNotFound');
    if (!missing || !makeContainer) throw error;
    await makeContainer(signal);
    return change();
  }
}

async function putBlob(options: BlockStoreOptions, bytes: Uint8Array, finish: FinishOptions): Promise<StorageEntry> {
  const { service, path, container, blob } = options;
  const md5 = finish.md5 ?? createHash('md5').update(bytes).digest('hex');
  return settle(options, finish, md5, () =>
    service.call({
      method: 'PUT',
      container,
      blob,
      subject: path,
      headers: {
        'content-type': 'application/octet-stream',
        'content-md5': base64Of(md5),
        'x-ms-blob-type': 'BlockBlob',
        ...timeMetadata(finish),
        ...conditions(finish.expect),
      },
      body: bytes,
      signal: finish.signal,
      accept: unmet,
    }),
  );
}

async function commit(options: BlockStoreOptions, parts: readonly StoredPart[], finish: FinishOptions): Promise<StorageEntry> {
  const { service, path, container, blob } = options;
  const list = parts.map(({ tag }) => `<Uncommitted>${tag}</Uncommitted>`).join('');
  const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`);
  return settle(options, finish, finish.md5, () =>
    service.call({
      method: 'PUT',
      container,
      blob,
      subject: path,
      query: [['comp', 'blocklist']],
      headers: {
        'content-type': 'application/xml',
        'x-ms-blob-content-type': 'application/octet-stream',
        ...(finish.md5 !== null && { 'x-ms-blob-content-md5': base64Of(finish.md5) }),
        ...timeMetadata(finish),
        ...conditions(finish.expect),
      },
      body,
      signal: finish.signal,
      accept: [...unmet, 'InvalidBlockList'],
    }),
  );
}

/**
 * Sends what makes new content visible, and tells the entry that it made. A refusal may mean that an earlier try, whose
 * answer was lost, has done it already: then what is there is what was sent.
 */
async function settle(
  options: BlockStoreOptions,
  finish: FinishOptions,
  md5: string | null,
  send: () => Promise<Answer>,
): Promise<StorageEntry> {
  const { path } = options;
  const answer = await inContainer(options, finish.signal, send);
  answer.http.discard();
  if (answer.status < 300) {
    const { headers } = answer.http;
    return {
      path,
      kind: 'file',
      size: finish.size,
      ...keptTime(finish, headers['last-modified']),
      etag: plainEtagOf(headers),
      ...(md5 !== null && { md5 }),
    };
  }
  if (answer.attempt > 1) {
    const there = await options.stat(finish.signal).catch(() => null);
    const { modified } = keptTime(finish, undefined);
    const same =
      there?.size === finish.size && there.md5 === (md5 ?? undefined) && (modified === null || there.modified === modified);
    if (there && same) return there;
  }
  if (answer.code === 'InvalidBlockList') throw partsLost(path, answer.code);
  throw new StowageError('precondition-failed', `“${visible(path)}” exists already, or has changed since it was looked at.`, {
    subject: path,
    detail: `${answer.status} ${answer.code}`,
  });
}
