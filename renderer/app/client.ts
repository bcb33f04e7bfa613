import { createORPCClient } from '@orpc/client';
import type { StowageClient } from '#shared/contract/index.ts';
import { connectionLink } from './connection.ts';

/** The one client of the contract; it survives reconnects. Turn what it throws into an error with `fromContract`. */
export const client: StowageClient = createORPCClient(connectionLink);

export { fromContract } from '#shared/client-errors.ts';
export { desktop, sessionValue, useConnection } from './connection.ts';
