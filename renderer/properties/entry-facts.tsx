import { makeStyles, Spinner, tokens } from '@fluentui/react-components';
import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { Fact, FactList } from './facts.tsx';
import { useProperties } from './use-properties.ts';

const useStyles = makeStyles({
  note: { color: tokens.colorNeutralForeground3, overflowWrap: 'anywhere' },
});

const shownPairs = 5;

/** What the host knows of a file, in short: content type, sums, tier, metadata, tags. For panes beside other things. */
export function EntryFacts({ vfolder, entry }: { readonly vfolder: string; readonly entry: Pick<Entry, 'path'> }) {
  const styles = useStyles();
  const { found, error } = useProperties(vfolder, entry.path);
  if (error) return <div className={styles.note}>{visible(error.message)}</div>;
  if (!found) return <Spinner size="tiny" label="Looking at its properties" />;
  const { headers, md5, metadata, tags } = found;
  const { etag, tier } = found.entry;
  const pairs = [...metadata, ...(tags ?? []).map(({ name, value }) => ({ name: `${name} (tag)`, value }))];
  return (
    <FactList>
      {headers.contentType && <Fact term="Content type">{visible(headers.contentType)}</Fact>}
      {tier !== undefined && <Fact term="Tier">{visible(tier)}</Fact>}
      {md5 !== null && (
        <Fact term="MD5" mono copy={md5}>
          {md5}
        </Fact>
      )}
      {etag !== undefined && etag !== md5 && (
        <Fact term="ETag" mono copy={etag}>
          {visible(etag)}
        </Fact>
      )}
      {pairs.slice(0, shownPairs).map(({ name, value }) => (
        <Fact key={name} term={visible(name)}>
          {visible(value)}
        </Fact>
      ))}
      {pairs.length > shownPairs && <Fact term="Metadata">{pairs.length - shownPairs} more in its properties</Fact>}
    </FactList>
  );
}
