/** What the Electron shell gives the renderer as `window.stowageDesktop`; absent in the browser host. */
export interface DesktopBridge {
  /** The transport of the contract: messages of the RPC library, as they are. */
  readonly rpc: {
    send(message: string | ArrayBuffer): void;
    onMessage(listener: (message: string | ArrayBuffer) => void): void;
  };
  /** Path on this machine of a dropped or chosen DOM `File`; '' when it has none. */
  pathOf(file: object): string;
  /** Native open dialog; absolute paths, none when cancelled. */
  chooseFiles(options: { folders: boolean; title: string }): Promise<string[]>;
  /** Native dialog for one folder of this machine, e.g. the destination of a download; null when cancelled. */
  chooseFolder(options: { title: string }): Promise<string | null>;
  /** Shows a file of this machine in its file manager. */
  showInFolder(path: string): Promise<void>;
  /** Opens what the core made ready in its default program, or shows it in the file manager; a ticket of `edits.open`. */
  openPrepared(ticket: string): Promise<void>;
  /** Begins the system's drag of what the core made ready, while a mouse button is held; a ticket of `edits.drag`. */
  startDrag(ticket: string): Promise<void>;
  /** Opens an https link that the user clicked in the default browser. */
  openExternal(url: string): Promise<void>;
  /** Progress on the window's taskbar or dock icon, 0–1; null: none. */
  setProgress(fraction: number | null): void;
  /** Choices from the application menu. */
  onMenu(listener: (command: MenuCommand) => void): void;
}

export type MenuCommand = 'new-vfolder' | 'upload' | 'launch' | 'files' | 'jobs' | 'settings' | 'palette' | 'toggle-transfers';

/** Names used between the browser host and its page. */
export const browserHost = {
  /** `#key=…` in the page's address carries the start key once; fragments are neither sent nor logged. */
  fragment: 'key',
  /** POST with the header `x-stowage-key`; answers `{ session: string }` and sets an HttpOnly cookie. */
  sessionPath: '/session',
  keyHeader: 'x-stowage-key',
  /** Sent with every request but downloads, beside the cookie. */
  sessionHeader: 'x-stowage-session',
  /** WebSocket; sub-protocols `stowage` and the session value. */
  rpcPath: '/rpc',
  rpcProtocol: 'stowage',
  /** PUT `/body/transfers/ID/SEQ?offset=N` with the raw bytes; answers `{ done: number }` or an error as JSON. */
  bodyPath: '/body/transfers',
  /** GET `/download/TICKET`: one time, with the cookie. */
  downloadPath: '/download',
  /** GET `/preview/TICKET`, also with ranges and as often as wanted: the browser host with the cookie, Electron on its own scheme. */
  previewPath: '/preview',
} as const;
