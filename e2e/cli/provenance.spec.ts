import { rm, writeFile } from 'node:fs/promises';
import { expect, test } from '../fixtures/app.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';

test('what a job got is told and compared with today, and a job whose inputs changed is not run again with the same', async ({
  home,
}) => {
  const cli = (...args: string[]) => stowage(home, args);
  const file = onDisk({ home }, 'readings', 'a.csv');
  await cli('vfolder', 'create', 'readings');
  await writeFile(file, '1');
  await cli('run', '--engine', 'process', '--name', 'read', '-m', 'readings:readings:ro', '--', 'cat', 'readings/a.csv');
  expect((await cli('job', 'inputs', '1')).stdout).toMatch(
    /readings:\/ → \/home\/work\/readings \(ro, share\)\n {2}[0-9a-f]{64}\n {2}1 file, 1 B, by content/,
  );
  expect(await cli('job', 'inputs', '1', '--changes')).toMatchObject({
    code: 0,
    stdout: 'readings:/: nothing changed\nimage: the same\n',
  });
  await rm(file);
  expect(await cli('job', 'inputs', '1', '--changes')).toMatchObject({ code: 1, stdout: expect.stringContaining('- a.csv') });
  const refused = await cli('job', 'rerun', '1', '--same-inputs');
  expect(refused).toMatchObject({ code: 75, stderr: expect.stringContaining('readings:/: 1 file removed') });
  await cli('job', 'rerun', '1');
  const compared = await cli('job', 'compare', '1', '2');
  expect(compared.stdout).toContain('files at /home/work/readings: 1 file removed\n  - a.csv');
  expect(compared.stdout).toMatch(/Exit code:\n {2}- 0\n {2}\+ 1/);
});
