import { Dialog, DialogSurface, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  BriefcaseRegular,
  ChevronRightRegular,
  DocumentSearchRegular,
  FolderRegular,
  SearchRegular,
  StarRegular,
} from '@fluentui/react-icons';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { create } from 'zustand';
import { formatAddress, parseAddress } from '#shared/address.ts';
import { baseName, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import { useAddressSuggestions } from '../explorer/address-suggestions.ts';
import { openDialog } from '../explorer/dialog-state.ts';
import { favouriteKey } from '../explorer/favourite-steps.ts';
import { useFavourites } from '../explorer/favourites.ts';
import { useFoundFiles } from '../explorer/use-found-files.ts';
import { openHostDialog } from '../hosts/dialog-state.ts';
import { setTransfersPanel } from '../transfers/panel-state.ts';
import { reportError } from '../ui/toasts.tsx';
import { client } from './client.ts';
import { type Command, useScreenCommands } from './commands.ts';
import { goCache, goFiles, goHosts, goJobs, goLaunch, goSettings } from './navigation.ts';
import { useJobs } from './stores/jobs.ts';
import { updateSettings } from './stores/settings.ts';
import { findVfolder, useVfolders } from './stores/vfolders.ts';

const usePalette = create<{ readonly open: boolean }>()(() => ({ open: false }));
export const openPalette = (): void => usePalette.setState({ open: true });
const closePalette = (): void => usePalette.setState({ open: false });

const useStyles = makeStyles({
  surface: {
    width: '600px',
    maxWidth: '90vw',
    padding: 0,
    top: '12vh',
    bottom: 'auto',
    margin: '0 auto',
    overflow: 'hidden',
    boxShadow: tokens.shadow64,
  },
  search: { display: 'flex', alignItems: 'center', gap: '10px', padding: '0 14px', height: '46px', fontSize: '18px' },
  input: {
    flexGrow: 1,
    border: 'none',
    outline: 'none',
    background: 'transparent',
    color: tokens.colorNeutralForeground1,
    fontFamily: 'inherit',
    fontSize: tokens.fontSizeBase400,
    '::placeholder': { color: tokens.colorNeutralForeground3, opacity: 1 },
  },
  list: {
    maxHeight: '52vh',
    overflowY: 'auto',
    margin: 0,
    padding: '6px',
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  option: {
    display: 'flex',
    alignItems: 'center',
    gap: '10px',
    height: '32px',
    padding: '0 10px',
    borderRadius: tokens.borderRadiusMedium,
    cursor: 'pointer',
  },
  active: { backgroundColor: tokens.colorSubtleBackgroundSelected },
  icon: { display: 'flex', fontSize: '16px', color: tokens.colorNeutralForeground3 },
  label: { flexGrow: 1, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  hint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  none: { padding: '14px', color: tokens.colorNeutralForeground3, textAlign: 'center' },
});

interface Choice extends Command {
  readonly icon: ReactNode;
}

const general: readonly Command[] = [
  { id: 'go-files', label: 'Go to Files', hint: 'Ctrl+1', run: () => goFiles() },
  { id: 'go-launch', label: 'Go to Launch', hint: 'Ctrl+2', run: () => goLaunch() },
  { id: 'new-job', label: 'New job', run: () => goLaunch({}) },
  { id: 'go-jobs', label: 'Go to Jobs', hint: 'Ctrl+3', run: () => goJobs() },
  { id: 'go-settings', label: 'Go to Settings', hint: 'Ctrl+4', run: goSettings },
  {
    id: 'new-vfolder',
    label: 'New vfolder…',
    run: () => {
      goFiles();
      openDialog({ kind: 'create-vfolder' });
    },
  },
  { id: 'hosts', label: 'Go to the storage hosts', run: () => goHosts() },
  { id: 'add-host', label: 'Add a storage host…', run: () => openHostDialog({ kind: 'add' }) },
  { id: 'show-cache', label: 'Show the cache', run: goCache },
  { id: 'show-transfers', label: 'Show transfers', hint: 'Ctrl+J', run: () => setTransfersPanel(true) },
  {
    id: 'sample',
    label: 'Try the sample job',
    run: () =>
      void client.app
        .sample()
        .then(({ spec }) => goLaunch(spec))
        .catch(reportError),
  },
  ...(['light', 'dark', 'contrast', 'system'] as const).map((theme) => ({
    id: `theme-${theme}`,
    label: `Theme: ${theme === 'contrast' ? 'high contrast' : theme === 'system' ? 'as the system' : theme}`,
    run: () => void updateSettings({ theme }).catch(reportError),
  })),
];

/** Opens a folder, or the folder of a file with the file selected. */
export async function goToAddress(text: string): Promise<void> {
  const { vfolder, path } = parseAddress(text.trim());
  const entry = path === '' ? null : await client.files.stat({ vfolder, path });
  if (entry && entry.kind !== 'directory') goFiles({ vfolder, path: parentPath(path), select: baseName(path) });
  else goFiles({ vfolder, path });
}

const openChoice = (address: string): Choice => ({
  id: `open-${address}`,
  label: `Open ${visible(address)}`,
  icon: <ChevronRightRegular />,
  run: () => void goToAddress(address).catch(reportError),
});

/** What completes an address is offered below the address itself; so many at most. */
const mostCompletions = 12;

function addressChoice(query: string): Choice[] {
  try {
    const { vfolder, path } = parseAddress(query.trim());
    if (!findVfolder(vfolder) || (path === '' && !query.includes(':'))) return [];
    return [openChoice(formatAddress(vfolder, path))];
  } catch {
    return [];
  }
}

/** Every word of the query somewhere in the label. */
const matches = (label: string, words: readonly string[]): boolean => words.every((word) => label.toLowerCase().includes(word));

function useChoices(query: string): Choice[] {
  const vfolders = useVfolders((state) => state.vfolders);
  const jobs = useJobs((state) => state.jobs);
  const groups = useScreenCommands((state) => state.groups);
  const favourites = useFavourites();
  const completions = useAddressSuggestions(query, { active: query.includes(':'), files: true });
  const found = useFoundFiles(query);
  return useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const all: Choice[] = [
      ...Object.values(groups)
        .flat()
        .map((command) => ({ ...command, icon: <ChevronRightRegular /> })),
      ...general.map((command) => ({ ...command, icon: <ChevronRightRegular /> })),
      ...favourites
        .filter(({ missing }) => !missing)
        .map(({ favourite, label, vfolder }) => ({
          id: `favourite-${favouriteKey(favourite)}`,
          label,
          hint: favourite.path === '' ? 'favourite' : `favourite in ${vfolder}`,
          icon: <StarRegular />,
          run: () => goFiles({ vfolder, path: favourite.path }),
        })),
      ...vfolders.map((vfolder) => ({
        id: `vfolder-${vfolder.id}`,
        label: vfolder.name,
        hint: 'vfolder',
        icon: <FolderRegular />,
        run: () => goFiles({ vfolder: vfolder.name, path: '' }),
      })),
      ...jobs.slice(0, 30).map((job) => ({
        id: `job-${job.id}`,
        label: job.name,
        hint: `job ${job.id} · ${job.state}`,
        icon: <BriefcaseRegular />,
        run: () => goJobs(job.id),
      })),
    ];
    const typed = addressChoice(query);
    const completed = query.includes(':')
      ? completions
          .slice(0, mostCompletions)
          .map(openChoice)
          .filter(({ id }) => typed.every((one) => one.id !== id))
      : [];
    const files = found.map(({ vfolder, path, name }) => ({
      ...openChoice(formatAddress(vfolder, path)),
      label: name,
      hint: visible(formatAddress(vfolder, parentPath(parseInnerPath(path)))),
      icon: <DocumentSearchRegular />,
    }));
    const named = all.filter((choice) => matches(`${choice.label} ${choice.hint ?? ''}`, words)).slice(0, 60);
    return [...typed, ...completed, ...named, ...files];
  }, [query, favourites, vfolders, jobs, groups, completions, found]);
}

/** Ctrl/Cmd+K: every action, every vfolder, recent jobs and any address. */
export function CommandPalette() {
  const styles = useStyles();
  const open = usePalette((state) => state.open);
  return (
    <Dialog open={open} onOpenChange={(_, data) => usePalette.setState({ open: data.open })}>
      <DialogSurface className={styles.surface} aria-label="Command palette">
        {open && <PaletteBody />}
      </DialogSurface>
    </Dialog>
  );
}

function PaletteBody() {
  const styles = useStyles();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const choices = useChoices(query);
  const current = Math.min(active, Math.max(0, choices.length - 1));
  useEffect(() => {
    list.current?.querySelector(`[data-index="${current}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const run = (choice: Choice | undefined): void => {
    if (!choice) return;
    closePalette();
    // After the dialog gave the focus back, so that a dialog opened by the command keeps it.
    setTimeout(choice.run, 0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setActive((current + 1) % Math.max(1, choices.length));
    else if (event.key === 'ArrowUp') setActive((current - 1 + choices.length) % Math.max(1, choices.length));
    else if (event.key === 'Enter') run(choices[current]);
    else return;
    event.preventDefault();
  };
  return (
    <div>
      <div className={styles.search}>
        <SearchRegular aria-hidden />
        <input
          className={styles.input}
          role="combobox"
          aria-expanded
          aria-controls="palette-list"
          aria-activedescendant={choices.length > 0 ? `palette-${current}` : undefined}
          aria-label="Command, vfolder, job or address"
          placeholder="Type a command, vfolder, job or name:/path"
          value={query}
          // biome-ignore lint/a11y/noAutofocus: the palette was asked for in order to type into it
          autoFocus
          spellCheck={false}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className={styles.list} id="palette-list" role="listbox" aria-label="Choices" ref={list} tabIndex={-1}>
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard works through the combobox above
          <div
            key={choice.id}
            id={`palette-${index}`}
            data-index={index}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={mergeClasses(styles.option, index === current && styles.active)}
            onMouseMove={() => setActive(index)}
            onClick={() => run(choice)}
          >
            <span className={styles.icon} aria-hidden>
              {choice.icon}
            </span>
            <span className={styles.label}>{visible(choice.label)}</span>
            {choice.hint && <span className={styles.hint}>{choice.hint}</span>}
          </div>
        ))}
        {choices.length === 0 && <div className={styles.none}>Nothing matches “{query}”.</div>}
      </div>
    </div>
  );
}
