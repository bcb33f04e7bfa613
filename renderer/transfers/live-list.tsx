import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { type DragEvent, type KeyboardEvent, useState } from 'react';
import type { Transfer } from '#shared/contract/transfers.ts';
import { moveInQueue, putBefore } from './transfer-acts.ts';
import { TransferItem } from './transfer-item.tsx';

/** Type of a drag of a queued transfer inside the panel; its data is the id. */
const dragType = 'application/x-stowage-transfer';

const useStyles = makeStyles({
  list: { margin: 0, padding: '2px 6px', listStyleType: 'none' },
  above: { boxShadow: `inset 0 2px 0 ${tokens.colorBrandStroke1}` },
  below: { boxShadow: `inset 0 -2px 0 ${tokens.colorBrandStroke1}` },
});

interface Over {
  readonly id: number;
  readonly below: boolean;
}

/** Transfers that have not ended; those that wait are put in another order by drag, or with Alt+Up and Alt+Down. */
export function LiveList({ transfers }: { readonly transfers: readonly Transfer[] }) {
  const styles = useStyles();
  const [over, setOver] = useState<Over | null>(null);
  const queue = transfers.filter(({ state }) => state === 'queued');
  const onDragOver = (event: DragEvent, id: number): void => {
    if (!event.dataTransfer.types.includes(dragType)) return;
    event.preventDefault();
    event.stopPropagation();
    const box = event.currentTarget.getBoundingClientRect();
    setOver({ id, below: event.clientY > box.top + box.height / 2 });
  };
  const onDrop = (event: DragEvent): void => {
    const id = Number(event.dataTransfer.getData(dragType));
    setOver(null);
    if (!over || !Number.isInteger(id) || id === over.id) return;
    event.preventDefault();
    event.stopPropagation();
    const at = queue.findIndex((transfer) => transfer.id === over.id);
    const before = over.below ? (queue[at + 1]?.id ?? null) : over.id;
    if (before !== id) void putBefore(id, before);
  };
  return (
    <ul className={styles.list} aria-label="Running and waiting">
      {transfers.map((transfer) => {
        const queued = transfer.state === 'queued';
        const marked = queued && over?.id === transfer.id;
        return (
          <TransferItem
            key={transfer.id}
            transfer={transfer}
            className={mergeClasses(marked && (over.below ? styles.below : styles.above))}
            {...(queued && {
              draggable: true,
              'aria-keyshortcuts': 'Alt+ArrowUp Alt+ArrowDown',
              onDragStart: (event: DragEvent) => {
                event.dataTransfer.setData(dragType, String(transfer.id));
                event.dataTransfer.effectAllowed = 'move';
              },
              onDragOver: (event: DragEvent) => onDragOver(event, transfer.id),
              onDragLeave: () => setOver(null),
              onDrop,
              onKeyDown: (event: KeyboardEvent) => onKeyDown(event, transfer.id),
            })}
          />
        );
      })}
    </ul>
  );
}

/** Moves the transfer that has the focus in it; the focus goes with it. */
function onKeyDown(event: KeyboardEvent, id: number): void {
  const move = { ArrowUp: 'up', ArrowDown: 'down' }[event.key] as 'up' | 'down' | undefined;
  if (!event.altKey || !move) return;
  event.preventDefault();
  event.stopPropagation();
  const focused = document.activeElement;
  void moveInQueue(id, move).then(() => {
    // An element that is put elsewhere loses the focus.
    if (focused instanceof HTMLElement) requestAnimationFrame(() => focused.focus());
  });
}
