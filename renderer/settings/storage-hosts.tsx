import { Button, mergeClasses } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import type { Host } from '#shared/contract/hosts.ts';
import { visible } from '#shared/paths.ts';
import { goHosts } from '../app/navigation.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { openHostDialog } from '../hosts/dialog-state.ts';
import { HostBadges } from '../hosts/host-badges.tsx';
import { SecretStorageNote, useSecretStorage } from '../hosts/secret-keeping.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { plural } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { ToneIcon } from '../ui/tone-icon.tsx';
import { useSettingsStyles } from './settings-styles.ts';

/** The storage hosts in short, with the way to their page, and where their secrets are kept. */
export function StorageHosts() {
  const styles = useSettingsStyles();
  const { hosts, problem } = useHosts();
  const storage = useSecretStorage();
  return (
    <Section
      className={styles.section}
      title="Storage hosts"
      aside={
        <>
          <Button size="small" icon={<AddRegular />} onClick={() => openHostDialog({ kind: 'add' })}>
            Add a host
          </Button>
          <Button size="small" onClick={() => goHosts()}>
            Manage
          </Button>
        </>
      }
    >
      {problem && <ErrorMessage error={problem} />}
      <div className={styles.card}>
        {hosts.map((host) => (
          <HostRow key={host.id} host={host} />
        ))}
        {storage && (
          <div className={styles.row}>
            <SecretStorageNote storage={storage} />
          </div>
        )}
      </div>
    </Section>
  );
}

function HostRow({ host }: { readonly host: Host }) {
  const styles = useSettingsStyles();
  return (
    <div className={mergeClasses(styles.row, styles.top)}>
      <ToneIcon tone={host.status.state} />
      <div className={styles.words}>
        <div className={styles.name}>
          {visible(host.name)}
          <HostBadges host={host} />
        </div>
        <div className={styles.text}>{visible(host.root)}</div>
        <div className={styles.text}>
          {plural(host.vfolders.length, 'vfolder')}
          {host.status.message && ` · ${visible(host.status.message)}`}
        </div>
      </div>
      <Button size="small" appearance="subtle" aria-label={`Show ${visible(host.name)}`} onClick={() => goHosts(host.id)}>
        Show
      </Button>
    </div>
  );
}
