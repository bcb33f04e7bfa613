import { expect, it } from 'vitest';
import { beginsAsProgram, isProgramName } from './programs.ts';

it('knows programs by their endings, in any case and with what Windows drops at the end', () => {
  for (const name of ['setup.EXE', 'run.sh', 'x.desktop', 'Tool.app', 'a.bat', 'a.txt.exe', 'a.exe. ', 'x.AppImage'])
    expect(isProgramName(name, 'linux'), name).toBe(true);
  for (const name of ['notes.txt', 'exe', 'sh.md', 'data.json', 'README', 'train.py'])
    expect(isProgramName(name, 'linux'), name).toBe(false);
  expect(isProgramName('train.py', 'win32')).toBe(true);
});

it('knows programs by their first bytes', () => {
  for (const head of ['\x7fELF', 'MZ\x90\0']) expect(beginsAsProgram(Buffer.from(head, 'latin1'), 'x.txt')).toBe(true);
  expect(beginsAsProgram(Buffer.from('cffaedfe07', 'hex'), 'x')).toBe(true);
  for (const head of ['', 'M', 'text', '#!/bin/sh']) expect(beginsAsProgram(Buffer.from(head), 'x.txt')).toBe(false);
  expect(beginsAsProgram(Buffer.from('#!/bin/sh'), 'deploy')).toBe(true);
});
