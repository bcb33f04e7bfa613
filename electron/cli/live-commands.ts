import type { Command } from 'commander';
import type { StowageClient } from '#shared/contract/index.ts';
import { portUrl } from '#shared/contract/ports.ts';
import { longestShellInput } from '#shared/contract/shells.ts';
import { totalsOf } from '#shared/metrics/series.ts';
import type { Act } from './act.ts';
import { interruptible } from './interrupt.ts';
import { parseId, print, size, table, time } from './output.ts';

/** `stowage job shell|ports|metrics`: what can be seen and done while a job runs. */
export function addLiveCommands(job: Command, act: Act): void {
  job
    .command('shell <id>')
    .description('opens a shell in a running job; ends with its exit code')
    .action(
      act(async ({ client }, id: string) => {
        process.exitCode = await attachShell(client, jobId(id));
      }),
    );
  job
    .command('ports <id>')
    .description('where the published ports of a running job are reached')
    .action(
      act(async ({ client, output }, id: string) => {
        output.result(await client.jobs.ports({ id: jobId(id) }), (ports) =>
          table(
            ['PORT', 'ADDRESS'],
            ports.map(({ container, port, here }) => [
              container,
              here ? portUrl(port) : `127.0.0.1:${port} of the engine’s machine`,
            ]),
          ),
        );
      }),
    );
  job
    .command('metrics <id>')
    .description('CPU, memory, network and disk that a job used, over its time')
    .action(
      act(async ({ client, output }, id: string) => {
        const series = await client.metrics.get({ id: jobId(id) });
        output.result({ ...series, totals: totalsOf(series.samples) }, ({ samples, totals }) =>
          [
            table(
              ['TIME', 'CPUS', 'MEMORY', 'NET IN/S', 'NET OUT/S', 'READ/S', 'WRITTEN/S'],
              samples.map((sample) => [
                time(sample.at),
                sample.cpus.toFixed(2),
                { bytes: sample.memoryBytes },
                { bytes: sample.networkIn },
                { bytes: sample.networkOut },
                { bytes: sample.diskRead },
                { bytes: sample.diskWritten },
              ]),
            ),
            `CPU time ${totals.cpuSeconds.toFixed(1)} s, most memory ${size(totals.memoryBytes)}`,
          ].join('\n'),
        );
      }),
    );
}

const jobId = (text: string): number => parseId(text, 'job');

/** What a terminal sends for the end of what is typed. */
const endOfInput = '\x04';

/** Joins this terminal, or this command's input and output, with a shell in the job until it ends. Gives its exit code. */
async function attachShell(client: StowageClient, job: number): Promise<number> {
  const { stdin, stdout } = process;
  const left = new AbortController();
  const columns = stdout.columns || 80;
  const rows = stdout.rows || 24;
  const events = await client.shells.open({ job, columns, rows }, { signal: left.signal });
  let exitCode: number | null = null;
  let letGo = (): void => {};
  const read = async (): Promise<void> => {
    let shell = '';
    for await (const event of events) {
      if (event.type === 'opened') {
        shell = event.shell;
        letGo = sendInput(client, shell);
      } else if (event.type === 'output') {
        await print(stdout, event.text);
        // One that has ended meanwhile waits for nobody.
        await client.shells.taken({ shell, length: event.text.length }).catch(() => {});
      } else exitCode = event.exitCode;
    }
  };
  try {
    const { stopped } = await interruptible(() => left.abort(), read);
    return stopped ?? exitCode ?? 0;
  } finally {
    letGo();
    stdin.pause();
  }
}

/** Sends what is typed here, and the size of this terminal; returns what ends that. */
function sendInput(client: StowageClient, shell: string): () => void {
  const { stdin, stdout } = process;
  let sent: Promise<unknown> = Promise.resolve();
  const send = (text: string): void => {
    for (let from = 0; from < text.length; from += longestShellInput) {
      const part = text.slice(from, from + longestShellInput);
      // A shell that has ended takes nothing more, which its end tells.
      sent = sent.then(() => client.shells.write({ shell, text: part })).catch(() => {});
    }
  };
  const onEnd = (): void => send(endOfInput);
  const onResize = (): void =>
    void client.shells.resize({ shell, columns: stdout.columns || 80, rows: stdout.rows || 24 }).catch(() => {});
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.on('data', send);
  stdin.on('end', onEnd);
  stdout.on('resize', onResize);
  return () => {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.off('data', send);
    stdin.off('end', onEnd);
    stdout.off('resize', onResize);
  };
}
