import { Button, Checkbox, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkRegular,
  ClipboardRegular,
  ClockRegular,
  ErrorCircleRegular,
  QuestionCircleRegular,
  SkipForwardTabRegular,
  SpinnerIosRegular,
} from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { ConflictPolicy, Transfer, TransferFile } from '#shared/contract/transfers.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, formatCount, plural } from '../ui/format.ts';
import { reportError } from '../ui/toasts.tsx';
import { copyFailures } from './transfer-acts.ts';
import { TroubleActions } from './trouble-actions.tsx';

const useStyles = makeStyles({
  bar: {
    margin: 0,
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: '6px',
    padding: '6px 10px',
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorPaletteYellowBackground1,
    border: `1px solid ${tokens.colorPaletteYellowBorder1}`,
  },
  question: { flexGrow: 1 },
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  row: {
    display: 'grid',
    gridTemplateColumns: '18px minmax(120px, 1fr) 170px auto',
    alignItems: 'center',
    columnGap: '8px',
    minHeight: '24px',
    fontSize: tokens.fontSizeBase200,
  },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  right: { textAlign: 'right', fontVariantNumeric: 'tabular-nums', color: tokens.colorNeutralForeground3 },
  problem: { gridColumn: '2 / -1', color: tokens.colorPaletteRedForeground1, paddingBottom: '4px', overflowWrap: 'anywhere' },
  icon: { fontSize: '14px', color: tokens.colorNeutralForeground3 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  good: { color: tokens.colorPaletteGreenForeground1 },
  answers: { display: 'flex', gap: '4px' },
  tools: { display: 'flex', alignItems: 'center', gap: '8px', margin: '4px 0 0 -8px' },
  more: { marginTop: '4px' },
});

type Answer = Exclude<ConflictPolicy, 'ask'>;

export const answers: ReadonlyArray<readonly [Answer, string]> = [
  ['overwrite', 'Overwrite'],
  ['newer', 'Only if newer'],
  ['keep-both', 'Keep both'],
  ['skip', 'Skip'],
];

const give = (id: number, policy: Answer, seq?: number): void => {
  client.transfers.answer({ id, policy, ...(seq !== undefined && { seq }) }).catch((error: unknown) => reportError(error));
};

/** Answers all conflicts of a transfer at once. */
export function ConflictBar({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const one = transfer.conflicts === 1;
  return (
    <fieldset className={styles.bar} aria-label={`Conflicts of ${visible(transfer.title)}`}>
      <span className={styles.question}>
        {plural(transfer.conflicts, 'file')} {one ? 'exists' : 'exist'} already. {one ? 'Do' : 'Do with all of them'}:
      </span>
      {answers.map(([policy, label]) => (
        <Button key={policy} size="small" onClick={() => give(transfer.id, policy)}>
          {label}
        </Button>
      ))}
    </fieldset>
  );
}

const pageSize = 200;
/** Beyond these, looking at single files helps nobody. */
const mostShown = 2000;

/** Files of a transfer; those with trouble first. */
export function TransferFiles({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const [files, setFiles] = useState<readonly TransferFile[]>([]);
  const [limit, setLimit] = useState(pageSize);
  const [problem, setProblem] = useState<StowageError | null>(null);
  const [failedOnly, setFailedOnly] = useState(false);
  const { id } = transfer;
  const anyFailed = transfer.files.failed > 0;
  const onlyFailed = failedOnly && anyFailed;
  const progress = `${transfer.state} ${transfer.files.done} ${transfer.files.failed} ${transfer.files.total} ${transfer.conflicts}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when the transfer has gone on
  useEffect(() => {
    let current = true;
    readFiles(id, limit, onlyFailed).then(
      (read) => current && setFiles(read),
      (error: unknown) => current && setProblem(fromContract(error)),
    );
    return () => {
      current = false;
    };
  }, [id, limit, progress, onlyFailed]);
  if (problem) return <ErrorMessage error={problem} />;
  return (
    <>
      {transfer.problem && <ErrorMessage error={transfer.problem} actions={<TroubleActions transfer={transfer} />} />}
      {anyFailed && (
        <div className={styles.tools}>
          <Checkbox
            size="medium"
            label={`Failed only (${formatCount(transfer.files.failed)})`}
            checked={failedOnly}
            onChange={(_, data) => setFailedOnly(data.checked === true)}
          />
          <Button size="small" appearance="subtle" icon={<ClipboardRegular />} onClick={() => void copyFailures(id)}>
            Copy failures as text
          </Button>
        </div>
      )}
      <ul className={styles.list} aria-label={`Files of ${visible(transfer.title)}`}>
        {files.map((file) => (
          <FileRow key={file.seq} transferId={id} file={file} />
        ))}
      </ul>
      {files.length >= limit && limit < mostShown && (
        <Button size="small" appearance="subtle" className={styles.more} onClick={() => setLimit(limit + pageSize)}>
          Show more
        </Button>
      )}
    </>
  );
}

async function readFiles(id: number, limit: number, failedOnly: boolean): Promise<TransferFile[]> {
  if (failedOnly) return client.transfers.files({ id, state: 'failed', limit: Math.min(limit, 1000) });
  const trouble = (
    await Promise.all(
      (['conflict', 'failed', 'active'] as const).map((state) => client.transfers.files({ id, state, limit: pageSize })),
    )
  ).flat();
  const known = new Set(trouble.map((file) => file.seq));
  const others: TransferFile[] = [];
  while (others.length < limit) {
    const after = others.at(-1)?.seq;
    const page = await client.transfers.files({ id, limit: pageSize, ...(after !== undefined && { after }) });
    others.push(...page);
    if (page.length < pageSize) break;
  }
  return [...trouble, ...others.filter((file) => !known.has(file.seq))].slice(0, Math.max(limit, trouble.length));
}

function FileRow({ transferId, file }: { readonly transferId: number; readonly file: TransferFile }) {
  const styles = useStyles();
  return (
    <li className={styles.row}>
      <FileStateIcon state={file.state} />
      <span className={styles.text} title={visible(file.path)}>
        {visible(file.path)}
      </span>
      <span className={styles.right}>
        {file.state === 'active' ? `${formatBytes(file.done)} of ${formatBytes(file.size)}` : formatBytes(file.size)}
      </span>
      {file.state === 'conflict' && (
        <span className={styles.answers}>
          {answers.map(([policy, label]) => (
            <Button key={policy} size="small" appearance="subtle" onClick={() => give(transferId, policy, file.seq)}>
              {label}
            </Button>
          ))}
        </span>
      )}
      {file.problem && (
        <span className={styles.problem}>
          {visible(file.problem.message)} {file.problem.hint ?? ''}
        </span>
      )}
    </li>
  );
}

function FileStateIcon({ state }: Pick<TransferFile, 'state'>) {
  const styles = useStyles();
  switch (state) {
    case 'pending':
      return <ClockRegular className={styles.icon} aria-label="Waiting" />;
    case 'active':
      return <SpinnerIosRegular className={styles.icon} aria-label="In transfer" />;
    case 'conflict':
      return <QuestionCircleRegular className={mergeClasses(styles.icon, styles.bad)} aria-label="Exists already" />;
    case 'done':
      return <CheckmarkRegular className={mergeClasses(styles.icon, styles.good)} aria-label="Done" />;
    case 'skipped':
      return <SkipForwardTabRegular className={styles.icon} aria-label="Skipped" />;
    case 'failed':
      return <ErrorCircleRegular className={mergeClasses(styles.icon, styles.bad)} aria-label="Failed" />;
  }
}
