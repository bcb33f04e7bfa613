import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { headerBytes, padded, tarBytes, tarEndBytes, tarHeader } from './tar-header.ts';

const segment = fc
  .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
  .map((text) => text.replaceAll(/[/\0\\]/g, '_'))
  .filter((text) => text !== '.' && text !== '..' && text.isWellFormed());
const path = fc.array(segment, { minLength: 1, maxLength: 8 }).map((segments) => segments.join('/'));

const member = (name: string, size: number, modified = 1_600_000_000_000) => ({ name, size, modified });

function archive(members: readonly { name: string; content: Buffer }[]): Buffer {
  const parts = members.flatMap(({ name, content }) => {
    const header = tarHeader(member(name, content.length));
    expect(header.length).toBe(headerBytes(member(name, content.length)));
    expect(header.length + padded(content.length)).toBe(tarBytes(member(name, content.length)));
    return [header, content, Buffer.alloc(padded(content.length) - content.length)];
  });
  return Buffer.concat([...parts, Buffer.alloc(tarEndBytes)]);
}

describe('tar headers', () => {
  it('are read by tar-stream as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, fc.uint8Array({ maxLength: 1200 }))), async (files) => {
        const members = files.map(([name, content]) => ({ name, content: Buffer.from(content) }));
        const reader = extract();
        reader.end(archive(members));
        const found: { name: string; content: Buffer }[] = [];
        for await (const entry of reader) {
          const chunks: Buffer[] = [];
          for await (const chunk of entry) chunks.push(chunk as Buffer);
          found.push({ name: entry.header.name, content: Buffer.concat(chunks) });
          expect(entry.header.mtime?.getTime()).toBe(1_600_000_000_000);
        }
        expect(found).toEqual(members);
      }),
      { numRuns: 50 },
    );
  });

  it('keep modes, and the targets of links however long', async () => {
    const links = ['../there', `${'far/'.repeat(60)}away`];
    const reader = extract();
    const headers = [
      tarHeader({ ...member('tool', 0), mode: 0o755 }),
      ...links.map((linkTarget, index) => tarHeader({ ...member(`link ${index}`, 0), linkTarget })),
    ];
    reader.end(Buffer.concat([...headers, Buffer.alloc(tarEndBytes)]));
    const found: unknown[] = [];
    for await (const entry of reader) {
      const { type, name, mode, linkname } = entry.header;
      found.push([type, name, mode, linkname]);
      entry.resume();
    }
    expect(found).toEqual([
      ['file', 'tool', 0o755, null],
      ['symlink', 'link 0', 0o644, links[0]],
      ['symlink', 'link 1', 0o644, links[1]],
    ]);
  });

  it('keep the name of a file that is too large for its field', () => {
    const header = tarHeader(member('large', 2 ** 33));
    const last = Buffer.from(header.subarray(header.length - padded(1)));
    expect(last.subarray(0, last.indexOf(0)).toString()).toBe('large');
    expect(Buffer.from(header).toString()).toContain(` size=${2 ** 33}\n`);
  });

  it('are read by GNU tar and by Python', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stowage-tar-'));
    try {
      const names = ['a.txt', 'ü b/日本語.csv', `${'deep/'.repeat(30)}file`, `${'x'.repeat(250)}/${'y'.repeat(250)}`, 'empty/'];
      writeFileSync(
        join(folder, 'x.tar'),
        archive(names.map((name) => ({ name, content: Buffer.from(name.endsWith('/') ? '' : name) }))),
      );
      const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', join(folder, 'x.tar')], {
        env: { LC_ALL: 'C.UTF-8' },
      });
      expect(listed.toString().trimEnd().split('\n')).toEqual(names);
      const script = `import tarfile,sys
for m in tarfile.open(sys.argv[1], encoding='utf-8'):
    assert m.isdir() or tarfile.open(sys.argv[1], encoding='utf-8').extractfile(m).read().decode() == m.name, m.name
    print(m.name + ('/' if m.isdir() else ''))`;
      const python = execFileSync('python3', ['-c', script, join(folder, 'x.tar')], { env: { PYTHONIOENCODING: 'utf-8' } });
      expect(python.toString().trimEnd().split('\n')).toEqual(names);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('hold sizes beyond eight gibibytes', async () => {
    const size = 9 * 1024 ** 3;
    const reader = extract();
    const header = new Promise<number | undefined>((resolve) => reader.on('entry', (entry) => resolve(entry.size)));
    reader.write(tarHeader(member('big', size)));
    expect(await header).toBe(size);
    reader.destroy();
  });
});
