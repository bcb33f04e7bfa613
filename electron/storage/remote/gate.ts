/**
 * Bounds the memory that the parts and the ranges of all remote hosts hold together. It cannot deadlock: what waits here
 * (`enter`) is a write that fills no part at the moment, so all that is held is either on its way to a service, filled
 * from a body that itself never waits here, or read ahead; and reading ahead only ever takes what is free (`tryEnter`),
 * and never more than a quarter.
 */
export interface BufferGate {
  /** Waits for `bytes`, first come first served. More than the whole is let in alone. @returns the release, to be called once */
  enter(bytes: number, signal?: AbortSignal): Promise<() => void>;
  /** For reading ahead: the release, or null when there is no room now. */
  tryEnter(bytes: number): (() => void) | null;
  /** Bytes held now. */
  readonly held: number;
}

interface Waiting {
  readonly bytes: number;
  go(): void;
}

export function createBufferGate(limit: number): BufferGate {
  const queue: Waiting[] = [];
  let held = 0;
  let ahead = 0;
  const fits = (bytes: number): boolean => held === 0 || held + bytes <= limit;
  const once = (release: () => void): (() => void) => {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      release();
      for (let first = queue[0]; first && fits(first.bytes); first = queue[0]) {
        queue.shift();
        first.go();
      }
    };
  };
  const take = (bytes: number): (() => void) => {
    held += bytes;
    return once(() => {
      held -= bytes;
    });
  };
  return {
    get held() {
      return held;
    },
    enter: (bytes, signal) => {
      if (queue.length === 0 && fits(bytes)) return Promise.resolve(take(bytes));
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          queue.splice(queue.indexOf(waiting), 1);
          reject(signal?.reason);
        };
        const waiting: Waiting = {
          bytes,
          go: () => {
            signal?.removeEventListener('abort', leave);
            resolve(take(bytes));
          },
        };
        if (signal?.aborted) return reject(signal.reason);
        signal?.addEventListener('abort', leave, { once: true });
        queue.push(waiting);
      });
    },
    tryEnter: (bytes) => {
      if (queue.length > 0 || ahead + bytes > limit / 4 || held + bytes > limit) return null;
      ahead += bytes;
      held += bytes;
      return once(() => {
        ahead -= bytes;
        held -= bytes;
      });
    },
  };
}

/** The one gate of this process. */
export const bufferGate = createBufferGate(96 * 1024 * 1024);
