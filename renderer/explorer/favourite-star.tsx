import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { StarFilled, StarRegular } from '@fluentui/react-icons';
import { useEffect } from 'react';
import type { MenuChoice } from '../ui/context-menu.tsx';
import { isFavourite, toggleFavourite, useFavourites } from './favourites.ts';
import { type FolderLocation, folder, locationTitle } from './location.ts';

const useStyles = makeStyles({
  star: { flexShrink: 0, minWidth: '24px', width: '24px', height: '22px', padding: 0, color: tokens.colorNeutralForeground3 },
  filled: { color: tokens.colorPaletteMarigoldForeground2 },
});

/** Says whether the folder that is shown is a favourite, and makes it one; so does Ctrl+D. */
export function FavouriteStar({ location }: { readonly location: FolderLocation }) {
  const styles = useStyles();
  const { vfolder, path } = location;
  const starred = useFavourites().some((one) => one.vfolder === vfolder && one.favourite.path === path);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'd') return;
      event.preventDefault();
      toggleFavourite(folder(vfolder, path));
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [vfolder, path]);
  return (
    <Button
      size="small"
      appearance="transparent"
      className={styles.star}
      icon={starred ? <StarFilled className={styles.filled} /> : <StarRegular />}
      aria-pressed={starred}
      aria-label={`Favourite: ${locationTitle(location)}`}
      title={starred ? 'Remove from the favourites (Ctrl+D)' : 'Add to the favourites (Ctrl+D)'}
      onClick={() => toggleFavourite(location)}
    />
  );
}

/** The choice of a menu that stars a folder. */
export function favouriteChoice(vfolder: string, path: string): MenuChoice {
  const location = folder(vfolder, path);
  const starred = isFavourite(location);
  return {
    label: starred ? 'Remove from the favourites' : 'Add to the favourites',
    icon: starred ? <StarFilled /> : <StarRegular />,
    run: () => toggleFavourite(location),
  };
}
