import { randomBytes } from 'node:crypto';
import { StowageError } from '#shared/errors.ts';

/** What the desktop shell may do with which files of this machine. */
export interface Handover {
  readonly what: 'drag' | 'open' | 'show';
  /** Absolute, and looked at by the core. */
  readonly paths: readonly string[];
}

/** Between the core, which knows paths, and the shell, which hands files to other programs: a page carries tickets only. */
export interface Handovers {
  give(handover: Handover): string;
  /** @throws `not-found` for an unknown, used or expired ticket, or one for something else */
  take(ticket: string, ...what: Handover['what'][]): Handover;
}

const lifetimeMs = 60_000;
const mostTickets = 100;

export function createHandovers(now: () => number = Date.now): Handovers {
  const tickets = new Map<string, { readonly handover: Handover; readonly expires: number }>();
  return {
    give: (handover) => {
      for (const [old, { expires }] of tickets) if (expires <= now() || tickets.size >= mostTickets) tickets.delete(old);
      const ticket = randomBytes(24).toString('base64url');
      tickets.set(ticket, { handover, expires: now() + lifetimeMs });
      return ticket;
    },
    take: (ticket, ...what) => {
      const found = tickets.get(ticket);
      tickets.delete(ticket);
      if (found && found.expires > now() && what.includes(found.handover.what)) return found.handover;
      throw new StowageError('not-found', 'What was made ready has been used or has expired.', { hint: 'Try again.' });
    },
  };
}
