import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ChevronRightRegular } from '@fluentui/react-icons';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { formatAddress } from '#shared/address.ts';
import { visible } from '#shared/paths.ts';
import { goToAddress } from '../app/command-palette.tsx';
import { reportError } from '../ui/toasts.tsx';
import { useAddressSuggestions } from './address-suggestions.ts';
import { FavouriteStar } from './favourite-star.tsx';
import { folder, home, type Location, locationTitle } from './location.ts';
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
  editing: { overflow: 'visible', outline: `2px solid ${tokens.colorBrandStroke1}`, outlineOffset: '-1px' },
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
  field: { position: 'relative', display: 'flex', flexGrow: 1, minWidth: 0 },
  completions: {
    position: 'absolute',
    top: '28px',
    left: '-6px',
    right: '-6px',
    zIndex: 10,
    padding: '4px',
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow16,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: '12.5px',
  },
  completion: {
    padding: '3px 6px',
    borderRadius: '4px',
    color: tokens.colorNeutralForeground1,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    cursor: 'default',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  activeCompletion: { backgroundColor: tokens.colorSubtleBackgroundSelected, color: tokens.colorNeutralForeground1Selected },
  input: {
    flexGrow: 1,
    minWidth: 0,
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
          {location.kind === 'folder' && <FavouriteStar location={location} />}
        </>
      )}
    </div>
  );
}

function Breadcrumb({ location }: { readonly location: Location }) {
  const styles = useStyles();
  const segments = location.kind === 'folder' && location.path !== '' ? location.path.split('/') : [];
  const crumbs: Array<{ label: string; to: Location }> = [
    location.kind === 'trash' || location.kind === 'hosts'
      ? { label: locationTitle(location), to: location }
      : { label: locationTitle(home), to: home },
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

/** At most so many completions are shown at once. */
const mostShown = 10;

function AddressField({ location, onDone }: { readonly location: Location; readonly onDone: () => void }) {
  const styles = useStyles();
  const listId = useId();
  const [text, setText] = useState(location.kind === 'folder' ? formatAddress(location.vfolder, location.path) : '');
  // Nothing is offered for an address that nobody has typed at yet.
  const [offers, setOffers] = useState(false);
  const [active, setActive] = useState(-1);
  const found = useAddressSuggestions(text, { active: offers, files: true }).filter((address) => address !== text);
  const shown = offers ? found.slice(0, mostShown) : [];
  const change = (next: string): void => {
    setText(next);
    setOffers(true);
    setActive(-1);
  };
  const go = (address: string): void => {
    if (address.trim() === '') onDone();
    else goToAddress(address).then(onDone, (error: unknown) => reportError(error, 'There is nothing at that address.'));
  };
  const step = (by: 1 | -1): void => {
    setOffers(true);
    // The place before the first is the text itself.
    if (shown.length > 0) setActive(((active + 1 + by + shown.length + 1) % (shown.length + 1)) - 1);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const chosen = shown[active];
    if (event.key === 'Escape') onDone();
    else if (event.key === 'Enter') go(chosen ?? text);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') step(event.key === 'ArrowDown' ? 1 : -1);
    else if (event.key === 'Tab' && !event.shiftKey && shown[0] !== undefined) {
      change(chosen ?? shown[0]);
    } else return;
    event.preventDefault();
  };
  return (
    <div className={styles.field}>
      <input
        className={styles.input}
        role="combobox"
        aria-label="Address"
        aria-autocomplete="list"
        aria-expanded={shown.length > 0}
        aria-controls={listId}
        aria-activedescendant={active >= 0 && active < shown.length ? `${listId}-${active}` : undefined}
        placeholder="name:/path"
        // biome-ignore lint/a11y/noAutofocus: the field appears because it was asked for
        autoFocus
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => change(event.target.value)}
        onFocus={(event) => event.target.select()}
        onBlur={onDone}
        onKeyDown={onKeyDown}
      />
      <div id={listId} role="listbox" aria-label="Completions" className={styles.completions} hidden={shown.length === 0}>
        {shown.map((address, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the field has the focus and takes the keys
          <div
            key={address}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            className={mergeClasses(styles.completion, index === active && styles.activeCompletion)}
            // The field would lose the focus, and with it this list.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => go(address)}
          >
            {visible(address)}
          </div>
        ))}
      </div>
    </div>
  );
}
