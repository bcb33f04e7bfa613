import { type Command, Option } from 'commander';
import { formatAddress } from '#shared/address.ts';
import {
  type FileProperties,
  headerNames,
  type Pair,
  type PairChange,
  type PropertyChange,
  type SharePermission,
  sharePermissionSchema,
} from '#shared/contract/properties.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { headerWords } from '#shared/properties/rules.ts';
import type { Act, Context } from './act.ts';
import { parseVfolderOperand } from './operands.ts';
import { size, time } from './output.ts';

/** `stowage stat|set|share`: what is known of a file beside its content. */
export function addPropertyCommands(program: Command, act: Act): void {
  program
    .command('stat <address>')
    .description('properties of a file or folder: sums, content type, metadata, tags, tier, addresses')
    .action(
      act(async ({ client, output }, address: string) => {
        const { vfolder, path } = parseVfolderOperand(address);
        output.result(await client.files.properties({ vfolder, path }), (found) => describe(found, formatAddress(vfolder, path)));
      }),
    );
  program
    .command('set <address>')
    .description('changes properties of a file; what is not named stays as it is, and an empty value takes a header away')
    .option('--content-type <type>', 'as text/csv')
    .option('--content-encoding <encoding>', 'as gzip')
    .option('--content-language <language>', 'as en')
    .option('--content-disposition <text>', 'as attachment; filename="a.csv"')
    .option('--cache-control <text>', 'as max-age=3600')
    .option('--metadata <name=value>', 'sets metadata; may be given several times', collect, [])
    .option('--remove-metadata <name>', 'takes metadata away; may be given several times', collect, [])
    .option('--tag <name=value>', 'sets a tag; may be given several times', collect, [])
    .option('--remove-tag <name>', 'takes a tag away; may be given several times', collect, [])
    .option('--tier <tier>', 'tier or storage class')
    .action(act(setProperties));
  program
    .command('share <address>')
    .description('prints a URL by which anybody can use a file until it expires')
    .option('--expires <when>', 'after 30m, 1h, 7d, or at a date as 2030-05-01T12:00Z', '1h')
    .addOption(
      new Option('--permission <letters>', 'r read, w write, d delete').choices(sharePermissionSchema.options).default('r'),
    )
    .action(act(share));
}

const collect = (value: string, before: string[]): string[] => [...before, value];

interface SetOptions {
  contentType?: string;
  contentEncoding?: string;
  contentLanguage?: string;
  contentDisposition?: string;
  cacheControl?: string;
  metadata: string[];
  removeMetadata: string[];
  tag: string[];
  removeTag: string[];
  tier?: string;
}

async function setProperties({ client, output }: Context, address: string, options: SetOptions): Promise<void> {
  const { vfolder, path } = parseVfolderOperand(address);
  const change = changeOf(options);
  const { entry } = await client.files.properties({ vfolder, path });
  const after = await client.files.setProperties({ vfolder, path, etag: entry.etag ?? '', change });
  output.result(after, (found) => describe(found, formatAddress(vfolder, path)));
}

/** @throws `bad-request` when nothing is to be changed */
function changeOf(options: SetOptions): PropertyChange {
  const headers = headerNames.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [[name, value || null] as const];
  });
  const metadata = pairChanges(options.metadata, options.removeMetadata);
  const tags = pairChanges(options.tag, options.removeTag);
  if (headers.length + metadata.length + tags.length === 0 && options.tier === undefined) {
    throw new StowageError('bad-request', 'Nothing is to be changed.', { hint: 'See: stowage help set' });
  }
  return {
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(metadata.length > 0 && { metadata }),
    ...(tags.length > 0 && { tags }),
    ...(options.tier !== undefined && { tier: options.tier }),
  };
}

function pairChanges(set: readonly string[], remove: readonly string[]): PairChange[] {
  const pairs = set.map((text) => {
    const cut = text.indexOf('=');
    if (cut > 0) return { name: text.slice(0, cut), value: text.slice(cut + 1) };
    throw new StowageError('bad-request', `“${visible(text)}” is no name=value.`, { subject: text });
  });
  return [...pairs, ...remove.map((name) => ({ name, value: null }))];
}

async function share(
  { client, output }: Context,
  address: string,
  options: { expires: string; permission: SharePermission },
): Promise<void> {
  const { vfolder, path } = parseVfolderOperand(address);
  const expiresAt = expiryOf(options.expires, Date.now());
  const made = await client.files.shareUrl({ vfolder, path, expiresAt, permission: options.permission });
  output.result(made, ({ url }) => url);
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** The moment that `1h`, `7d` or a date means. @throws `bad-request` */
export function expiryOf(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text.trim()) ?? [];
  if (count !== undefined) return now + Number(count) * (unitMs[unit] ?? 0);
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  throw new StowageError('bad-request', `“${visible(text)}” is no time.`, {
    subject: text,
    hint: 'Write 30m, 1h, 7d, or a date as 2030-05-01T12:00Z.',
  });
}

/** A line for each fact, the names in one column. */
function describe(found: FileProperties, address: string): string {
  const { entry, local, tags } = found;
  const facts: (readonly [string, string | null | undefined])[] = [
    ['Address', address],
    ['Kind', entry.kind],
    ['Size', entry.kind === 'file' ? `${size(entry.size)} (${entry.size} bytes)` : null],
    ['Modified', time(entry.modified)],
    ['Created', time(found.created)],
    ['Accessed', time(found.accessed)],
    ['Points to', entry.linkTarget],
    ['ETag', entry.etag],
    ['MD5', found.md5],
    ['MD5 of parts', found.md5OfParts && `${found.md5OfParts.md5}, of ${size(found.md5OfParts.partBytes)} each`],
    ['Tier', entry.tier],
    ['Version', found.versionId],
    ...headerNames.map((name) => [headerWords[name], found.headers[name]] as const),
    ['Mode', local && `${local.mode.toString(8).padStart(4, '0')}, owner ${local.owner ?? local.uid}:${local.gid}`],
    ['Links', local && local.links > 1 ? String(local.links) : null],
    ...pairFacts('Metadata', found.metadata),
    ...pairFacts('Kept', found.kept),
    ...pairFacts('Tag', tags ?? []),
    ...found.details.map(({ name, value }) => [name, value] as const),
    ...found.urls.map(({ name, value }) => [name, value] as const),
  ];
  const shown = facts.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}`).join('\n');
}

const pairFacts = (what: string, pairs: readonly Pair[]): (readonly [string, string])[] =>
  pairs.map(({ name, value }) => [what, `${name}=${value}`]);
