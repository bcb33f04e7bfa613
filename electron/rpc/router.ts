import { implement, ORPCError } from '@orpc/server';
import { contract } from '#shared/contract/index.ts';
import { toStowageError } from '#shared/errors.ts';
import type { Call, Service } from './service.ts';

/** One service per feature of the contract. */
export type Services = { [Feature in keyof typeof contract]: Service<(typeof contract)[Feature]> };

const implementer = implement(contract);

/**
 * Binds the services to the contract. Inputs and outputs are validated by the contract's schemas on the way; what a
 * service throws leaves as data of the closed set of errors. `onInternal` hears of errors that nobody meant to throw.
 */
export function createRouter(services: Services, onInternal: (error: unknown) => void) {
  const bound: Record<string, Record<string, unknown>> = {};
  for (const [feature, methods] of Object.entries(contract)) {
    const handlers: Record<string, unknown> = {};
    for (const name of Object.keys(methods)) {
      handlers[name] = lookUp(implementer, feature, name).handler(async ({ input, signal }) => {
        try {
          const result = await lookUpService(services, feature, name)(input, { signal });
          return isAsyncIterable(result) ? convertFailures(result, onInternal) : result;
        } catch (error) {
          throw toContractError(error, onInternal);
        }
      });
    }
    bound[feature] = handlers;
  }
  // Built by name from the contract, so its shape is the contract's; the compiler cannot follow the loop.
  return bound as unknown as ReturnType<typeof implementer.router>;
}

export type Router = ReturnType<typeof createRouter>;

type HandlerBuilder = { handler(fn: (options: { input: unknown; signal?: AbortSignal }) => Promise<unknown>): unknown };

const lookUp = (from: unknown, feature: string, name: string): HandlerBuilder =>
  (from as Record<string, Record<string, HandlerBuilder>>)[feature]?.[name] as HandlerBuilder;

function lookUpService(services: Services, feature: string, name: string): (input: unknown, call: Call) => unknown {
  const service = (services as unknown as Record<string, Record<string, (input: unknown, call: Call) => unknown>>)[feature];
  const method = service?.[name];
  if (!method) throw new Error(`the core offers no ${feature}.${name}`);
  return method.bind(service);
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

async function* convertFailures(source: AsyncIterable<unknown>, onInternal: (error: unknown) => void): AsyncGenerator<unknown> {
  try {
    yield* source;
  } catch (error) {
    throw toContractError(error, onInternal);
  }
}

function toContractError(error: unknown, onInternal: (error: unknown) => void): ORPCError<string, unknown> {
  if (error instanceof ORPCError) return error;
  const known = toStowageError(error);
  if (known.code === 'internal') onInternal(error);
  return new ORPCError(known.code, { defined: true, message: known.message, data: known.data });
}
