import { makeStyles, tokens } from '@fluentui/react-components';
import { About } from './about.tsx';
import { Appearance } from './appearance.tsx';
import { Engines } from './engines.tsx';
import { Health } from './health.tsx';
import { LinkRoots } from './link-roots.tsx';
import { StorageHosts } from './storage-hosts.tsx';
import { TransferSettings } from './transfer-settings.tsx';

const useStyles = makeStyles({
  root: { height: '100%', overflow: 'auto' },
  page: { maxWidth: '860px', padding: '0 24px 40px' },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, lineHeight: '48px' },
});

/** Appearance, engines, storage, transfers, links, health, and what this is. */
export function SettingsScreen() {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <div className={styles.page}>
        <h1 className={styles.title}>Settings</h1>
        <Appearance />
        <Engines />
        <StorageHosts />
        <LinkRoots />
        <TransferSettings />
        <Health />
        <About />
      </div>
    </div>
  );
}
