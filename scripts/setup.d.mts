/** Builds the app into `out/`, unless what is there was made from these sources. */
export function ensureBuilt(log?: (message: string) => void): Promise<void>;
