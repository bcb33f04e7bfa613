import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';

const token = 'tok-8dJ2mQ/x+w';

test('secrets and dotfiles reach a job from the command line, and stay on no disk', async ({ home }) => {
  await withFolder('secrets', async (folder) => {
    const cli = (args: string[], env: Record<string, string> = {}) => stowage(home, args, { cwd: folder, env });
    await writeFile(join(folder, 'netrc'), 'machine example.org login me\n');
    await writeFile(join(folder, 'vars.env'), 'export SEED=7\nDB_PASS="correct horse"\n');

    const made = await cli(['dotfile', 'create', '.netrc', '--file', 'netrc', '--permission', '0600']);
    expect(made).toMatchObject({ code: 0, stderr: '', stdout: 'Every job has .netrc (600) from now on.\n' });
    expect((await cli(['dotfile', 'list'])).stdout).toMatch(/\.netrc\s+600\s+29 B/);
    expect((await cli(['dotfile', 'create', '.netrc', '--file', 'netrc'])).code).toBe(73);
    expect((await cli(['dotfile', 'create', '../x', '--file', 'netrc'])).stderr).toContain('climbs out');

    const script =
      'echo "$SEED $TOKEN $DB_PASS"; stat -c %a ~/.netrc; cat "$LICENCE_FILE"; test $(printf %s "$TOKEN" | wc -c) = 14';
    const options = ['--engine', 'process', '--secret-env-file', 'vars.env', '--secret', 'TOKEN', '--secret-file', 'LICENCE'];
    const run = (...more: string[]) =>
      cli(['run', ...options, ...more, '--', 'sh', '-c', script], { TOKEN: token, LICENCE: 'mine alone' });
    const ran = await run('--max-time', '10m', '-p', '8888');
    expect(ran).toMatchObject({ code: 0, stdout: `7 ${'*'.repeat(14)} ${'*'.repeat(13)}\n600\n${'*'.repeat(10)}` });
    const shown = await cli(['job', 'show', '1', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ plan: { maxSeconds: 600, ports: [{ container: 8888 }] } });
    const again = await cli(['job', 'rerun', '1']);
    expect(again).toMatchObject({ code: 0, stdout: ran.stdout });
    for (const text of [token, 'correct horse', 'mine alone', 'example.org']) {
      for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile()) expect((await readFile(path)).includes(text), path).toBe(false);
      }
      expect(shown.stdout).not.toContain(text);
    }

    const inArgument = await cli(['run', '--engine', 'process', '--secret', 'TOKEN=x', '--', 'true']);
    expect(inArgument).toMatchObject({ code: 64 });
    expect(inArgument.stderr).toContain('may not be on the command line');
    expect((await cli(['dotfile', 'delete', '.netrc'])).code).toBe(0);
    expect((await cli(['dotfile', 'list', '--json'])).stdout.trim()).toBe('[]');
  });
});
