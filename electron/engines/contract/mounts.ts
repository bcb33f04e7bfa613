import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../contract.suite.ts';

export function mountsTopic({ engine, scratch, request, run }: Bench): void {
  const folder = (): string => {
    const path = mkdtempSync(join(scratch, 'mount-'));
    chmodSync(scratch, 0o755);
    chmodSync(path, 0o777);
    return path;
  };
  describe('mounts', () => {
    it('writes a writable mount, reads a read-only one, at absolute targets', async () => {
      const [source, sink] = [folder(), folder()];
      writeFileSync(join(source, 'in file'), 'data\n');
      const { exit, stdout } = await run(
        ['sh', '-c', 'cat "/data/sub/in file" > /home/work/out/n; echo x > /data/sub/no || echo refused'],
        {
          binds: [
            { source, target: '/data/sub', readOnly: true },
            { source: sink, target: '/home/work/out', readOnly: false },
          ],
        },
      );
      expect(exit.code).toBe(0);
      expect(stdout).toContain('refused');
      expect(readFileSync(join(sink, 'n'), 'utf8')).toBe('data\n');
    });

    it('nests mounts', async () => {
      const [outer, inner] = [folder(), folder()];
      mkdirSync(join(outer, 'in'));
      writeFileSync(join(inner, 'f'), 'inner');
      const binds = [
        { source: inner, target: '/data/x/in', readOnly: true },
        { source: outer, target: '/data/x', readOnly: true },
      ];
      expect((await run(['cat', '/data/x/in/f'], { binds })).stdout).toBe('inner');
    });

    it('works in a directory of its own that it may write, and that is HOME', async () => {
      const { stdout } = await run(['sh', '-c', 'pwd; echo a > b; cat /home/work/b; echo c > "$HOME/d"; ls'], {
        env: [{ name: 'HOME', value: '/home/work' }],
      });
      expect(stdout).toBe('/home/work\na\nb\nd\n');
    });

    it('refuses a source that is not there', async () => {
      const binds = [{ source: join(scratch, 'gone'), target: '/data/gone', readOnly: true }];
      await expect(engine.create(request(['true'], { binds }))).rejects.toMatchObject({ code: 'mount-failed' });
    });
  });
}
