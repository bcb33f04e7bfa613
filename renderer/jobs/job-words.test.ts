import { describe, expect, it } from 'vitest';
import type { Job } from '#shared/contract/jobs.ts';
import { commandOf, durationOf, whereItRuns } from './job-words.ts';

const job = (more: Partial<Job>): Job => ({
  id: 1,
  name: 'train',
  state: 'running',
  engine: 'docker',
  image: 'python:3.12',
  command: ['python', 'train model.py'],
  times: {},
  createdAt: 0,
  startedAt: 1000,
  endedAt: null,
  exitCode: null,
  problem: null,
  progress: null,
  progressStep: null,
  output: null,
  logBytes: 0,
  ...more,
});

describe('words about jobs', () => {
  it('shows the script itself rather than the shell around it', () => {
    expect(commandOf(job({}))).toBe("python 'train model.py'");
    expect(commandOf(job({ command: ['sh', '-c', 'cat a |\n  wc -l'] }))).toBe('cat a | wc -l');
  });

  it('names the engine where it is not the usual one', () => {
    expect(whereItRuns(job({}))).toBe('python:3.12');
    expect(whereItRuns(job({ engine: 'docker:gpu-box' }))).toBe('python:3.12 · Docker (gpu-box)');
    expect(whereItRuns(job({ engine: 'podman' }))).toBe('python:3.12 · Podman');
    expect(whereItRuns(job({ engine: 'process', image: null }))).toBe('This machine');
  });

  it('counts the duration until now, or until the end', () => {
    expect(durationOf(job({ startedAt: null }), 5000)).toBe('—');
    expect(durationOf(job({}), 5000)).toBe('4.0 s');
    expect(durationOf(job({ endedAt: 3000 }), 9000)).toBe('2.0 s');
  });
});
