import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gpuWords, parseDuration, parseGpuIds, parseGpus, parsePorts, writeDuration, writePorts } from './resource-words.ts';

it('reads times as people write them', () => {
  const times = { 90: '90', 5400: '90 min', 5401: '1h30m1s', 7200: '2 hours', 172800: '2 days', 5405: '1:30:05', 5340: '1:29' };
  for (const [seconds, text] of Object.entries(times)) expect(parseDuration(text), text).toBe(Number(seconds));
  expect(parseDuration('1.5 h')).toBe(5400);
  for (const text of ['', '0', 'soon', '2 weeks', '-1', '1:99', '400 d', 'h']) expect(parseDuration(text), text).toBeNull();
  fc.assert(fc.property(fc.integer({ min: 1, max: 31_536_000 }), (seconds) => parseDuration(writeDuration(seconds)) === seconds));
});

it('reads ports, one of this machine before its colon', () => {
  expect(parsePorts('8888, 8080:80 443')).toEqual([{ container: 8888 }, { container: 80, host: 8080 }, { container: 443 }]);
  expect(parsePorts('')).toEqual([]);
  for (const text of ['http', '0', '65536', '1:0', '1:2:3', '80/udp']) expect(parsePorts(text), text).toBeNull();
  expect(writePorts(parsePorts('8888 8080:80') ?? [])).toBe('8888, 8080:80');
});

it('reads GPUs', () => {
  expect(parseGpus('all')).toBe('all');
  expect(parseGpus('2')).toBe(2);
  expect(parseGpus('device=0,1')).toEqual(['0', '1']);
  expect(parseGpus('GPU-8a1c, GPU-8a1c')).toEqual(['GPU-8a1c']);
  expect(parseGpuIds('0')).toEqual(['0']);
  for (const text of ['', '0', '65', 'a b/c']) expect(parseGpus(text), text).toBeNull();
  expect([null, 'all', 1, 3, ['0'], ['0', '1']].map((gpus) => gpuWords(gpus as null))).toEqual([
    ...['no GPU', 'all GPUs', '1 GPU', '3 GPUs', 'GPU 0', 'GPUs 0, 1'],
  ]);
});
