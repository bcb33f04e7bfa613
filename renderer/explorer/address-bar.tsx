import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ChevronRightRegular } from '@fluentui/react-icons';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { formatAddress } from '#shared/address.ts';
import { visible } from '#shared/paths.ts';
import { goToAddress } from '../app/command-palette.tsx';
import { reportError } from '../ui/toasts.tsx';
import { folder, home, type Location } from './location.ts';
import { navigate } from './tabs.ts';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    flexGrow: 1,
    minWidth: '120px',
    height: '28px',
    padding: '0 4px',
    boxSizing: 'border-box',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: 'hidden',
    cursor: 'text',
    ':hover': { border: `1px solid ${tokens.colorNeutralStroke1}` },
  },
  editing: { outline: `2px solid ${tokens.colorBrandStroke1}`, outlineOffset: '-1px' },
  list: { display: 'flex', alignItems: 'center', margin: 0, padding: 0, listStyleType: 'none', minWidth: 0 },
  part: { display: 'flex', alignItems: 'center', minWidth: 0, flexShrink: 1 },
  crumb: {
    maxWidth: '220px',
    padding: '0 6px',
    height: '22px',
    border: 'none',
    borderRadius: '4px',
    background: 'transparent',
    color: tokens.colorNeutralForeground2,
    font: 'inherit',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  last: { color: tokens.colorNeutralForeground1, fontWeight: tokens.fontWeightMedium },
  separator: { flexShrink: 0, fontSize: '11px', color: tokens.colorNeutralForeground4 },
  rest: { flexGrow: 1, alignSelf: 'stretch', minWidth: '16px', border: 'none', background: 'transparent', cursor: 'text' },
  input: {
    flexGrow: 1,
    height: '24px',
    padding: '0 6px',
    border: 'none',
    outline: 'none',
    background: 'transparent',
    color: tokens.colorNeutralForeground1,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: '12.5px',
  },
});

/** Where the tab is; a click on the free space or Ctrl+L makes it a field for `name:/path`. */
export function AddressBar({ location }: { readonly location: Location }) {
  const styles = useStyles();
  const [editing, setEditing] = useState(false);
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'l') return;
      event.preventDefault();
      setEditing(true);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <div className={mergeClasses(styles.bar, editing && styles.editing)}>
      {editing ? (
        <AddressField location={location} onDone={() => setEditing(false)} />
      ) : (
        <>
          <Breadcrumb location={location} />
          <button
            type="button"
            className={styles.rest}
            tabIndex={-1}
            aria-label="Edit the address"
            title="Type an address (Ctrl+L)"
            onClick={() => setEditing(true)}
          />
        </>
      )}
    </div>
  );
}

function Breadcrumb({ location }: { readonly location: Location }) {
  const styles = useStyles();
  const segments = location.kind === 'folder' && location.path !== '' ? location.path.split('/') : [];
  const crumbs: Array<{ label: string; to: Location }> = [
    { label: location.kind === 'trash' ? 'Trash' : 'All vfolders', to: location.kind === 'trash' ? location : home },
  ];
  if (location.kind === 'folder') {
    crumbs.push({ label: location.vfolder, to: folder(location.vfolder, '') });
    for (const [index, segment] of segments.entries())
      crumbs.push({ label: segment, to: folder(location.vfolder, segments.slice(0, index + 1).join('/')) });
  }
  return (
    <nav aria-label="Path" style={{ minWidth: 0 }}>
      <ol className={styles.list}>
        {crumbs.map(({ label, to }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a crumb is its place in the path
          <li key={index} className={styles.part}>
            {index > 0 && <ChevronRightRegular className={styles.separator} aria-hidden />}
            <button
              type="button"
              className={mergeClasses(styles.crumb, index === crumbs.length - 1 && styles.last)}
              aria-current={index === crumbs.length - 1 ? 'page' : undefined}
              title={visible(label)}
              onClick={() => navigate(to)}
            >
              {visible(label)}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function AddressField({ location, onDone }: { readonly location: Location; readonly onDone: () => void }) {
  const styles = useStyles();
  const [text, setText] = useState(location.kind === 'folder' ? formatAddress(location.vfolder, location.path) : '');
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Escape') onDone();
    if (event.key !== 'Enter') return;
    if (text.trim() === '') onDone();
    else goToAddress(text).then(onDone, (error: unknown) => reportError(error, 'There is nothing at that address.'));
  };
  return (
    <input
      className={styles.input}
      aria-label="Address"
      placeholder="name:/path"
      // biome-ignore lint/a11y/noAutofocus: the field appears because it was asked for
      autoFocus
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={onDone}
      onKeyDown={onKeyDown}
    />
  );
}
