import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProcess, signalProcess } from '../engines/process/processes.ts';
import { parseMountPoints } from '../mounts/submounts.ts';
import { mountFiles, readStarted } from './mount-record.ts';

const lookMs = 50;
const unmountMs = 10_000;
const endMs = 5_000;
const connectedMs = 5_000;

/** Whether a file system is mounted at exactly this path. Asks the kernel's table and never the mount, which may hang. */
export async function isMounted(path: string): Promise<boolean> {
  return parseMountPoints(await readFile('/proc/self/mountinfo', 'utf8')).includes(path);
}

/** Whether the process that was recorded for a mount lives, and is still that one. */
export async function isServed(directory: string): Promise<boolean> {
  const started = await readStarted(directory);
  return started !== null && (await findProcess(started.pid, started.begun)) !== null;
}

/**
 * Lists what is mounted, as the job will. In a process of its own: a mount that does not answer would hold up this one's
 * calls for all other files. A listing that takes longer than `patienceMs` counts as an answer under way.
 */
export async function answers(path: string, patienceMs: number, signal: AbortSignal): Promise<boolean> {
  const child = spawn('ls', ['-f', '--', path], { stdio: 'ignore', timeout: patienceMs, killSignal: 'SIGKILL', signal });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => (signal.aborted ? resolve(false) : reject(error)));
    child.once('exit', (code) => resolve(code === null || code === 0));
  });
}

/** Asks a mount for something that it knows by itself and nobody keeps. One that takes long counts as connected. */
export async function isConnected(path: string): Promise<boolean> {
  const child = spawn('stat', ['-f', '--', path], { stdio: 'ignore', timeout: connectedMs, killSignal: 'SIGKILL' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === null || code === 0));
  });
}

/** Takes a mount down and ends its process, which is signalled only while it is the one that was recorded. */
export async function takeDown(directory: string, fusermount: string): Promise<void> {
  const { files } = mountFiles(directory);
  for (const options of [['-u'], ['-u', '-z']]) {
    if (!(await isMounted(files))) break;
    await promisify(execFile)(fusermount, [...options, '--', files], { timeout: unmountMs }).catch(() => undefined);
  }
  for (const signal of [null, 'SIGTERM', 'SIGKILL'] as const) {
    const started = await readStarted(directory);
    if (!started || !(await findProcess(started.pid, started.begun))) return;
    if (signal !== null) signalProcess(started.pid, signal);
    // Unmounted, it ends by itself.
    for (let waited = 0; waited < endMs && (await findProcess(started.pid, started.begun)); waited += lookMs) await delay(lookMs);
  }
}
