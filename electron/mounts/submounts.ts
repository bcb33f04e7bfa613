import { readFile } from 'node:fs/promises';

/** Where file systems are mounted on this machine; none where that cannot be told (other systems than Linux). */
export async function readMountPoints(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return parseMountPoints(text);
}

/** The mount points of the kernel's table; spaces and the like are written as octal escapes in it. */
export function parseMountPoints(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point !== '')
    .map((point) => point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}
