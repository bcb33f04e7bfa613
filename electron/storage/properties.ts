import type {
  Editable,
  FileProperties,
  HeaderName,
  Pair,
  PairRules,
  PropertyChange,
  SharePermission,
  Sharing,
} from '#shared/contract/properties.ts';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import {
  headerProblem,
  headerWords,
  isHeaderName,
  isKept,
  mergePairs,
  pairProblem,
  pairsProblem,
} from '#shared/properties/rules.ts';
import type { CallOptions, StorageEntry } from './provider.ts';

/** What a host knows of a file or folder beside its content. What is absent, it does not know or have. */
export interface HostProperties {
  readonly entry: StorageEntry;
  readonly headers?: Readonly<Partial<Record<HeaderName, string>>>;
  /** All of it, with what programs keep there. */
  readonly metadata?: readonly Pair[];
  /** Absent too where the credentials may not see them. */
  readonly tags?: readonly Pair[];
  readonly created?: number | null;
  readonly accessed?: number | null;
  readonly versionId?: string | null;
  readonly local?: FileProperties['local'];
  readonly details?: readonly Pair[];
  /** Addresses without any authorisation. */
  readonly urls?: readonly Pair[];
  readonly edit: Editable | Refusal;
  readonly share: Sharing | Refusal;
}

/** Why something is not offered, as a sentence. */
export interface Refusal {
  readonly refusal: string;
}
export const isRefusal = (offer: object): offer is Refusal => 'refusal' in offer;

export interface PropertiesCapable {
  /** Of a file, a folder or a symlink as such. @throws `not-found` */
  properties(path: InnerPath, options?: CallOptions): Promise<HostProperties>;
}

export interface EditPropertiesCapable extends PropertiesCapable {
  /**
   * Changes properties of the file that still has this etag; what is not named stays as it is, so does the modification
   * time, and the content keeps a sum that can be verified. A host may need several steps, each of which is whole: when
   * one fails, those before it stay. Gives what is there now.
   * @throws `not-found`, `is-a-directory`, `precondition-failed`, `bad-request` for what the host does not take,
   * `unsupported` for what it cannot do to this file
   */
  setProperties(path: InnerPath, change: PropertyChange, options: EditOptions): Promise<HostProperties>;
}
export interface EditOptions extends CallOptions {
  readonly etag: string;
}

export interface ShareUrlCapable {
  /**
   * Signs a URL for a file, which is good until `expiresAt` for whoever has it. It is never logged or stored.
   * @throws `not-found`, `is-a-directory`, `bad-request` for a permission or a time that the host cannot promise
   */
  shareUrl(path: InnerPath, share: Share, options?: CallOptions): Promise<string>;
}
export interface Share {
  readonly expiresAt: number;
  readonly permission: SharePermission;
}

/** What is to be there after a change: null where nothing of the kind is changed. */
export interface Wanted {
  readonly headers: Readonly<Partial<Record<HeaderName, string>>> | null;
  readonly metadata: readonly Pair[] | null;
  readonly tags: readonly Pair[] | null;
  readonly tier: string | null;
}

/**
 * Holds a change to what can be edited, and gives what is to be there after it.
 * @throws `bad-request` naming what is wrong, `unsupported`
 */
export function applyChange(before: HostProperties, change: PropertyChange): Wanted {
  const { entry, edit } = before;
  const { path } = entry;
  if (isRefusal(edit)) throw new StowageError('unsupported', edit.refusal, { subject: path });
  return {
    headers: change.headers ? wantedHeaders(before, change.headers, edit) : null,
    metadata: change.metadata ? wantedPairs('metadata', before, change.metadata, edit.metadata) : null,
    tags: change.tags ? wantedPairs('tags', before, change.tags, edit.tags) : null,
    tier: change.tier === undefined || change.tier === entry.tier ? null : wantedTier(path, change.tier, edit),
  };
}

const refused = (path: InnerPath, what: string, problem: string): StowageError =>
  new StowageError('bad-request', `“${visible(path)}” cannot have this ${what}: ${lowerFirst(problem)}`, { subject: path });

const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

function wantedHeaders(
  { entry, headers = {} }: HostProperties,
  change: NonNullable<PropertyChange['headers']>,
  edit: Editable,
): Wanted['headers'] {
  const wanted: Partial<Record<HeaderName, string>> = { ...headers };
  for (const [name, value] of Object.entries(change)) {
    if (!isHeaderName(name) || value === undefined) continue;
    if (!edit.headers.includes(name)) throw refused(entry.path, headerWords[name].toLowerCase(), 'the host does not keep one.');
    const problem = headerProblem(name, value ?? '');
    if (problem) throw refused(entry.path, headerWords[name].toLowerCase(), problem);
    if (value) wanted[name] = value;
    else delete wanted[name];
  }
  return wanted;
}

function wantedPairs(
  what: 'metadata' | 'tags',
  { entry, [what]: there = [] }: HostProperties,
  change: NonNullable<PropertyChange['metadata']>,
  rules: PairRules | null,
): readonly Pair[] {
  if (!rules)
    throw new StowageError('unsupported', `This host keeps no ${what} for “${visible(entry.path)}”.`, { subject: entry.path });
  for (const { name, value } of change) {
    const wrong = value === null ? removalProblem(name, what) : pairProblem({ name, value }, rules);
    if (wrong) throw refused(entry.path, `${what === 'tags' ? 'tag' : what} “${visible(name)}”`, wrong.problem);
  }
  const wanted = mergePairs(there, change, rules);
  const problem = pairsProblem(wanted, rules);
  if (problem) throw refused(entry.path, what, problem);
  return wanted;
}

/** Whatever is there can be taken away, except what is kept for the file itself. */
const removalProblem = (name: string, what: 'metadata' | 'tags'): { problem: string } | null =>
  what === 'metadata' && isKept(name) ? { problem: 'it is kept for the file itself.' } : null;

function wantedTier(path: InnerPath, tier: string, { tiers }: Editable): string {
  const known = tiers.find((one) => one.toLowerCase() === tier.toLowerCase());
  if (known !== undefined) return known;
  const there = tiers.length === 0 ? 'the host has no tiers.' : `tiers here are ${tiers.join(', ')}.`;
  throw refused(path, `tier “${visible(tier)}”`, there);
}

/** @throws `bad-request` for a time that is over or too far, or a permission that is not offered; `unsupported` */
export function checkShare(path: InnerPath, { expiresAt, permission }: Share, offer: Sharing | Refusal, now = Date.now()): void {
  if (isRefusal(offer)) throw new StowageError('unsupported', offer.refusal, { subject: path });
  const refuse = (message: string, hint: string): never => {
    throw new StowageError('bad-request', message, { subject: path, hint });
  };
  if (!offer.permissions.includes(permission))
    refuse(`A URL of this host cannot allow “${permission}”.`, `It can allow one of: ${offer.permissions.join(', ')}.`);
  if (!(expiresAt > now)) refuse('The URL would have expired already.', 'Choose a time that is still to come.');
  if (expiresAt > maxDate) refuse('The expiry is too far away.', 'Choose a year with four digits.');
  // A moment for the way from the screen to here.
  if (offer.longestMs !== null && expiresAt - now > offer.longestMs + 60_000) {
    const days = Math.round(offer.longestMs / 86_400_000);
    refuse(`A URL of this host is good for ${days} days at most: the service allows no more.`, `Choose ${days} days or less.`);
  }
}

/** The last moment that is written with a year of four digits. */
const maxDate = Date.parse('9999-12-31T00:00:00Z');

/** @throws `precondition-failed`, `is-a-directory` */
export function checkEdited(entry: StorageEntry, etag: string): void {
  const { path } = entry;
  if (entry.kind !== 'file') throw new StowageError('is-a-directory', `“${visible(path) || '/'}” is no file.`, { subject: path });
  if (entry.etag === etag) return;
  throw new StowageError('precondition-failed', `“${visible(path)}” has changed since it was looked at.`, {
    subject: path,
    hint: 'Look at its properties again, then change them.',
  });
}
