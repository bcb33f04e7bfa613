import { z } from 'zod';
import { method } from './base.ts';
import { jobSpecSchema } from './plan.ts';

/** The name of a parameter: `{{name}}` stands for its value in the texts of the spec. */
export const parameterNameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/);

export const templateParameterSchema = z.object({
  name: parameterNameSchema,
  /** What it is called on the screen. */
  label: z.string().min(1).max(100),
  hint: z.string().max(500).optional(),
  /** `folder`: an address of a vfolder or of a folder in one. */
  kind: z.enum(['text', 'folder']).default('text'),
  /** Absent: it has to be filled in. */
  default: z.string().max(9000).optional(),
});
export type TemplateParameter = z.infer<typeof templateParameterSchema>;

const fields = {
  name: z.string().trim().min(1).max(100),
  description: z.string().max(2000),
  /** Secrets of it have no value. */
  spec: jobSpecSchema,
  parameters: z.array(templateParameterSchema).max(50),
};

export const templateSchema = z.object({
  id: z.string(),
  /** It comes with Stowage and stays as it is. */
  shipped: z.boolean(),
  ...fields,
});
export type Template = z.infer<typeof templateSchema>;

export const templatesContract = {
  /** The person's own by name, then those that come with Stowage. */
  list: method.output(z.array(templateSchema)),
  /**
   * Keeps a form; with `id` in the place of an earlier one. Values of secrets are not kept. @throws `name-taken`, `not-found`,
   * `read-only` for one that comes with Stowage
   */
  save: method.input(z.object({ id: z.string().optional(), ...fields })).output(templateSchema),
  remove: method.input(z.object({ id: z.string() })).output(z.object({ removed: z.boolean() })),
};
