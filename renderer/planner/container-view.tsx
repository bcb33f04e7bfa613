import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { type DragEvent, useState } from 'react';
import type { Fix, Plan } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { showToast } from '../ui/toasts.tsx';
import { ConflictLine } from './conflict-line.tsx';
import { NodeList } from './container-node.tsx';
import { draggedAddresses, dropEffectOf, isAddressDrag } from './drag.ts';
import { dropPlaceOf } from './drop-place.ts';
import { isMerelyEmpty, layOut } from './plan-words.ts';

const useStyles = makeStyles({
  root: {
    position: 'relative',
    display: 'flex',
    flexDirection: 'column',
    minHeight: '100%',
    boxSizing: 'border-box',
    padding: '10px 14px 16px',
    borderRadius: tokens.borderRadiusMedium,
  },
  dropping: {
    outline: `2px dashed ${tokens.colorBrandStroke1}`,
    outlineOffset: '-4px',
    backgroundColor: tokens.colorBrandBackground2,
  },
  inNode: { backgroundColor: 'transparent' },
  // Below the tree, so that no row moves under the pointer.
  dropName: {
    position: 'sticky',
    bottom: '10px',
    zIndex: 2,
    maxWidth: '90%',
    boxSizing: 'border-box',
    margin: 'auto auto 0',
    padding: '4px 12px',
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    fontWeight: tokens.fontWeightSemibold,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    pointerEvents: 'none',
  },
  elsewhere: { display: 'flex', flexDirection: 'column', gap: '4px', marginBottom: '10px' },
  hint: { marginTop: '14px', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

export interface ContainerViewProps {
  readonly plan: Plan;
  /** Absent: the plan is shown as it was, nothing can be mended. */
  readonly onFix?: (fix: Fix) => void;
  /** A vfolder or folder was dropped: its address, and the place of the container that it was dropped on; null: beside all of them. */
  readonly onMount?: (address: string, folder: string | null) => void;
}

/** A drop of more is no wish to mount each of them. */
const mostAtOnce = 50;

/** Where a drag would mount: at a node, or anywhere (null); undefined without one. */
type DropPlace = string | null | undefined;

function useDrop(onMount: ContainerViewProps['onMount']) {
  const [place, setPlace] = useState<DropPlace>(undefined);
  const handlers = onMount && {
    onDragOver: (event: DragEvent) => {
      if (!isAddressDrag(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = dropEffectOf(event.dataTransfer);
      setPlace(dropPlaceOf(event.target));
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setPlace(undefined);
    },
    onDrop: (event: DragEvent) => {
      setPlace(undefined);
      const addresses = draggedAddresses(event.dataTransfer);
      if (addresses.length === 0) return;
      event.preventDefault();
      if (addresses.length > mostAtOnce)
        return showToast({
          intent: 'warning',
          title: `At most ${mostAtOnce} places can be mounted at once`,
          body: 'Mount their folder.',
        });
      const folder = dropPlaceOf(event.target);
      for (const address of addresses) onMount(address, folder);
    },
  };
  return { place, handlers };
}

/** What the container will see: each place with its origin, mode and approach; conflicts where they arise. */
export function ContainerView({ plan, onFix, onMount }: ContainerViewProps) {
  const styles = useStyles();
  const { place, handlers } = useDrop(onMount);
  const { root, elsewhere } = layOut(plan);
  // An empty form is no mistake: what it still needs stands beside Run.
  const told = onFix ? elsewhere.filter((conflict) => !isMerelyEmpty(conflict)) : elsewhere;
  return (
    <section
      aria-label="What the container will see"
      className={mergeClasses(styles.root, place !== undefined && styles.dropping, typeof place === 'string' && styles.inNode)}
      {...handlers}
    >
      {told.length > 0 && (
        <div className={styles.elsewhere}>
          {told.map((conflict) => (
            <ConflictLine key={`${conflict.code} ${conflict.message}`} conflict={conflict} onFix={onFix} />
          ))}
        </div>
      )}
      <NodeList views={[root]} plan={plan} onFix={onFix} dropAt={place ?? null} />
      {onMount && place === undefined && plan.mounts.every((mount) => mount.role !== 'mount') && (
        <div className={styles.hint}>Drag a vfolder here to mount it, onto a place to mount it there.</div>
      )}
      {place !== undefined && (
        <div className={styles.dropName}>{place === null ? 'Mount it into this job' : `Mount it in ${visible(place)}`}</div>
      )}
    </section>
  );
}
