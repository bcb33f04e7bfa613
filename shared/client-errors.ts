import { ORPCError } from '@orpc/client';
import { type ErrorCode, type ErrorData, errorKinds, StowageError, toStowageError } from './errors.ts';

/** What a call of the contract's client threw, as an error of the closed set. */
export function fromContract(error: unknown): StowageError {
  if (error instanceof ORPCError) {
    if (error.code in errorKinds)
      return new StowageError(error.code as ErrorCode, error.message, (error.data ?? {}) as ErrorData);
    if (error.code === 'BAD_REQUEST')
      return new StowageError('bad-request', 'That request is not valid.', { detail: JSON.stringify(error.data) });
    return new StowageError('internal', 'Something went wrong inside Stowage.', { detail: `${error.code}: ${error.message}` });
  }
  return toStowageError(error);
}
