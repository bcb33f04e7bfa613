/** Channels between preload and main. The contract itself goes through `rpc` as the RPC library's own messages. */
export const channels = {
  rpc: 'stowage:rpc',
  /** The page took messages of this length in all: more may come. */
  rpcTaken: 'stowage:rpc-taken',
  chooseFiles: 'stowage:choose-files',
  chooseFolder: 'stowage:choose-folder',
  showInFolder: 'stowage:show-in-folder',
  openExternal: 'stowage:open-external',
  openPrepared: 'stowage:open-prepared',
  startDrag: 'stowage:start-drag',
  setProgress: 'stowage:set-progress',
  menu: 'stowage:menu',
} as const;
