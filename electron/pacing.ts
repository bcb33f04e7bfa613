/** Makes a sender wait while its reader has not taken enough of what was sent. */
export interface Pacer {
  /** Counts a message as sent; resolves when the next one may be, at once while little is under way. */
  sent(length: number): Promise<void>;
  /** The reader took this much. */
  taken(length: number): void;
  /** Nobody reads any more: who waits goes on. */
  end(): void;
}

/** @param most what may be under way before the sender waits, in the unit of the lengths */
export function createPacer(most: number): Pacer {
  let underWay = 0;
  let ended = false;
  let waiting: (() => void)[] = [];
  const release = (): void => {
    const released = waiting;
    waiting = [];
    for (const resolve of released) resolve();
  };
  return {
    sent: (length) => {
      underWay += length;
      if (ended || underWay <= most) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    taken: (length) => {
      underWay = Math.max(0, underWay - length);
      if (underWay <= most) release();
    },
    end: () => {
      ended = true;
      release();
    },
  };
}
