import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** Syncs the file system of a folder. What that took in milliseconds; null: it cannot be done, or it failed. */
export type FileSystemSync = (folder: string) => Promise<number | null>;

/** Syncs file systems for all copy threads. */
export interface SharedSync {
  readonly sync: FileSystemSync;
  /** Nothing is being copied any more: what waits need not wait for company. */
  hurry(): void;
  close(): void;
}

/** While files are copied, the disk rests from syncing for this many times as long as the last sync took. */
const restFactor = 1;
const longestRestMs = 500;
const idleMs = 10_000;

/** Something that syncs the file system of one folder, one call at a time. */
export interface SyncProgram {
  sync(): Promise<number | null>;
  end(): void;
}

/** The syncs of one folder's file system. */
interface Course {
  readonly program: SyncProgram;
  waiting: ((cost: number | null) => void)[];
  underWay: boolean;
  notBefore: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Serves all who ask with as few syncs as will do. Who asks while one is under way waits for the next, because that one
 * may have passed by what was written since; and while `copying`, more are let gather between one and the next.
 */
export function createSharedSync(copying: () => boolean, start: (folder: string) => SyncProgram = startProgram): SharedSync {
  const courses = new Map<string, Course>();
  const end = (folder: string, course: Course): void => {
    if (course.timer) clearTimeout(course.timer);
    course.program.end();
    courses.delete(folder);
  };
  const later = (course: Course, ms: number, work: () => void): void => {
    if (course.timer) clearTimeout(course.timer);
    course.timer = setTimeout(work, ms).unref();
  };
  const pump = async (folder: string, course: Course): Promise<void> => {
    if (course.underWay) return;
    const served = course.waiting;
    if (served.length === 0) return later(course, idleMs, () => end(folder, course));
    const rest = course.notBefore - performance.now();
    if (rest > 0 && copying()) return later(course, rest, () => void pump(folder, course));
    course.waiting = [];
    course.underWay = true;
    const cost = await course.program.sync();
    course.underWay = false;
    course.notBefore = performance.now() + Math.min(longestRestMs, restFactor * (cost ?? 0));
    for (const resolve of served) resolve(cost);
    void pump(folder, course);
  };
  return {
    sync: (folder) => {
      let course = courses.get(folder);
      if (!course) {
        course = { program: start(folder), waiting: [], underWay: false, notBefore: 0, timer: null };
        courses.set(folder, course);
      }
      const { waiting } = course;
      const answer = new Promise<number | null>((resolve) => waiting.push(resolve));
      void pump(folder, course);
      return answer;
    },
    hurry: () => {
      for (const [folder, course] of courses) if (course.waiting.length > 0) void pump(folder, course);
    },
    close: () => {
      for (const [folder, course] of courses) end(folder, course);
    },
  };
}

const unable: SyncProgram = { sync: () => Promise.resolve(null), end: () => undefined };

/**
 * Calls `syncfs` through the `sync` program, since Node has no such call. A shell stands by and starts it: to fork this
 * process itself takes 5 ms each time, and makes all its threads copy every page of memory that they write to next.
 */
function startProgram(folder: string): SyncProgram {
  if (process.platform !== 'linux') return unable;
  const script = 'while read -r line; do sync -f -- "$1"; echo "$?"; done';
  const shell: ChildProcessByStdio<Writable, Readable, null> = spawn('sh', ['-c', script, 'sh', folder], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let ended = false;
  let answer: ((status: string | null) => void) | null = null;
  const over = (): void => {
    ended = true;
    answer?.(null);
  };
  shell.once('error', over).once('close', over);
  // Too many files are open, or there is no shell: it may have no pipes either.
  if (shell.pid === undefined) return unable;
  // The process may end although the shell is there; the shell then ends too.
  shell.unref();
  for (const pipe of [shell.stdin, shell.stdout]) if (pipe instanceof Socket) pipe.unref();
  shell.stdin.on('error', over);
  shell.stdout.on('data', (status: Buffer) => answer?.(status.toString().trim()));
  return {
    sync: async () => {
      if (ended) return null;
      const begun = performance.now();
      const status = await new Promise<string | null>((resolve) => {
        answer = resolve;
        shell.stdin.write('\n');
      });
      return status === '0' ? performance.now() - begun : null;
    },
    end: () => shell.stdin.end(),
  };
}
