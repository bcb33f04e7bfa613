import { expect, it, vi } from 'vitest';
import { guardDisk } from './disk-guard.ts';

const gigabyte = 1024 ** 3;
const job = (logBytes: number | null) => ({ logSize: () => logBytes, abandon: vi.fn() });
const disk = (free: number, total = 100) => vi.fn(async () => ({ freeBytes: free * gigabyte, totalBytes: total * gigabyte }));

it('stops the job whose log fills the disk, saying so', async () => {
  const [flood, other] = [job(40 * gigabyte), job(2 * gigabyte)];
  await guardDisk([other, flood], disk(4.9));
  expect(other.abandon).not.toHaveBeenCalled();
  expect(flood.abandon).toHaveBeenCalledOnce();
  expect(flood.abandon.mock.calls[0]?.[0]).toMatchObject({ code: 'disk-full', message: expect.stringContaining('42.9 GB') });
});

it('leaves a flood alone while there is room', async () => {
  const flood = job(40 * gigabyte);
  await guardDisk([flood], disk(5.1));
  expect(flood.abandon).not.toHaveBeenCalled();
});

it('does not blame a job with a small log for a full disk, nor look at the disk for it', async () => {
  const small = job(gigabyte - 1);
  const full = disk(0);
  await guardDisk([small, job(null)], full);
  expect(small.abandon).not.toHaveBeenCalled();
  expect(full).not.toHaveBeenCalled();
});
