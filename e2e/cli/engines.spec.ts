import { expect, test } from '../fixtures/app.ts';
import { overSsh, withContexts } from '../fixtures/engines.ts';
import { stowage } from '../fixtures/process.ts';

test('the command line names engines, runs on one over ssh, and says which contexts there are', async ({ home }) => {
  await withContexts({ lab: await overSsh() }, async (env) => {
    const cli = (...args: string[]) => stowage(home, args, { env });
    const listed = await cli('engine', 'list', '--json');
    const engines: { id: string; state: string; local: boolean }[] = JSON.parse(listed.stdout);
    expect(engines.map(({ id, state, local }) => [id, state, local])).toEqual([
      ['docker', 'ready', true],
      ['docker:lab', 'ready', false],
      ['process', 'ready', true],
    ]);
    const far = ['--engine', 'docker:lab', '--image', 'busybox:local'];
    const ran = await cli('run', ...far, '--name', 'over-ssh', '--', 'sh', '-c', 'echo hello; echo kept > out/file');
    expect(ran).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect((await cli('cat', 'outputs:/over-ssh/file')).stdout).toBe('kept\n');
    expect((await cli('job', 'list')).stdout).toMatch(/over-ssh\s+succeeded\s+docker:lab/);

    const unknown = await cli('run', '--engine', 'docker:nowhere', '--image', 'busybox:local', '--', 'true');
    expect(unknown.code).toBe(64);
    expect(unknown.stderr).toContain('There is no Docker context “nowhere”. Those that are there: default, lab.');
    const gpus = await cli('run', '--gpus', 'all', '--engine', 'docker', '--image', 'busybox:local', '--', 'true');
    expect(gpus.code).toBe(64);
    expect(gpus.stderr).toContain('The job asks for all GPUs, which the engine “Docker” cannot give: There is no NVIDIA GPU');
    expect((await cli('run', '--engine', 'dokker', '--', 'true')).code).toBe(64);
    expect((await cli('engine', 'default', 'docker:lab')).stdout).toBe('docker:lab\n');
    expect((await cli('engine', 'default', '--auto')).stdout).toContain('Docker when it answers');
    expect((await cli('engine', 'images', 'docker:lab')).stdout).toContain('busybox:local');
  });
});
