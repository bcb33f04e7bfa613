import { createRouterClient } from '@orpc/server';
import { expect, it, vi } from 'vitest';
import { fromContract } from '#shared/client-errors.ts';
import type { StowageClient } from '#shared/contract/index.ts';
import { StowageError } from '#shared/errors.ts';
import { createRouter, type Services } from './router.ts';

const clientOf = (services: Partial<Record<keyof Services, unknown>>, onInternal = vi.fn()): StowageClient =>
  createRouterClient(createRouter(services as Services, onInternal)) as StowageClient;

it('carries an error of the closed set as data', async () => {
  const client = clientOf({
    vfolders: {
      get: () => {
        throw new StowageError('not-found', 'No vfolder is called “x”.', { subject: 'x' });
      },
    },
  });
  const error = fromContract(await client.vfolders.get({ name: 'x' }).catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({
    code: 'not-found',
    message: 'No vfolder is called “x”.',
    data: { subject: 'x' },
    action: 'change-request',
  });
});

it('hides what nobody meant to throw, and reports it', async () => {
  const report = vi.fn();
  const client = clientOf({ hosts: { list: () => Promise.reject(new TypeError('boom')) } }, report);
  const error = fromContract(await client.hosts.list().catch((thrown: unknown) => thrown));
  expect(error.code).toBe('internal');
  expect(report).toHaveBeenCalledOnce();
});

it('refuses input that does not fit the schema before the service sees it', async () => {
  const get = vi.fn();
  const client = clientOf({ vfolders: { get } });
  const error = fromContract(await client.vfolders.get({ name: 7 } as never).catch((thrown: unknown) => thrown));
  expect(error.code).toBe('bad-request');
  expect(get).not.toHaveBeenCalled();
});

it('streams events, converts a failure in the middle, and ends the source when the caller stops', async () => {
  const ended = vi.fn();
  const client = clientOf({
    files: {
      list: async function* () {
        try {
          yield { entries: [] };
          throw new StowageError('io-error', 'The disk went away.');
        } finally {
          ended();
        }
      },
    },
  });
  const seen: unknown[] = [];
  const failure = await (async () => {
    for await (const page of await client.files.list({ vfolder: 'a', path: '' })) seen.push(page);
  })().catch(fromContract);
  expect(seen).toHaveLength(1);
  expect(failure).toMatchObject({ code: 'io-error' });
  expect(ended).toHaveBeenCalledOnce();
});
