import type { PreviewContent, PreviewTensor } from '#shared/contract/previews.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { cutCell } from './cells.ts';
import { maxTensorHeaderBytes, maxTensors } from './limits.ts';

const maxMetadata = 200;

/** Whether it may be a safetensors file: eight bytes of length, then JSON. */
export const looksLikeSafetensors = (head: Uint8Array): boolean =>
  head.length > 9 && head[8] === 0x7b && (head[6] ?? 1) === 0 && (head[7] ?? 1) === 0;

/**
 * The header of a safetensors file (github.com/huggingface/safetensors: u64 length, JSON, data).
 * @throws NotShown when it is none, or its header says it is longer than the file or than any real one
 */
export async function openSafetensors(source: ByteSource): Promise<PreviewContent> {
  const start = await source.read(0, 8);
  const length = start.length === 8 ? Number(Buffer.from(start).readBigUInt64LE()) : 0;
  if (length < 2 || length > source.size - 8) throw new NotShown('The header of this safetensors file is longer than the file.');
  if (length > maxTensorHeaderBytes) throw new NotShown('The header of this safetensors file is longer than a preview reads.');
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(await source.read(8, length)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new NotShown('The header of this safetensors file is damaged.');
  }
  if (typeof header !== 'object' || header === null) throw new NotShown('The header of this safetensors file is damaged.');
  const tensors: PreviewTensor[] = [];
  let count = 0;
  let parameters = 0;
  let bytes = 0;
  let metadata: { name: string; value: string }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = Object.entries(Object(value) as object)
        .slice(0, maxMetadata)
        .map(([key, text]) => ({ name: cutCell(key), value: cutCell(String(text)) }));
      continue;
    }
    const tensor = tensorOf(name, value);
    count += 1;
    parameters += tensor.shape.reduce((product, size) => product * size, 1);
    bytes += tensor.bytes;
    if (tensors.length < maxTensors) tensors.push(tensor);
  }
  return { kind: 'tensors', tensors, count, parameters: finite(parameters), bytes: finite(bytes), metadata };
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);

function tensorOf(name: string, value: unknown): PreviewTensor {
  const { dtype, shape, data_offsets: offsets } = Object(value) as Record<string, unknown>;
  const [from, to] = Array.isArray(offsets) ? offsets : [];
  if (typeof dtype !== 'string' || !isShape(shape) || !isSize(from) || !isSize(to) || to < from) {
    throw new NotShown('The header of this safetensors file is damaged.');
  }
  return { name: cutCell(name), dtype: cutCell(dtype), shape, bytes: to - from };
}

const isSize = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isShape = (value: unknown): value is number[] => Array.isArray(value) && value.length <= 64 && value.every(isSize);
