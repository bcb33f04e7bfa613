import { chmodSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../contract.suite.ts';

export function linksTopic({ engine, scratch, request, run }: Bench): void {
  const folder = (file: string): string => {
    const path = mkdtempSync(join(scratch, 'link-'));
    chmodSync(scratch, 0o755);
    chmodSync(path, 0o777);
    writeFileSync(join(path, file), `${file}\n`);
    return path;
  };
  const home = [
    { path: '/home', mode: 0o755 },
    { path: '/home/work', mode: 0o755 },
  ];

  describe('symlinks', () => {
    it('gather several sources under one parent', async () => {
      const binds = ['a', 'b'].map((name) => ({ source: folder(name), target: `/data/${name}`, readOnly: true }));
      const links = ['a', 'b'].map((name) => ({ path: `/home/work/all/${name}`, target: `/data/${name}` }));
      const directories = [...home, { path: '/home/work/all', mode: 0o755 }];
      const { exit, stdout } = await run(['sh', '-c', 'cat all/a/a /home/work/all/b/b; readlink all/a'], {
        ...{ binds, links, directories },
      });
      expect(exit.code).toBe(0);
      expect(stdout).toBe('a\nb\n/data/a\n');
    });

    it('give a place to a source outside of the working directory, where there was nothing', async () => {
      const binds = [{ source: folder('f'), target: '/home/work/set', readOnly: true }];
      const links = [
        { path: '/opt/stowage test/x/y', target: '/home/work/set' },
        { path: '/stowage-link', target: '/home/work/set/f' },
      ];
      const { exit, stdout } = await run(['sh', '-c', 'cat "/opt/stowage test/x/y/f" /stowage-link'], { binds, links });
      expect(exit.code).toBe(0);
      expect(stdout).toBe('f\nf\n');
    });

    it('split one source over several places', async () => {
      const source = folder('f');
      mkdirSync(join(source, 'train'));
      writeFileSync(join(source, 'train/1'), 'one');
      const binds = [{ source, target: '/home/work/set', readOnly: true }];
      const links = [
        { path: '/home/work/input', target: '/home/work/set/train' },
        { path: '/home/work/labels', target: '/home/work/set/f' },
      ];
      expect((await run(['sh', '-c', 'cat input/1 labels'], { binds, links })).stdout).toBe('onef\n');
    });

    it('may lead to what is not there yet', async () => {
      const links = [{ path: '/home/work/later', target: '/home/work/made' }];
      expect((await run(['sh', '-c', 'mkdir made && echo x > later/f && cat made/f'], { links })).stdout).toBe('x\n');
    });

    it('are not made in the source of a mount', async () => {
      const source = folder('f');
      const binds = [{ source, target: '/home/work/set', readOnly: false }];
      const links = [{ path: '/home/work/set/l', target: '/home/work' }];
      await expect(engine.create(request(['true'], { binds, links }))).rejects.toMatchObject({ code: 'mount-failed' });
      expect(readdirSync(source)).toEqual(['f']);
      const volumes = [{ name: 'stowage-none', target: '/data/v', readOnly: false }];
      const inVolume = request(['true'], { volumes, links: [{ path: '/data/v/l', target: '/home/work' }] });
      await expect(engine.create(inVolume)).rejects.toMatchObject({ code: 'mount-failed' });
    });

    it('do not take the place of a folder', async () => {
      const links = [{ path: '/bin', target: '/home/work' }];
      await expect(engine.create(request(['true'], { links }))).rejects.toMatchObject({ code: 'mount-failed' });
    });
  });
}
