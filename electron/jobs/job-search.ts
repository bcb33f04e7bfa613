import type { Database } from '../store/database.ts';

/** Longer texts are found by their beginning only. */
const longestText = 4000;

/** So many are listed at most, the newest. */
const mostFound = 100_000;

/** Lets a job be found by its name, image and command. */
export function makeFindable(
  database: Database,
  job: { id: number; name: string; image: string | null; command: string[] },
): void {
  const words = [job.name, job.image ?? 'this machine', job.command.join(' ')].join('\n');
  database.run('INSERT INTO job_search (job_id, text) VALUES (?, ?)', job.id, words.toLowerCase().slice(0, longestText));
}

/** Jobs, newest first, with every word of the filter in their name, state, engine, image or command, whatever its case. */
export function findJobs(database: Database, filter: string): { ids: number[]; total: number } {
  const total = database.get<{ total: number }>('SELECT count(*) AS total FROM job_search')?.total ?? 0;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found =
    words.length === 0
      ? database.all<{ id: number }>(`SELECT job_id AS id FROM job_search ORDER BY id DESC LIMIT ${mostFound}`)
      : database.all<{ id: number }>(
          `SELECT id FROM job_search JOIN jobs ON id = job_id
           WHERE NOT EXISTS (
             SELECT 1 FROM json_each(?) AS word
             WHERE instr(text, word.value) = 0
               AND instr(state || ' ' || replace(state, '-', ' ') || ' ' || engine, word.value) = 0
           )
           ORDER BY id DESC LIMIT ${mostFound}`,
          JSON.stringify(words.slice(0, 20)),
        );
  return { ids: found.map(({ id }) => id), total };
}
