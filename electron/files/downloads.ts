import { randomBytes } from 'node:crypto';
import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, parentPath } from '#shared/paths.ts';
import type { Download, VfolderLookup } from '../services.ts';
import { packTar, type TarItem } from './tar.ts';

export interface Downloads {
  /** Makes a one-time ticket of 60 s; the places must exist. @throws `not-found`, `special-file` */
  issue(vfolder: string, paths: readonly string[]): Promise<{ ticket: string; filename: string }>;
  /**
   * Opens what a ticket stands for; the ticket is used up. `range.end` is included, as in HTTP; a range is heeded for a
   * single file only.
   * @throws `not-found` for an unknown, used or expired ticket, `bad-request` for a range outside the file
   */
  open(ticket: string, range?: { start: number; end?: number }): Promise<Download>;
}

interface Ticket {
  readonly vfolder: string;
  readonly paths: readonly InnerPath[];
  readonly filename: string;
  readonly single: boolean;
  readonly expires: number;
}

const lifetimeMs = 60_000;
const maxTickets = 1000;

export function createDownloads(lookup: VfolderLookup): Downloads {
  const tickets = new Map<string, Ticket>();
  return {
    issue: async (vfolder, paths) => {
      const places = paths.map((path) => lookup.resolve(vfolder, path));
      const first = places[0];
      if (!first) throw new StowageError('bad-request', 'Nothing was chosen to be downloaded.');
      // All are looked at, a single file is opened: a page that follows the link could not show the error.
      const kinds: string[] = [];
      for (const { provider, path } of places) kinds.push((await provider.stat(path)).kind);
      const single = places.length === 1 && kinds[0] !== 'directory';
      if (single) await (await first.provider.read(first.path, { length: 0 })).body[Symbol.asyncIterator]().return?.();
      const name = places.length === 1 && first.inner !== '' ? baseName(first.inner) : vfolder;
      const filename = single ? name : `${name}.tar`;
      const now = Date.now();
      for (const [old, { expires }] of tickets) if (expires <= now || tickets.size >= maxTickets) tickets.delete(old);
      const ticket = randomBytes(24).toString('base64url');
      tickets.set(ticket, { vfolder, paths: places.map(({ inner }) => inner), filename, single, expires: now + lifetimeMs });
      return { ticket, filename };
    },
    open: async (ticket, range) => {
      const known = tickets.get(ticket);
      tickets.delete(ticket);
      if (!known || known.expires <= Date.now()) {
        throw new StowageError('not-found', 'This download link has been used or has expired.', {
          hint: 'Start the download again.',
        });
      }
      return known.single ? openFile(lookup, known, range) : openTar(lookup, known);
    },
  };
}

async function openFile(
  lookup: VfolderLookup,
  ticket: Ticket,
  range: { start: number; end?: number } | undefined,
): Promise<Download> {
  const { provider, path } = lookup.resolve(ticket.vfolder, ticket.paths[0] ?? '');
  const whole = { filename: ticket.filename, contentType: 'application/octet-stream' };
  if (!range) {
    const { entry, body } = await provider.read(path);
    return { ...whole, size: entry.size, range: null, body };
  }
  const length = range.end === undefined ? {} : { length: Math.max(0, range.end - range.start + 1) };
  const { entry, body } = await provider.read(path, { offset: range.start, ...length });
  const end = Math.min(range.end ?? entry.size - 1, entry.size - 1);
  if (range.start < 0 || range.start > end) {
    await body[Symbol.asyncIterator]().return?.();
    throw new StowageError('bad-request', `“${ticket.filename}” has ${entry.size} bytes; the range asked for lies outside.`, {
      subject: ticket.filename,
    });
  }
  return { ...whole, size: entry.size, range: { start: range.start, end }, body };
}

function openTar(lookup: VfolderLookup, ticket: Ticket): Download {
  const base = commonFolder(ticket.paths);
  const items: TarItem[] = ticket.paths.map((inner) => {
    const { provider, path } = lookup.resolve(ticket.vfolder, inner);
    const below = base === '' ? inner : inner.slice(base.length + 1);
    return { provider, path, name: inner === '' ? ticket.vfolder : below };
  });
  return { filename: ticket.filename, contentType: 'application/x-tar', size: null, range: null, body: packTar(items) };
}

/** The deepest folder that holds all of the paths; names in the archive are relative to it. */
function commonFolder(paths: readonly InnerPath[]): string {
  let common = parentPath(paths[0] ?? ('' as InnerPath));
  for (const path of paths) {
    while (common !== '' && !path.startsWith(`${common}/`)) common = parentPath(common);
  }
  return common;
}
