import { Button, makeStyles, Tooltip } from '@fluentui/react-components';
import {
  ArrowClockwiseRegular,
  ArrowDownRegular,
  ArrowRepeatAllRegular,
  ArrowUploadRegular,
  ArrowUpRegular,
  ClipboardRegular,
  DismissRegular,
  FolderOpenRegular,
  MoreHorizontalRegular,
  PauseRegular,
  PlayRegular,
} from '@fluentui/react-icons';
import type { Transfer } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import { hasEnded, useTransfers } from '../app/stores/transfers.ts';
import { type MenuChoice, openMenu } from '../ui/context-menu.tsx';
import { placeAfterMove, type QueueMove, queueOf } from './order.ts';
import { openReview } from './review-state.ts';
import { act, canShowDestination, clear, copyFailures, moveInQueue, runAgain, showDestination } from './transfer-acts.ts';

const useStyles = makeStyles({ actions: { display: 'flex', justifyContent: 'flex-end' } });

const goesOn = ({ state }: Transfer): boolean => state === 'running' || state === 'queued' || state === 'waiting';

/** Everything that can be done with a transfer. */
export function transferChoices(transfer: Transfer): Array<MenuChoice | 'divider'> {
  const { id, state } = transfer;
  const queue = queueOf(useTransfers.getState().transfers);
  const move = (label: string, hint: string | null, icon: MenuChoice['icon'], to: QueueMove): MenuChoice => ({
    label,
    ...(icon && { icon }),
    ...(hint && { hint }),
    disabled: placeAfterMove(queue, id, to) === undefined,
    run: () => void moveInQueue(id, to),
  });
  const moves: Array<MenuChoice | 'divider'> =
    state === 'queued'
      ? [
          move('Move to the top', null, <ArrowUploadRegular />, 'top'),
          move('Move up', 'Alt+Up', <ArrowUpRegular />, 'up'),
          move('Move down', 'Alt+Down', <ArrowDownRegular />, 'down'),
          'divider',
        ]
      : [];
  const choices: MenuChoice[] = [
    { label: 'Pause', icon: <PauseRegular />, disabled: !goesOn(transfer), run: () => act('pause', id) },
    { label: 'Resume', icon: <PlayRegular />, disabled: state !== 'paused', run: () => act('resume', id) },
    {
      label: 'Show in folder',
      icon: <FolderOpenRegular />,
      disabled: !canShowDestination(transfer),
      run: () => showDestination(transfer),
    },
    {
      label: 'Retry failed only',
      icon: <ArrowClockwiseRegular />,
      disabled: state !== 'failed',
      run: () => act('retry', id),
    },
    {
      label: 'Run again',
      icon: <ArrowRepeatAllRegular />,
      disabled: !hasEnded(transfer) || transfer.kind === 'push',
      run: () => runAgain(id),
    },
    {
      label: 'Copy failures as text',
      icon: <ClipboardRegular />,
      disabled: transfer.files.failed === 0,
      run: () => void copyFailures(id),
    },
  ];
  const last: MenuChoice = hasEnded(transfer)
    ? { label: 'Remove from the list', icon: <DismissRegular />, run: () => clear([id]) }
    : { label: 'Cancel', icon: <DismissRegular />, run: () => act('cancel', id) };
  return [...moves, ...choices.filter(({ disabled }) => !disabled), 'divider', last];
}

/** What is wanted most, as buttons; the rest in a menu. */
export function TransferActions({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const { id, state } = transfer;
  const title = visible(transfer.title);
  return (
    <span className={styles.actions}>
      {transfer.sync && state === 'review' && (
        <Button size="small" appearance="primary" onClick={() => openReview(id)}>
          Review
        </Button>
      )}
      {goesOn(transfer) && <Act label="Pause" icon={<PauseRegular />} run={() => act('pause', id)} />}
      {state === 'paused' && <Act label="Resume" icon={<PlayRegular />} run={() => act('resume', id)} />}
      {state === 'failed' && <Act label="Retry the failed files" icon={<ArrowClockwiseRegular />} run={() => act('retry', id)} />}
      {state === 'done' && canShowDestination(transfer) && (
        <Act label="Show in folder" icon={<FolderOpenRegular />} run={() => showDestination(transfer)} />
      )}
      {hasEnded(transfer) ? (
        <Act label="Remove from the list" icon={<DismissRegular />} run={() => clear([id])} />
      ) : (
        <Act label="Cancel" icon={<DismissRegular />} run={() => act('cancel', id)} />
      )}
      <Button
        size="small"
        appearance="subtle"
        icon={<MoreHorizontalRegular />}
        aria-haspopup="menu"
        aria-label={`More for ${title}`}
        onClick={(event) => openMenu(event, `Actions for ${title}`, transferChoices(transfer))}
      />
    </span>
  );
}

function Act({ label, icon, run }: { readonly label: string; readonly icon: React.ReactElement; readonly run: () => void }) {
  return (
    <Tooltip content={label} relationship="label" positioning="before">
      <Button size="small" appearance="subtle" icon={icon} onClick={run} />
    </Tooltip>
  );
}
