import { makeStyles, tokens } from '@fluentui/react-components';
import { type RefObject, useEffect, useRef } from 'react';
import { useNavigation } from '../app/navigation.ts';
import { About } from './about.tsx';
import { Appearance } from './appearance.tsx';
import { BakedImages } from './baked-images.tsx';
import { Cache } from './cache.tsx';
import { Dotfiles } from './dotfiles.tsx';
import { Engines } from './engines.tsx';
import { Health } from './health.tsx';
import { JobSettings } from './job-settings.tsx';
import { LinkRoots } from './link-roots.tsx';
import { StorageHosts } from './storage-hosts.tsx';
import { TransferSettings } from './transfer-settings.tsx';

const useStyles = makeStyles({
  root: { height: '100%', overflow: 'auto' },
  page: { maxWidth: '860px', padding: '0 24px 40px' },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, lineHeight: '48px' },
});

/** The parts of the page are filled one by one: until they are, or the user takes over, what was asked for stays in view. */
const settles = 1500;

function useBroughtIntoView(page: RefObject<HTMLDivElement | null>): void {
  const section = useNavigation((state) => state.settingsRequest);
  useEffect(() => {
    const part = section && document.getElementById(`settings-${section.value}`);
    if (!part || !page.current) return;
    const observer = new ResizeObserver(() => part.scrollIntoView({ block: 'start' }));
    observer.observe(page.current);
    const stop = (): void => observer.disconnect();
    const timer = setTimeout(stop, settles);
    const ends = ['wheel', 'pointerdown', 'keydown'] as const;
    for (const end of ends) window.addEventListener(end, stop, { once: true });
    return () => {
      stop();
      clearTimeout(timer);
      for (const end of ends) window.removeEventListener(end, stop);
    };
  }, [section, page]);
}

/** Appearance, engines, jobs, storage, links, dotfiles, transfers, cache and images, health, and what this is. */
export function SettingsScreen() {
  const styles = useStyles();
  const page = useRef<HTMLDivElement>(null);
  useBroughtIntoView(page);
  return (
    <div className={styles.root}>
      <div ref={page} className={styles.page}>
        <h1 className={styles.title}>Settings</h1>
        <Appearance />
        <Engines />
        <JobSettings />
        <StorageHosts />
        <LinkRoots />
        <Dotfiles />
        <TransferSettings />
        <Cache />
        <BakedImages />
        <Health />
        <About />
      </div>
    </div>
  );
}
