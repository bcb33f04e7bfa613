import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../contract.suite.ts';

const file = (path: string, text: string, mode = 0o600) => ({ path, mode, content: Buffer.from(text) });

export function filesTopic({ engine, scratch, request, run }: Bench): void {
  const home = ['/home', '/home/work', '/home/work/.aws'].map((path) => ({ path, mode: 0o755 }));
  const secrets = ['/run/stowage', '/run/stowage/secrets'].map((path) => ({ path, mode: 0o755 }));

  describe('files', () => {
    it('are there from the start with their permission, owned by the user of the run, who may change them', async () => {
      const files = [file('/home/work/.aws/config', '[default]\n'), file('/home/work/.profile', 'x\n', 0o755)];
      const script =
        'cat .aws/config; stat -c "%a %u" .aws/config .profile; stat -c %a .aws; id -u; echo more >> .profile; cat .profile';
      const { exit, stdout } = await run(['sh', '-c', script], { directories: home, files });
      expect(exit.code).toBe(0);
      const [text, config, profile, folder, user, ...rest] = stdout.trimEnd().split('\n');
      expect([text, config, profile, folder]).toEqual(['[default]', `600 ${user}`, `755 ${user}`, '755']);
      expect(rest).toEqual(['x', 'more']);
    });

    it('lie where nothing was before, and a variable can name them', async () => {
      const path = '/run/stowage/secrets/TOKEN';
      const { exit, stdout } = await run(['sh', '-c', 'cat "$TOKEN_FILE"; ls -A /run/stowage/secrets'], {
        directories: [...home, ...secrets],
        files: [file(path, 'sesame\n')],
        env: [{ name: 'TOKEN_FILE', value: path }],
      });
      expect(exit.code).toBe(0);
      expect(stdout).toBe('sesame\nTOKEN\n');
    });

    it('are not written into the source of a mount', async () => {
      const source = mkdtempSync(join(scratch, 'file-'));
      const binds = [{ source, target: '/home/work/.aws', readOnly: false }];
      const files = [file('/home/work/.aws/config', 'x')];
      const directories = home.slice(0, 2);
      await expect(engine.create(request(['true'], { directories, binds, files }))).rejects.toMatchObject({
        code: 'mount-failed',
      });
      expect(readdirSync(source)).toEqual([]);
    });

    it('and secret variables are not found in what the engine keeps on this machine', async () => {
      const env = [{ name: 'TOKEN', value: 'open sesame', secret: true }];
      const { stdout, exit } = await run(['sh', '-c', 'printf "$TOKEN" | wc -c'], { env });
      expect([exit.code, stdout]).toEqual([0, '11\n']);
      expect(filesBelow(scratch).filter((path) => readFileSync(path).includes('open sesame'))).toEqual([]);
    });
  });
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
