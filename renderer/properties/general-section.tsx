import { formatAddress } from '#shared/address.ts';
import type { Entry } from '#shared/contract/files.ts';
import type { FileProperties } from '#shared/contract/properties.ts';
import { visible } from '#shared/paths.ts';
import { describeKind } from '../explorer/kinds.ts';
import { formatBytes, formatExactTime } from '../ui/format.ts';
import { Fact, FactList, SizeFacts } from './facts.tsx';
import type { Counting } from './use-statistics.ts';

interface GeneralSectionProps {
  readonly vfolder: string;
  readonly entry: Entry;
  /** Null while it is asked for. */
  readonly found: FileProperties | null;
  readonly counting: Counting;
}

/** The facts of one file or folder, those of the host when they have come. */
export function GeneralSection({ vfolder, entry, found, counting }: GeneralSectionProps) {
  const { modified, tier } = found?.entry ?? entry;
  const etag = found?.entry.etag;
  const time = (term: string, at: number | null | undefined) =>
    at == null ? null : <Fact term={term}>{formatExactTime(at)}</Fact>;
  const address = formatAddress(vfolder, entry.path);
  return (
    <FactList>
      <Fact term="Kind">{describeKind(entry)}</Fact>
      <Fact term="Address" mono copy={address}>
        {visible(address)}
      </Fact>
      {entry.linkTarget !== undefined && (
        <Fact term="Points to" mono>
          {visible(entry.linkTarget)}
        </Fact>
      )}
      <SizeFacts counting={counting} containers={entry.kind === 'directory'} />
      {time('Modified', modified)}
      {time('Created', found?.created)}
      {time('Last opened', found?.accessed)}
      {found?.headers.contentType && <Fact term="Content type">{visible(found.headers.contentType)}</Fact>}
      {tier !== undefined && <Fact term="Tier">{visible(tier)}</Fact>}
      {found?.md5 && (
        <Fact term="MD5" mono copy={found.md5}>
          {found.md5}
        </Fact>
      )}
      {found?.md5OfParts && (
        <Fact term="MD5 of parts" mono copy={found.md5OfParts.md5}>
          {found.md5OfParts.md5} ({formatBytes(found.md5OfParts.partBytes)} each)
        </Fact>
      )}
      {etag !== undefined && (
        <Fact term="ETag" mono copy={etag}>
          {visible(etag)}
        </Fact>
      )}
      {found?.versionId && (
        <Fact term="Version" mono copy={found.versionId}>
          {visible(found.versionId)}
        </Fact>
      )}
      {found?.local && <LocalFacts local={found.local} />}
      {found?.details.map(({ name, value }) => (
        <Fact key={name} term={visible(name)}>
          {visible(value)}
        </Fact>
      ))}
    </FactList>
  );
}

function LocalFacts({ local }: { readonly local: NonNullable<FileProperties['local']> }) {
  const { mode, uid, gid, owner, links } = local;
  return (
    <>
      <Fact term="Permissions">
        {modeWords(mode)} ({mode.toString(8).padStart(4, '0')})
      </Fact>
      <Fact term="Owner">{owner === null ? `user ${uid}, group ${gid}` : `${visible(owner)} (user ${uid}, group ${gid})`}</Fact>
      {links > 1 && <Fact term="Hard links">{links}</Fact>}
    </>
  );
}

/** `rwxr-xr-x` */
const modeWords = (mode: number): string =>
  [6, 3, 0].map((shift) => ['r', 'w', 'x'].map((letter, bit) => ((mode >> shift) & (4 >> bit) ? letter : '-')).join('')).join('');
