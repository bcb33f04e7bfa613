import { useEffect, useState } from 'react';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { client } from '../app/client.ts';
import { useVfolders } from '../app/stores/vfolders.ts';

/** At most so many suggestions are offered. */
const most = 50;

/** What of a typed address is complete, and what is still being typed. Null while it is the vfolder's name. */
export function splitTyped(text: string): { vfolder: string; folder: string; rest: string } | null {
  const match = /^([A-Za-z0-9._-]+):\/?(.*)$/s.exec(text);
  if (!match?.[1]) return null;
  const path = match[2] ?? '';
  const cut = path.lastIndexOf('/');
  return { vfolder: match[1], folder: cut < 0 ? '' : path.slice(0, cut), rest: path.slice(cut + 1) };
}

/** Vfolders whose name holds what was typed, those that begin with it first. */
export function matchVfolders(vfolders: readonly Vfolder[], typed: string): string[] {
  const wanted = typed.trim().toLowerCase();
  const names = vfolders.map((vfolder) => vfolder.name).filter((name) => name.toLowerCase().includes(wanted));
  const rank = (name: string): number => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return names
    .toSorted((one, other) => rank(one) - rank(other))
    .slice(0, most)
    .map((name) => `${name}:/`);
}

async function foldersIn(vfolder: string, path: string, signal: AbortSignal): Promise<string[]> {
  const folders: string[] = [];
  for await (const page of await client.files.list({ vfolder, path }, { signal })) {
    for (const entry of page.entries) if (entry.kind === 'directory') folders.push(`${vfolder}:/${entry.path}`);
    if (folders.length > 1000) break;
  }
  return folders.sort();
}

/** Addresses that complete what is typed: vfolders, then the folders inside the one that is named. Asks only while `active`. */
export function useAddressSuggestions(text: string, active: boolean): readonly string[] {
  const vfolders = useVfolders((state) => state.vfolders);
  const typed = splitTyped(text);
  const vfolder = typed?.vfolder ?? null;
  const folder = typed?.folder ?? '';
  const known = vfolder !== null && vfolders.some((one) => one.name === vfolder);
  const [found, setFound] = useState<{ readonly for: string; readonly folders: readonly string[] }>({ for: '', folders: [] });
  const wanted = known ? `${vfolder}:/${folder}` : '';
  useEffect(() => {
    if (!active || wanted === '' || vfolder === null) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      foldersIn(vfolder, folder, abort.signal)
        .then((folders) => setFound({ for: wanted, folders }))
        // A folder that is not there has nothing to suggest; the plan says what is wrong with it.
        .catch(() => setFound({ for: wanted, folders: [] }));
    }, 100);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [active, wanted, vfolder, folder]);
  if (!typed) return matchVfolders(vfolders, text);
  const rest = typed.rest.toLowerCase();
  const within = found.for === wanted ? found.folders : [];
  return within
    .filter((address) =>
      address
        .slice(address.lastIndexOf('/') + 1)
        .toLowerCase()
        .startsWith(rest),
    )
    .slice(0, most);
}
