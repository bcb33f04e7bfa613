import { createRouterClient } from '@orpc/server';
import type { StowageClient } from '#shared/contract/index.ts';
import type { Router } from './router.ts';

/**
 * A client of a router in this process, for the command line without a running app and for tests. Inputs and outputs are
 * validated and errors carried as over a connection; a caller that aborts gets its answer at once, as over a connection.
 */
export function createInProcessClient(router: Router): StowageClient {
  return createRouterClient(router, {
    interceptors: [
      async (options) => {
        const { signal } = options;
        if (!signal) return options.next();
        signal.throwIfAborted();
        const aborted = Promise.withResolvers<never>();
        const abort = (): void => aborted.reject(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        try {
          return await Promise.race([options.next(), aborted.promise]);
        } finally {
          signal.removeEventListener('abort', abort);
        }
      },
    ],
  }) as StowageClient;
}
