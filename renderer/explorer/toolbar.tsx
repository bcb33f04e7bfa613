import { Button, makeStyles, Tooltip, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular, ArrowRightRegular, ArrowUpRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { AddressBar } from './address-bar.tsx';
import { type Location, parentLocation } from './location.ts';
import { activeTab, goBack, goForward, navigate, useTabs } from './tabs.ts';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    gap: '6px',
    height: '42px',
    padding: '0 8px',
    flexShrink: 0,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  history: { display: 'flex' },
});

/** Back, forward, up, the address, and what the view adds. */
export function Toolbar({ location, children }: { readonly location: Location; readonly children?: ReactNode }) {
  const styles = useStyles();
  const tab = useTabs(activeTab);
  const up = parentLocation(location);
  return (
    <div className={styles.bar}>
      <div className={styles.history}>
        <Tooltip content="Back (Alt+Left)" relationship="label">
          <Button size="small" appearance="subtle" icon={<ArrowLeftRegular />} disabled={tab.index === 0} onClick={goBack} />
        </Tooltip>
        <Tooltip content="Forward (Alt+Right)" relationship="label">
          <Button
            size="small"
            appearance="subtle"
            icon={<ArrowRightRegular />}
            disabled={tab.index >= tab.history.length - 1}
            onClick={goForward}
          />
        </Tooltip>
        <Tooltip content="Up (Alt+Up)" relationship="label">
          <Button
            size="small"
            appearance="subtle"
            icon={<ArrowUpRegular />}
            disabled={up === null}
            onClick={() => up && navigate(up)}
          />
        </Tooltip>
      </div>
      <AddressBar location={location} />
      {children}
    </div>
  );
}
