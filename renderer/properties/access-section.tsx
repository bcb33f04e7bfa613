import { makeStyles, tokens } from '@fluentui/react-components';
import { formatAddress } from '#shared/address.ts';
import type { FileProperties } from '#shared/contract/properties.ts';
import { visible } from '#shared/paths.ts';
import { Section } from '../ui/section.tsx';
import { Fact, FactList } from './facts.tsx';
import { ShareForm } from './share-form.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: '16px' },
  note: { color: tokens.colorNeutralForeground3 },
});

/** Where something is found, and how others get to it. */
export function AccessSection({ vfolder, found }: { readonly vfolder: string; readonly found: FileProperties }) {
  const styles = useStyles();
  const { entry, urls, share } = found;
  const address = formatAddress(vfolder, entry.path);
  return (
    <div className={styles.root}>
      <Section title="Addresses">
        <FactList>
          <Fact term="Address" mono copy={address}>
            {visible(address)}
          </Fact>
          {urls.map(({ name, value }) => (
            <Fact key={name} term={name} mono copy={value}>
              {visible(value)}
            </Fact>
          ))}
        </FactList>
      </Section>
      <Section title="Share by a URL">
        {'refusal' in share ? (
          <div className={styles.note}>{visible(share.refusal)}</div>
        ) : (
          <ShareForm vfolder={vfolder} path={entry.path} offer={share} />
        )}
      </Section>
    </div>
  );
}
