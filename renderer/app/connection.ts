import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client';
import { RPCLink as MessagePortLink } from '@orpc/client/message-port';
import { RPCLink as WebSocketLink } from '@orpc/client/websocket';
import { create } from 'zustand';
import { browserHost, type DesktopBridge } from '#shared/bridge.ts';
import { StowageError } from '#shared/errors.ts';

declare global {
  interface Window {
    readonly stowageDesktop?: DesktopBridge;
  }
}

/** The Electron shell's bridge; undefined in the browser host. */
export const desktop: DesktopBridge | undefined = window.stowageDesktop;

export type ConnectionState = 'connecting' | 'ready' | 'reconnecting' | 'signed-out';

interface Connection {
  readonly state: ConnectionState;
  /** Counts the connections made: when it grows, everything is fetched anew. */
  readonly epoch: number;
  /** Why the person has to sign in (again), or why it takes so long to connect again. */
  readonly reason: string | null;
}

export const useConnection = create<Connection>()(() => ({ state: 'connecting', epoch: 0, reason: null }));

type Link = ClientLink<ClientContext>;
type Call = { path: readonly string[]; input: unknown; options: ClientOptions<ClientContext> };

const sessionItem = 'stowage.session';
const retryDelays = [250, 500, 1000, 2000, 4000, 8000];

let link: Link | null = null;
let waiting: Array<(ready: Link) => void> = [];

function becomeReady(ready: Link): void {
  link = ready;
  useConnection.setState((before) => ({ state: 'ready', epoch: before.epoch + 1, reason: null }));
  const resolvers = waiting;
  waiting = [];
  for (const resolve of resolvers) resolve(ready);
}

const lost = (): StowageError =>
  new StowageError('host-unreachable', 'The connection to Stowage was lost.', {
    hint: 'It is being made again; try once more in a moment.',
  });

function whenReady(signal: AbortSignal | undefined): Promise<Link> {
  if (link) return Promise.resolve(link);
  return new Promise((resolve, reject) => {
    const give = (ready: Link): void => resolve(ready);
    waiting.push(give);
    signal?.addEventListener('abort', () => {
      waiting = waiting.filter((one) => one !== give);
      reject(new StowageError('cancelled', 'Cancelled.'));
    });
  });
}

async function call({ path, input, options }: Call): Promise<unknown> {
  const used = await whenReady(options.signal);
  try {
    return await used.call(path, input, options);
  } catch (error) {
    // A call that ends because its connection ended was not cancelled by anyone.
    if (link !== used && !options.signal?.aborted) throw lost();
    throw error;
  }
}

/** A link that follows the connection: calls wait while there is none, and fail as `host-unreachable` when it breaks. */
export const connectionLink: Link = { call: (path, input, options) => call({ path, input, options }) };

/** The value that the page sends with every body (`x-stowage-session`); null in Electron and before signing in. */
export const sessionValue = (): string | null => sessionStorage.getItem(sessionItem);

/** Connects to the core of the shell that the page runs in. Called once. */
export async function connect(): Promise<void> {
  if (desktop) {
    becomeReady(desktopLink(desktop));
    return;
  }
  const key = new URLSearchParams(location.hash.slice(1)).get(browserHost.fragment);
  if (key) {
    history.replaceState(null, '', location.pathname + location.search);
    await signIn(key);
  } else if (sessionValue()) openSocket(0);
  else signOut(null);
}

function desktopLink(bridge: DesktopBridge): Link {
  return new MessagePortLink({
    port: {
      postMessage: (message: string | ArrayBuffer) => bridge.rpc.send(message),
      onMessage: { addListener: (listener: (data: unknown) => void) => bridge.rpc.onMessage(listener) },
      onDisconnect: { addListener: () => {} },
    },
  });
}

function signOut(reason: string | null): void {
  sessionStorage.removeItem(sessionItem);
  useConnection.setState({ state: 'signed-out', reason });
}

/** Exchanges the start key for a session. The reason of a refusal is in the connection store. */
export async function signIn(key: string): Promise<void> {
  try {
    const response = await postKey(key.trim());
    if (!response.ok) {
      // A reload of a page whose key was used up already still has its session.
      if (sessionValue()) openSocket(0);
      else signOut('That key was not accepted. Keys work once, for a short time; start Stowage again for a new one.');
      return;
    }
    const body = (await response.json()) as { session: string };
    // Keeping it waits for the browser; the way is opened meanwhile.
    openSocket(0, body.session);
    sessionStorage.setItem(sessionItem, body.session);
  } catch {
    signOut('Stowage does not answer at this address. Is it still running?');
  }
}

/** Tried again a few times: a browser breaks off what is on its way when a network comes or goes. */
async function postKey(key: string, tries = 3): Promise<Response> {
  try {
    return await fetch(browserHost.sessionPath, { method: 'POST', headers: { [browserHost.keyHeader]: key } });
  } catch (error) {
    if (tries <= 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return postKey(key, tries - 1);
  }
}

/** A start key, or a whole address that carries one. */
export function keyFrom(text: string): string {
  const match = new RegExp(`[#&]${browserHost.fragment}=([^&\\s]+)`).exec(text);
  return match?.[1] ? decodeURIComponent(match[1]) : text.trim();
}

function openSocket(attempt: number, session = sessionValue()): void {
  if (!session) {
    signOut(null);
    return;
  }
  const address = new URL(browserHost.rpcPath, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address, [browserHost.rpcProtocol, session]);
  socket.binaryType = 'arraybuffer';
  let opened = false;
  socket.addEventListener('open', () => {
    opened = true;
    becomeReady(new WebSocketLink({ websocket: socket }));
  });
  socket.addEventListener('close', () => {
    link = null;
    void reopen(opened ? 0 : attempt + 1);
  });
}

async function reopen(attempt: number): Promise<void> {
  useConnection.setState((before) => ({ state: before.epoch > 0 ? 'reconnecting' : 'connecting' }));
  if (attempt >= 2 && (await hostAnswers())) {
    signOut('This window is no longer signed in. Stowage was started anew or the sign-in ended.');
    return;
  }
  // Tried for about four seconds.
  if (attempt === 4) useConnection.setState({ reason: 'Stowage does not answer. Is it still running?' });
  setTimeout(() => openSocket(attempt), retryDelays[Math.min(attempt, retryDelays.length - 1)]);
}

/** A handshake tells no reason; a host that answers HTTP but refuses the socket no longer knows the session. */
async function hostAnswers(): Promise<boolean> {
  try {
    await fetch(browserHost.sessionPath, { method: 'POST' });
    return true;
  } catch {
    return false;
  }
}
