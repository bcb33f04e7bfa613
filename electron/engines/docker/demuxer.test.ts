import { expect, it } from 'vitest';
import { demultiplex, FrameDecoder } from './demuxer.ts';

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

it('reads frames that are split anywhere', () => {
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, ''), frame(1, 'three'), frame(1, 'four')]);
  for (let size = 1; size <= bytes.length; size++) {
    const decoder = new FrameDecoder();
    const texts = { stdout: '', stderr: '' };
    for (let at = 0; at < bytes.length; at += size) {
      for (const { stream, bytes: part } of decoder.push(bytes.subarray(at, at + size)))
        texts[stream] += Buffer.from(part).toString();
    }
    expect(texts).toEqual({ stdout: 'one\nthreefour', stderr: 'two\n' });
    expect(decoder.atBoundary).toBe(true);
  }
});

it('takes a flood of short lines without growing the stack, and asks for more only when the last was taken', async () => {
  const chunk = Buffer.concat(Array.from({ length: 100_000 }, (_, index) => frame(1 + (index % 2), 'y\n')));
  let asked = 0;
  let taken = 0;
  const source = async function* () {
    for (; asked < 30; ) {
      expect(taken).toBe(asked * 200_000);
      asked++;
      yield chunk;
    }
  };
  for await (const { bytes } of demultiplex(source())) taken += bytes.length;
  expect(taken).toBe(30 * 200_000);
});

it('refuses what is no such stream, and gives the complaint of the engine', () => {
  expect(() => new FrameDecoder().push(Buffer.from('plain text of a terminal'))).toThrow('cannot be read');
  expect(() => new FrameDecoder().push(frame(3, 'log is gone'))).toThrow('could not give the output');
});
