import { client } from '../app/client.ts';
import { pageBytes } from './log-reader.ts';

/** The whole log as text, read by pages. `onRead` hears how many bytes are there. */
export async function readWholeLog(id: number, signal: AbortSignal, onRead: (bytes: number) => void): Promise<Blob> {
  const parts: Blob[] = [];
  for (let from = 0; ; ) {
    const page = await client.jobs.readLog({ id, from, limit: 4 * pageBytes }, { signal });
    // Blobs may live on disk; strings would all stay in memory.
    if (page.chunks.length > 0) parts.push(new Blob(page.chunks.map((chunk) => chunk.text)));
    if (page.next <= from) break;
    from = page.next;
    onRead(from);
    if (from >= page.size) break;
  }
  return new Blob(parts, { type: 'text/plain;charset=utf-8' });
}

/** Gives a text to the person as a file. */
export function saveBlob(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = filename;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
