import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Template, templateSchema, type templatesContract } from '#shared/contract/templates.ts';
import { StowageError } from '#shared/errors.ts';
import { withoutSecrets } from '#shared/export/exported-job.ts';
import { visible } from '#shared/paths.ts';
import type { Service } from '../rpc/service.ts';
import type { Database } from '../store/database.ts';

const contentSchema = templateSchema.omit({ id: true, shipped: true });
type Content = z.infer<typeof contentSchema>;

interface Stored {
  id: string;
  name: string;
  content: string;
}

/** Templates of the person in the database, and those in `directory`, which come with Stowage. */
export function createTemplates({
  database,
  directory,
}: {
  database: Database;
  directory: string;
}): Service<typeof templatesContract> {
  let shipped: Template[] | null = null;
  const own = (): Template[] =>
    database.all<Stored>('SELECT id, name, content FROM templates ORDER BY name COLLATE NOCASE').map(readStored);

  const checkName = (name: string, id: string | undefined): void => {
    const other = database.get<{ name: string }>(
      'SELECT name FROM templates WHERE name = ? COLLATE NOCASE AND id IS NOT ?',
      name,
      id ?? null,
    );
    if (other) throw new StowageError('name-taken', `There is a template “${visible(other.name)}” already.`, { subject: name });
  };
  const find = (id: string): Template => {
    shipped ??= readShipped(directory);
    const found = [...own(), ...shipped].find((template) => template.id === id);
    if (!found) throw new StowageError('not-found', 'There is no such template any more.', { subject: id });
    return found;
  };
  const refuseShipped = ({ shipped: isShipped, name }: Template): void => {
    if (isShipped) throw new StowageError('read-only', `“${name}” comes with Stowage and stays as it is.`, { subject: name });
  };

  return {
    list: () => {
      shipped ??= readShipped(directory);
      return [...own(), ...shipped];
    },
    save: ({ id, ...fields }) => {
      if (id !== undefined) refuseShipped(find(id));
      checkName(fields.name, id);
      const content: Content = { ...fields, spec: withoutSecrets(fields.spec) };
      const saved = id ?? randomUUID();
      database.run(
        'INSERT INTO templates (id, name, content) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET name = ?2, content = ?3',
        saved,
        fields.name,
        JSON.stringify(content),
      );
      return { ...content, id: saved, shipped: false };
    },
    remove: ({ id }) => {
      refuseShipped(find(id));
      return { removed: database.run('DELETE FROM templates WHERE id = ?', id).changes > 0 };
    },
  };
}

function readStored({ id, name, content }: Stored): Template {
  const parsed = contentSchema.safeParse(JSON.parse(content));
  if (parsed.success) return { ...parsed.data, id, shipped: false };
  throw new StowageError('data-damaged', `The template “${visible(name)}” cannot be read.`, {
    subject: name,
    detail: z.prettifyError(parsed.error),
  });
}

/** In the order of their files' names. */
function readShipped(directory: string): Template[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const content = contentSchema.parse(JSON.parse(readFileSync(join(directory, file), 'utf8')));
      return { ...content, id: `shipped-${file.replace(/^\d+-|\.json$/g, '')}`, shipped: true };
    });
}
