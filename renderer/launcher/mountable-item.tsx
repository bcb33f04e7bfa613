import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, ChevronDownRegular, ChevronRightRegular, FolderRegular } from '@fluentui/react-icons';
import { type ReactNode, useEffect, useState } from 'react';
import { formatAddress } from '#shared/address.ts';
import { visible } from '#shared/paths.ts';
import { folder, locationKey } from '../explorer/location.ts';
import { loadChildren, useChildren } from '../explorer/tree-state.ts';
import { startVfolderDrag } from '../planner/drag.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: '0 0 0 18px' },
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    minHeight: '28px',
    padding: '0 2px 0 0',
    borderRadius: tokens.borderRadiusMedium,
    cursor: 'grab',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover, color: tokens.colorNeutralForeground1Hover },
  },
  toggle: { minWidth: '20px', width: '20px', flexShrink: 0, marginRight: '-6px', color: tokens.colorNeutralForeground3 },
  icon: { fontSize: '16px', flexShrink: 0, color: tokens.colorNeutralForeground3 },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  mount: { marginLeft: 'auto', flexShrink: 0 },
  none: { padding: '3px 0 3px 22px', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

interface MountableItemProps {
  readonly vfolder: string;
  readonly path: string;
  readonly name: string;
  readonly icon?: ReactNode;
  /** Beside the name. */
  readonly notes?: ReactNode;
  readonly onMount: (address: string) => void;
}

/** A folder that can be mounted, by a drag, a double click or its button; its folders are read when it is opened. */
export function MountableItem({ vfolder, path, name, icon, notes, onMount }: MountableItemProps) {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const shown = visible(name);
  const address = formatAddress(vfolder, path);
  return (
    <li>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button in it does the same */}
      <div
        className={styles.row}
        draggable
        onDragStart={(event) => startVfolderDrag(event.dataTransfer, address)}
        onDoubleClick={(event) => event.target instanceof Element && !event.target.closest('button') && onMount(address)}
      >
        <Button
          className={styles.toggle}
          size="small"
          appearance="transparent"
          icon={open ? <ChevronDownRegular fontSize={12} /> : <ChevronRightRegular fontSize={12} />}
          aria-expanded={open}
          aria-label={`Folders in ${shown}`}
          onClick={() => setOpen(!open)}
        />
        {icon ?? <FolderRegular className={styles.icon} aria-hidden />}
        <span className={styles.name} title={shown}>
          {shown}
        </span>
        {notes}
        <Button
          className={styles.mount}
          size="small"
          appearance="subtle"
          icon={<AddRegular />}
          aria-label={`Mount ${shown}`}
          title={`Mount ${visible(address)}`}
          onClick={() => onMount(address)}
        />
      </div>
      {open && <Folders vfolder={vfolder} path={path} onMount={onMount} />}
    </li>
  );
}

function Folders({ vfolder, path, onMount }: Pick<MountableItemProps, 'vfolder' | 'path' | 'onMount'>) {
  const styles = useStyles();
  const children = useChildren((state) => state.byKey[locationKey(folder(vfolder, path))]);
  useEffect(() => void loadChildren(folder(vfolder, path)), [vfolder, path]);
  if (children?.length === 0) return <div className={styles.none}>No folders in it</div>;
  return (
    <ul className={styles.list} aria-label={`Folders in ${visible(formatAddress(vfolder, path))}`}>
      {children?.map((child) => (
        <MountableItem key={child.path} vfolder={vfolder} path={child.path} name={child.name} onMount={onMount} />
      ))}
    </ul>
  );
}
