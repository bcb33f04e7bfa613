import { randomBytes } from 'node:crypto';
import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath } from '#shared/paths.ts';
import type { Download, VfolderLookup } from '../services.ts';

/** Tickets by which the page's own elements fetch images, sound and video, with ranges and as often as they want. */
export interface MediaTickets {
  /** Bound to one version of one file; lapses 10 minutes after its last use. */
  issue(media: Omit<Ticket, 'used'>): string;
  /**
   * @throws `not-found` for an unknown or lapsed ticket, `precondition-failed` when the file changed, `bad-request` for a
   * range outside the file
   */
  open(ticket: string, range?: { start: number; end?: number }): Promise<Download>;
}

interface Ticket {
  readonly vfolder: string;
  readonly path: InnerPath;
  readonly etag: string;
  readonly size: number;
  readonly contentType: string;
  used: number;
}

const lifetimeMs = 10 * 60_000;
const maxTickets = 200;

export function createMediaTickets(lookup: VfolderLookup): MediaTickets {
  const tickets = new Map<string, Ticket>();
  const lapsed = ({ used }: Ticket): boolean => used + lifetimeMs <= Date.now();
  return {
    issue: (media) => {
      for (const [old, ticket] of tickets) if (lapsed(ticket) || tickets.size >= maxTickets) tickets.delete(old);
      const name = randomBytes(24).toString('base64url');
      tickets.set(name, { ...media, used: Date.now() });
      return name;
    },
    open: async (name, range) => {
      const ticket = tickets.get(name);
      if (!ticket || lapsed(ticket)) throw new StowageError('not-found', 'This preview has lapsed. Open it again.');
      ticket.used = Date.now();
      // The last used are the last to go.
      tickets.delete(name);
      tickets.set(name, ticket);
      const { size, contentType, etag } = ticket;
      const filename = baseName(ticket.path);
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? size - 1, size - 1);
      if (start > end) {
        throw new StowageError('bad-request', `“${filename}” has ${size} bytes; the range asked for lies outside.`, {
          subject: filename,
        });
      }
      const { provider, path } = lookup.resolve(ticket.vfolder, ticket.path);
      const { body } = await provider.read(path, { offset: start, length: end - start + 1, ...(etag && { etag }) });
      return { filename, contentType, size, range: range ? { start, end } : null, body };
    },
  };
}
