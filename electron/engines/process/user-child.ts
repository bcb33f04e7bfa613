// For a test: runs a job as a user who is not root, and opens a shell in it. Prints what the shell said.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canOpenShells } from '../engine.ts';
import { plainRun } from '../run.fixture.ts';
import { createProcessEngine } from './engine.ts';

const directory = await mkdtemp(join(tmpdir(), 'stowage-user-'));
const engine = createProcessEngine({ homeId: 'user-test', directory });
try {
  const directories = [{ path: '/home/work', mode: 0o755 }];
  const command = ['sh', '-c', 'touch /home/work/made; sleep 60'];
  const reference = await engine.create({ ...plainRun, jobId: 1, image: null, directories, network: true, command });
  await engine.start(reference, { write: async () => {} });
  if (!canOpenShells(engine)) throw new Error('the engine opens no shells');
  const shell = await engine.openShell(reference, { columns: 80, rows: 24 });
  shell.write('id -u; ls /home/work; exit\n');
  for await (const chunk of shell.output) process.stdout.write(chunk);
  await engine.stop(reference, { graceSeconds: 1 });
  await engine.wait(reference);
  await engine.remove(reference);
} finally {
  await engine.close();
  await rm(directory, { recursive: true });
}
