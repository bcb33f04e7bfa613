import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { StorageEntry, WriteOptions } from '../provider.ts';
import { base64Of, headOf, type ObjectHead, plainEtag, quotedEtag } from './entries.ts';
import type { Place } from './keys.ts';
import type { Reader } from './reading.ts';
import type { S3Service } from './service.ts';

export type Expect = NonNullable<WriteOptions['expect']>;

export interface Put {
  readonly place: Place;
  readonly body: Uint8Array;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** MD5 of the body, 32 hex digits. */
  readonly md5: string;
  readonly expect: WriteOptions['expect'];
  readonly signal: AbortSignal | undefined;
}

/** Larger bodies are not sent twice for the sake of knowing. */
const trialBytes = 1024 * 1024;

/** @throws `precondition-failed` unless what is there is what is expected */
export function checkExpected(place: Place, there: StorageEntry | null, expect: Expect): void {
  if ('absent' in expect ? there === null : there?.etag === expect.etag) return;
  const what = 'absent' in expect ? 'exists already' : 'has changed or is gone since it was looked at';
  throw new StowageError('precondition-failed', `“${visible(place.path)}” ${what}.`, { subject: place.path });
}

/** How a request went out at last. */
interface Sent {
  attempts: number;
  quotes: boolean;
}
const newSent = (): Sent => ({ attempts: 0, quotes: true });

type Kind = 'absent' | 'etag';
const kindOf = (expect: Expect): Kind => ('absent' in expect ? 'absent' : 'etag');

/**
 * Puts objects under conditions, at services of which some keep to `If-None-Match` and `If-Match`, some ignore them, and
 * some (Ceph 16) hold `If-Match` with its quotes against an ETag without.
 *
 * What a service does is learnt from the first writes: until it is known, the target is looked at before each of them,
 * and one small write that succeeded is sent once more under the same condition, which must be refused now. So nothing
 * but what is to be written anyway is ever written. A service that ignores a condition is asked before each write; between
 * that and the write, another writer has some milliseconds to be overlooked.
 */
export class ConditionalPuts {
  readonly #service: S3Service;
  readonly #reader: Reader;
  readonly #known: Record<Kind, 'unknown' | 'kept' | 'ignored'>;
  /** Whether `If-Match` wants quotes, as the standard says. */
  #quotes = true;
  #trying = false;

  constructor(service: S3Service, reader: Reader) {
    this.#service = service;
    this.#reader = reader;
    this.#known = service.isAmazon ? { absent: 'kept', etag: 'kept' } : { absent: 'unknown', etag: 'unknown' };
  }

  /** Fails unless the target is as expected now. @throws `precondition-failed` */
  async check(place: Place, expect: Expect | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (expect) checkExpected(place, await this.#reader.head(place, signal), expect);
  }

  /** @throws `precondition-failed` */
  async put(put: Put): Promise<ObjectHead> {
    const { expect } = put;
    if (!expect) return this.#send(put, null, newSent());
    const kind = kindOf(expect);
    if (this.#known[kind] !== 'kept') await this.check(put.place, expect, put.signal);
    if (this.#known[kind] === 'ignored') return this.#send(put, null, newSent());
    const sent = newSent();
    let output: ObjectHead;
    try {
      output = await this.#send(put, expect, sent);
    } catch (error) {
      return this.#refused(put, expect, error, sent);
    }
    if (this.#known[kind] === 'unknown') await this.#learn(put, expect, output);
    return output;
  }

  async #send(put: Put, expect: Expect | null, sent: Sent): Promise<ObjectHead> {
    const { place, body, signal } = put;
    sent.quotes = this.#quotes;
    const headers = { ...put.headers, 'content-md5': base64Of(put.md5), ...(expect && this.#header(expect)) };
    const answer = await this.#service.fetch(place, { method: 'PUT', headers, body, signal }, (attempt) => {
      sent.attempts = attempt;
    });
    answer.discard();
    return headOf(answer.headers);
  }

  #header(expect: Expect): Record<string, string> {
    if ('absent' in expect) return { 'if-none-match': '*' };
    return { 'if-match': this.#quotes ? quotedEtag(expect.etag) : expect.etag };
  }

  /** Tells a condition that is not met from a service that cannot keep to it. */
  async #refused(put: Put, expect: Expect, error: unknown, sent: Sent): Promise<ObjectHead> {
    const kind = kindOf(expect);
    const unknown = this.#known[kind] === 'unknown';
    if (unknown && isStowageError(error, 'unsupported')) {
      this.#known[kind] = 'ignored';
      return this.put(put);
    }
    // Under `If-Match`, nothing being there is a refusal too.
    if (!isStowageError(error, 'precondition-failed') && !(kind === 'etag' && isStowageError(error, 'not-found'))) throw error;
    const there = await this.#reader.head(put.place, put.signal);
    // The first answer was lost, and this is its repetition that is refused: what is there is what was sent.
    if (sent.attempts > 1 && there?.etag === put.md5) return { ETag: quotedEtag(put.md5) };
    checkExpected(put.place, there, expect);
    if (kind === 'absent' || !unknown) throw error;
    if (sent.quotes) this.#quotes = false;
    else this.#known.etag = 'ignored';
    return this.put(put);
  }

  async #learn(put: Put, expect: Expect, output: ObjectHead): Promise<void> {
    const kind = kindOf(expect);
    if (kind === 'etag' && !this.#quotes) {
      // With the quotes it was refused: the service compares.
      this.#known.etag = 'kept';
      return;
    }
    const stillMet = 'etag' in expect && plainEtag(output.ETag) === expect.etag;
    if (this.#trying || stillMet || put.body.length > trialBytes) return;
    this.#trying = true;
    try {
      await this.#send(put, expect, newSent());
      this.#known[kind] = 'ignored';
    } catch (error) {
      if (isStowageError(error, 'precondition-failed')) this.#known[kind] = 'kept';
    } finally {
      this.#trying = false;
    }
  }
}
