import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseInnerPath } from '#shared/paths.ts';
import { ConditionalPuts, type Put } from './conditions.ts';
import { failureOf } from './errors.ts';
import type { Reader } from './reading.ts';
import type { S3Service } from './service.ts';

type Style = 'standard' | 'without quotes' | 'ignores' | 'refuses to know';

/** A service with one object, which treats conditions in its style; the real one (Ceph) is in the contract suite. */
function serviceOf(style: Style, isAmazon = false) {
  const state = { content: null as string | null, writes: [] as string[], looks: 0 };
  const etagOf = (content: string): string => createHash('md5').update(content).digest('hex');
  const refuse = (name: string, httpStatusCode: number): never => {
    throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
  };
  const receive = ({ headers = {}, body = new Uint8Array() }: Parameters<S3Service['fetch']>[1]): string => {
    const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
    const there = state.content === null ? null : etagOf(state.content);
    if (style === 'refuses to know' && (ifMatch ?? ifNoneMatch) !== undefined) refuse('NotImplemented', 501);
    if (style === 'standard' || style === 'without quotes') {
      if (ifNoneMatch !== undefined && there !== null) refuse('PreconditionFailed', 412);
      if (ifMatch !== undefined && there === null) refuse('NoSuchKey', 404);
      if (ifMatch !== undefined && ifMatch !== (style === 'standard' ? `"${there}"` : there)) refuse('PreconditionFailed', 412);
    }
    state.content = Buffer.from(body).toString();
    state.writes.push(state.content);
    return `"${etagOf(state.content)}"`;
  };
  const place = { path: parseInnerPath('x'), bucket: 'b', key: 'x' };
  const service = {
    isAmazon,
    fetch: async (_place: unknown, request: Parameters<S3Service['fetch']>[1]) => {
      try {
        return { status: 200, headers: { etag: receive(request) }, discard: () => undefined };
      } catch (error) {
        throw failureOf(error, { endpoint: 'there', bucket: 'b', path: place.path });
      }
    },
  } as unknown as S3Service;
  const reader = {
    head: async () => {
      state.looks++;
      if (state.content === null) return null;
      return { path: place.path, kind: 'file', size: state.content.length, modified: 0, etag: etagOf(state.content) };
    },
  } as unknown as Reader;
  const puts = new ConditionalPuts(service, reader);
  const put = (content: string, expected: Put['expect']) => {
    return puts.put({
      place,
      headers: {},
      body: Buffer.from(content),
      md5: etagOf(content),
      expect: expected,
      signal: undefined,
    });
  };
  return { state, put, etagOf };
}

const refused = { code: 'precondition-failed' };

describe.each<Style>(['standard', 'without quotes', 'ignores', 'refuses to know'])('at a service of the style “%s”', (style) => {
  it('keeps to what is expected from the first write on', async () => {
    const { state, put, etagOf } = serviceOf(style);
    await put('one', { absent: true });
    await expect(put('two', { absent: true })).rejects.toMatchObject(refused);
    await put('three', { etag: etagOf('one') });
    await expect(put('four', { etag: etagOf('one') })).rejects.toMatchObject(refused);
    await put('five', { etag: etagOf('three') });
    await expect(put('six', { absent: true })).rejects.toMatchObject(refused);
    state.content = null;
    await expect(put('seven', { etag: etagOf('five') })).rejects.toMatchObject(refused);
    expect(new Set(state.writes)).toEqual(new Set(['one', 'three', 'five']));
  });

  it('asks before a write only while the service is not known to keep to conditions', async () => {
    const { state, put } = serviceOf(style);
    await put('one', { absent: true });
    const learnt = state.looks;
    for (let round = 0; round < 5; round++) {
      state.content = null;
      await put(`round ${round}`, { absent: true });
    }
    const keeps = style === 'standard' || style === 'without quotes';
    expect(state.looks - learnt).toBe(keeps ? 0 : 5);
    // Sent twice at most, to learn.
    expect(state.writes.length).toBeLessThanOrEqual(7);
  });
});

it('asks nothing of Amazon before a write', async () => {
  const { state, put, etagOf } = serviceOf('standard', true);
  await put('one', { absent: true });
  await put('two', { etag: etagOf('one') });
  expect(state.writes).toEqual(['one', 'two']);
  expect(state.looks).toBe(0);
});

it('sends nothing twice that is large', async () => {
  const { state, put } = serviceOf('ignores');
  await put('x'.repeat(2_000_000), { absent: true });
  expect(state.writes).toHaveLength(1);
});
