import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRequest, dockerGpus } from './docker/gpus.ts';
import { gpuAccess, hasNvidiaHook, machineGpus } from './gpus.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-gpus-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
function devices(...names: string[]): void {
  for (const name of names) writeFileSync(join(folder, name), '', { mode: 0o755 });
}

describe('of this machine', () => {
  it('are counted by the files that the driver makes', async () => {
    expect(await machineGpus(folder)).toMatchObject({ state: 'absent', count: 0 });
    devices('nvidia0', 'nvidia1', 'nvidiactl', 'nvidia-uvm', 'null');
    expect(await machineGpus(folder)).toEqual({ state: 'ready', count: 2, message: '2 NVIDIA GPUs' });
  });

  it('are given to a program one by one', async () => {
    await expect(gpuAccess('all', folder)).rejects.toMatchObject({ code: 'unsupported' });
    devices('nvidia0', 'nvidia1', 'nvidiactl', 'nvidia-uvm', 'null');
    const names = async (gpus: Parameters<typeof gpuAccess>[0]) => {
      const { files, visible } = await gpuAccess(gpus, folder);
      return [files.map((file) => file.slice(folder.length + 1)), visible];
    };
    expect(await names('all')).toEqual([['nvidia-uvm', 'nvidia0', 'nvidia1', 'nvidiactl'], null]);
    expect(await names(1)).toEqual([['nvidia-uvm', 'nvidia0', 'nvidiactl'], '0']);
    expect(await names(['1'])).toEqual([['nvidia-uvm', 'nvidia1', 'nvidiactl'], '1']);
    expect(await names(['GPU-8a'])).toEqual([['nvidia-uvm', 'nvidia0', 'nvidia1', 'nvidiactl'], 'GPU-8a']);
  });

  it('are seen with the program that lays them into containers', async () => {
    expect(await hasNvidiaHook(folder)).toBe(false);
    devices('nvidia-container-runtime-hook');
    expect(await hasNvidiaHook(folder)).toBe(true);
  });
});

describe('of a Docker engine', () => {
  const none = { state: 'absent', count: 0, message: 'None here.' } as const;
  const two = { state: 'ready', count: 2, message: '2 NVIDIA GPUs' } as const;
  const facts = { product: 'Docker', info: {}, here: none, hookHere: false } as const;
  const runtime = { Runtimes: { runc: {}, nvidia: {} } };
  const cdi = { DiscoveredDevices: ['0', '1', 'GPU-8a', 'all'].map((id) => ({ Source: 'cdi', ID: `nvidia.com/gpu=${id}` })) };

  it('need both a device and a way to give it away', () => {
    expect(dockerGpus(facts)).toEqual(none);
    expect(dockerGpus({ ...facts, info: runtime })).toEqual(none);
    expect(dockerGpus({ ...facts, here: two })).toMatchObject({ state: 'absent', message: expect.stringContaining('toolkit') });
    expect(dockerGpus({ ...facts, here: two, info: runtime })).toEqual(two);
    expect(dockerGpus({ ...facts, here: two, hookHere: true })).toEqual(two);
    expect(dockerGpus({ ...facts, info: cdi })).toMatchObject({ state: 'ready', count: 2 });
  });

  it('are not known for certain on another machine', () => {
    expect(dockerGpus({ ...facts, here: null })).toMatchObject({ state: 'unknown' });
    expect(dockerGpus({ ...facts, here: null, info: runtime })).toMatchObject({ state: 'ready', count: null });
    expect(dockerGpus({ ...facts, here: null, info: cdi })).toMatchObject({ state: 'ready', count: 2 });
  });

  it('are not had from Podman', () => {
    expect(dockerGpus({ ...facts, product: 'Podman', here: two, info: runtime })).toMatchObject({ state: 'absent' });
    expect(() => deviceRequest('all', 'Podman', {})).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('are asked for in the words that the engine knows', () => {
    expect(deviceRequest('all', 'Docker', runtime)).toEqual({ Capabilities: [['gpu']], Count: -1 });
    expect(deviceRequest(2, 'Docker', {})).toEqual({ Capabilities: [['gpu']], Count: 2 });
    expect(deviceRequest(['0', 'GPU-8a'], 'Docker', {})).toEqual({ Capabilities: [['gpu']], DeviceIDs: ['0', 'GPU-8a'] });
    expect(deviceRequest(1, 'Docker', cdi)).toEqual({ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'] });
    expect(deviceRequest('all', 'Docker', cdi)).toEqual({ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0', 'nvidia.com/gpu=1'] });
    expect(deviceRequest(1, 'Docker', { ...cdi, ...runtime })).toEqual({ Capabilities: [['gpu']], Count: 1 });
  });
});
