import { randomUUID } from 'node:crypto';
import type { EnvironmentVariable } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import { isNewSecret } from '#shared/jobs/secret-variables.ts';
import { visible } from '#shared/paths.ts';
import type { JobSecrets, Redactor, Vault } from '../services.ts';
import type { Database } from '../store/database.ts';

interface JobSecretsOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly redactor: Redactor;
}

const contextOf = (id: string): string => `stowage job secrets ${id}`;

/**
 * The values of the secret variables of jobs. What one spec brings is sealed as one list, and a variable names its place in
 * it: `LIST.INDEX`. A list stays as long as a job uses it, so that a rerun has its values without anybody seeing them.
 */
export function createJobSecrets({ database, vault, redactor }: JobSecretsOptions): JobSecrets {
  /** What was opened, and what is kept for this session only. */
  const known = new Map<string, readonly string[]>();
  sweep(database);

  const listOf = (id: string, name: string): readonly string[] => {
    const opened = known.get(id);
    if (opened) return opened;
    const row = database.get<{ sealed: string }>('SELECT sealed FROM job_secrets WHERE id = ?', id);
    if (!row) throw gone(name);
    const values = JSON.parse(vault.open(row.sealed, contextOf(id), `The value of the secret “${visible(name)}”`)) as string[];
    redactor.protect(values);
    known.set(id, values);
    return values;
  };
  const isKept = (id: string): boolean =>
    known.has(id) || database.get('SELECT 1 FROM job_secrets WHERE id = ?', id) !== undefined;
  const textOf = ({ name, value, kept }: EnvironmentVariable): string => {
    if (kept === undefined) return value;
    const [id, index] = placeOf(kept);
    const found = listOf(id, name)[index];
    if (found === undefined) throw gone(name);
    return found;
  };
  return {
    name: (spec) => {
      if (!spec.env.some(isNewSecret)) return { spec, list: null };
      const list = randomUUID();
      let index = 0;
      const env = spec.env.map((one) => (isNewSecret(one) ? { ...one, kept: `${list}.${index++}` } : one));
      return { spec: { ...spec, env }, list };
    },
    keep: async (jobId, { spec, list }) => {
      const used = new Set<string>();
      const fresh: string[] = [];
      for (const { name, value, kept } of spec.env) {
        if (kept === undefined) continue;
        const [id, index] = placeOf(kept);
        used.add(id);
        if (id === list) fresh[index] = value;
        else if (!isKept(id)) throw gone(name);
      }
      const sealed = list !== null && vault.lasts ? await vault.seal(JSON.stringify(fresh), contextOf(list)) : null;
      if (list !== null) {
        redactor.protect(fresh);
        known.set(list, fresh);
      }
      database.transaction(() => {
        if (sealed !== null) database.run('INSERT INTO job_secrets (id, sealed) VALUES (?, ?)', list, sealed);
        for (const id of used) database.run('INSERT INTO job_secret_uses (job_id, secret_id) VALUES (?, ?)', jobId, id);
      });
    },
    read: (env) => new Map(env.flatMap((one) => (one.secret === undefined ? [] : [[one.name, textOf(one)]]))),
    release: (jobId) => {
      const used = database.all<{ id: string }>('SELECT secret_id AS id FROM job_secret_uses WHERE job_id = ?', jobId);
      database.run('DELETE FROM job_secret_uses WHERE job_id = ?', jobId);
      for (const { id } of used) {
        if (database.get('SELECT 1 FROM job_secret_uses WHERE secret_id = ?', id)) continue;
        database.run('DELETE FROM job_secrets WHERE id = ?', id);
        known.delete(id);
      }
    },
  };
}

function placeOf(kept: string): [id: string, index: number] {
  const cut = kept.lastIndexOf('.');
  return [kept.slice(0, cut), Number(kept.slice(cut + 1))];
}

const gone = (name: string): StowageError =>
  new StowageError('credentials-missing', `The value of the secret “${visible(name)}” is no longer kept.`, {
    subject: name,
    hint: 'It was for a former session only, or its jobs were removed. Give it again.',
  });

/** What a crash left between sealing and writing the job down. */
function sweep(database: Database): void {
  database.run('DELETE FROM job_secret_uses WHERE job_id NOT IN (SELECT id FROM jobs)');
  database.run('DELETE FROM job_secrets WHERE id NOT IN (SELECT secret_id FROM job_secret_uses)');
}
