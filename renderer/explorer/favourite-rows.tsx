import { makeStyles, tokens } from '@fluentui/react-components';
import {
  ArrowDownRegular,
  ArrowUpRegular,
  DismissRegular,
  OpenRegular,
  StarOffRegular,
  StarRegular,
} from '@fluentui/react-icons';
import { type DragEvent, type KeyboardEvent, useEffect } from 'react';
import { formatAddress } from '#shared/address.ts';
import { visible } from '#shared/paths.ts';
import { useConnection } from '../app/client.ts';
import { openMenu } from '../ui/context-menu.tsx';
import { type Favourite, favouriteKey, putBefore, type ShownFavourite, same, stepped } from './favourite-steps.ts';
import { changeFavourites, lookSoon, useFavourites } from './favourites.ts';
import { folder } from './location.ts';
import { openTab } from './tabs.ts';
import { TreeRow } from './tree-row.tsx';

/** Type of a drag of a favourite among its like; its data is the key. */
const dragType = 'application/x-stowage-favourite';

const useStyles = makeStyles({
  icon: { display: 'flex', flexShrink: 0, fontSize: '18px', color: tokens.colorPaletteMarigoldForeground2 },
  in: {
    flexShrink: 1,
    maxWidth: '45%',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  remove: {
    display: 'flex',
    alignItems: 'center',
    gap: '4px',
    padding: '1px 6px',
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: '4px',
    background: 'transparent',
    color: tokens.colorNeutralForeground2,
    font: 'inherit',
    fontSize: tokens.fontSizeBase200,
    cursor: 'pointer',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

const step = (favourite: Favourite, by: -1 | 1): void => changeFavourites((all) => stepped(all, favourite, by));
const remove = (favourite: Favourite): void => changeFavourites((all) => all.filter((one) => !same(one, favourite)));

/** The starred folders, at the top of the tree; their order is changed by drag, menu, or Alt+Up and Alt+Down. */
export function FavouriteRows() {
  const favourites = useFavourites();
  const epoch = useConnection((state) => state.epoch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked for again with every connection and every new favourite
  useEffect(lookSoon, [epoch, favourites.length]);
  return favourites.map((shown) => <FavouriteRow key={favouriteKey(shown.favourite)} shown={shown} all={favourites} />);
}

interface FavouriteRowProps {
  readonly shown: ShownFavourite;
  readonly all: readonly ShownFavourite[];
}

function FavouriteRow({ shown, all }: FavouriteRowProps) {
  const styles = useStyles();
  const { favourite, vfolder, label, missing } = shown;
  const location = folder(vfolder, favourite.path);
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const move = event.altKey && ({ ArrowUp: -1, ArrowDown: 1 } as const)[event.key as 'ArrowUp' | 'ArrowDown'];
    if (move) step(favourite, move);
    else if (event.key === 'Delete') remove(favourite);
    else return false;
    const row = event.currentTarget as HTMLElement;
    // An element that is put elsewhere loses the focus.
    if (move) requestAnimationFrame(() => row.focus());
    return true;
  };
  const onDrop = (event: DragEvent): void => {
    const dragged = all.find((one) => favouriteKey(one.favourite) === event.dataTransfer.getData(dragType));
    if (dragged) changeFavourites((favourites) => putBefore(favourites, dragged.favourite, favourite));
  };
  return (
    <TreeRow
      level={1}
      location={location}
      icon={<StarRegular className={styles.icon} aria-hidden />}
      label={label}
      title={missing ? `${visible(formatAddress(vfolder, favourite.path))} is not there` : formatAddress(vfolder, favourite.path)}
      dimmed={missing}
      keys={onKeyDown}
      reorder={{ type: dragType, data: favouriteKey(favourite), onDrop }}
      onMenu={(event) =>
        openMenu(event, `Actions for ${label}`, [
          { label: 'Open in new tab', icon: <OpenRegular />, disabled: missing, run: () => openTab(location) },
          'divider',
          { label: 'Move up', icon: <ArrowUpRegular />, hint: 'Alt+Up', run: () => step(favourite, -1) },
          { label: 'Move down', icon: <ArrowDownRegular />, hint: 'Alt+Down', run: () => step(favourite, 1) },
          {
            label: 'Remove from the favourites',
            icon: <StarOffRegular />,
            hint: 'Del',
            run: () => remove(favourite),
          },
        ])
      }
      badge={
        missing ? (
          <button
            type="button"
            className={styles.remove}
            aria-label={`Remove ${visible(label)} from the favourites`}
            onClick={(event) => {
              event.stopPropagation();
              remove(favourite);
            }}
          >
            <DismissRegular aria-hidden />
            Remove
          </button>
        ) : favourite.path === '' ? null : (
          <span className={styles.in}>{vfolder}</span>
        )
      }
    />
  );
}
