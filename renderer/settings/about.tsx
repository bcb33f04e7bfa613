import { useEffect, useState } from 'react';
import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { Section } from '../ui/section.tsx';
import { reportError } from '../ui/toasts.tsx';
import { useSettingsStyles } from './settings-styles.ts';

type Info = Awaited<ReturnType<typeof client.app.info>>;
const shellNames: Record<Info['shell'], string> = { electron: 'Desktop app', browser: 'Browser', cli: 'Command line' };

/** Version, data directory and shell. */
export function About() {
  const styles = useSettingsStyles();
  const [info, setInfo] = useState<Info | null>(null);
  useEffect(() => {
    client.app.info().then(setInfo, (error: unknown) => reportError(error, 'About this program nothing could be read.'));
  }, []);
  const rows: readonly [string, string][] = info
    ? [
        ['Version', info.version],
        ['Data directory', info.home],
        ['Opened in', shellNames[info.shell]],
        ['System', info.platform],
        ['User', info.user],
      ]
    : [];
  return (
    <Section className={styles.section} title="About Stowage">
      <div className={styles.card}>
        {rows.map(([name, value]) => (
          <div key={name} className={styles.row}>
            <span className={styles.label}>{name}</span>
            <span className={styles.value}>{visible(value)}</span>
          </div>
        ))}
      </div>
    </Section>
  );
}
