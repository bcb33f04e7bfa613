import type { ContractProcedure, InferSchemaInput, InferSchemaOutput } from '@orpc/contract';

/** What a call may look at beside its input. */
export interface Call {
  /** Fires when the caller gave up or its connection ended. */
  readonly signal?: AbortSignal | undefined;
}

type Handler<Method> =
  // biome-ignore lint/suspicious/noExplicitAny: only the two schemas matter here; the rest of the contract's type parameters are open
  Method extends ContractProcedure<infer Input, infer Output, any, any>
    ? (input: InferSchemaOutput<Input>, call: Call) => InferSchemaInput<Output> | Promise<InferSchemaInput<Output>>
    : never;

/** The functions that a feature offers for its part of the contract, by name. Failures are thrown StowageErrors. */
export type Service<Feature> = { [Name in keyof Feature]: Handler<Feature[Name]> };
