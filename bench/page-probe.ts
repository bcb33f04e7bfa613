import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks into the first page of a browser over its debugging port, with nothing of a test library in the page: compiling
 * and running that takes the page a tenth of a second when it is about to be drawn for the first time.
 */
export interface PageProbe {
  /** Resolves with the frame in which the expression is true. */
  until(condition: string): Promise<void>;
  /** Asks the browser to end. */
  endBrowser(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

interface Connection {
  /** Null when the connection ended before the answer. */
  send(method: string, params?: Record<string, unknown>): Promise<Answer | null>;
  close(): void;
}

export function pageProbe(port: number): PageProbe {
  const address = `http://127.0.0.1:${port}/json`;
  return {
    until: async (condition) => {
      const expression = `new Promise((resolve) => {
        const look = () => ((${condition}) ? resolve(true) : requestAnimationFrame(look));
        look();
      })`;
      const connection = await connect(await firstPage(address));
      // A page that was left meanwhile gives no answer; the next one is asked again.
      for (let seen: unknown; seen !== true; ) {
        const answer = await connection.send('Runtime.evaluate', { expression, awaitPromise: true });
        if (answer === null) throw new Error('the page is gone');
        seen = answer.result?.result?.value;
      }
      connection.close();
    },
    endBrowser: async () => {
      const version = (await (await fetch(`${address}/version`)).json()) as { webSocketDebuggerUrl: string };
      const connection = await connect(version.webSocketDebuggerUrl);
      await connection.send('Browser.close');
      connection.close();
    },
  };
}

async function firstPage(address: string): Promise<string> {
  for (;;) {
    const targets = await fetch(`${address}/list`)
      .then((response) => response.json() as Promise<{ type: string; webSocketDebuggerUrl: string }[]>)
      .catch(() => []);
    const page = targets.find(({ type }) => type === 'page');
    if (page) return page.webSocketDebuggerUrl;
    await delay(5);
  }
}

async function connect(url: string): Promise<Connection> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (answer: Answer | null) => void>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  socket.addEventListener('close', () => {
    for (const tell of waiting.values()) tell(null);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error(`no debugger answers at ${url}`)), { once: true });
  });
  return {
    send: (method, params = {}) =>
      new Promise((resolve) => {
        last += 1;
        waiting.set(last, resolve);
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    close: () => socket.close(),
  };
}
