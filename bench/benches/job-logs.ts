import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '#shared/contract/plan.ts';
import { type Bench, timeClient, timeCommand } from '../harness.ts';

const image = 'busybox:local';
const lines = 1_000_000;
const line = 'epoch 12 step 3456: loss 0.123456, accuracy 0.987654, 214 ms';
const command = ['sh', '-c', `yes '${line}' | head -n ${lines}`];
const logBytes = lines * (line.length + 1);

/** A million lines of output: from submit until all are stored and the last page of them is there to be shown. */
export const jobLogs: Bench = {
  name: 'job-logs',
  about: '1,000,000 lines of output, submit → stored and shown; peer: docker run -d and docker logs -f to a file',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
    const target = join(folder, 'peer.log');
    const spec: JobSpec = { engine: 'docker', image, command, mounts: [], output: null, env: [], resources: {} };
    return {
      ours: {
        name: 'stowage',
        run: async () => {
          const { report, ...sample } = await timeClient({ work: { kind: 'job', spec } });
          if (report.bytes !== logBytes) throw new Error(`the log has ${report.bytes} bytes, not ${logBytes}`);
          return sample;
        },
      },
      peers: [
        {
          name: 'docker logs -f',
          run: async () => {
            const script = 'docker logs -f "$(docker run -d --name "$1" "$2" sh -c "$3")" > "$4"';
            const name = `stowage-bench-${process.pid}`;
            const sample = await timeCommand('sh', ['-c', script, 'sh', name, image, command[2] ?? '', target]);
            execFileSync('docker', ['rm', '-f', name], { stdio: 'ignore' });
            const { size } = await stat(target);
            if (size !== logBytes) throw new Error(`the peer's log has ${size} bytes, not ${logBytes}`);
            return sample;
          },
        },
      ],
      cleanUp: () => rm(folder, { recursive: true, force: true }),
    };
  },
};
