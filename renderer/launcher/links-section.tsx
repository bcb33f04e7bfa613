import { Button, Input, makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, ArrowRightRegular, ClipboardPasteRegular, CodeRegular, DeleteRegular } from '@fluentui/react-icons';
import { type ClipboardEvent, useState } from 'react';
import type { Fix, Plan, PlanConflict } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { ConflictLines } from '../planner/conflict-line.tsx';
import { countConflicts, describeCount } from '../planner/plan-words.ts';
import { plural } from '../ui/format.ts';
import { type Draft, type DraftLink, newLink } from './draft.ts';
import { changeDraft, useDraft } from './draft-store.ts';
import { Fold } from './form-parts.tsx';
import { isLinkLines, parseLinkLines } from './link-lines.ts';
import { LinkLinesDialog } from './link-lines-dialog.tsx';
import { LinkScriptDialog } from './link-script-dialog.tsx';

const useStyles = makeStyles({
  about: { margin: '0 0 8px', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  rows: { listStyleType: 'none', margin: '0 0 8px', padding: 0, display: 'flex', flexDirection: 'column', gap: '6px' },
  line: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) 16px minmax(0, 1fr) 28px',
    gap: '6px',
    alignItems: 'center',
  },
  arrow: { color: tokens.colorNeutralForeground3, fontSize: '16px' },
  field: { minWidth: 0 },
  input: { minWidth: 0, width: '100%' },
  refused: { marginBottom: '8px', fontSize: tokens.fontSizeBase200, color: tokens.colorPaletteRedForeground1 },
  actions: { display: 'flex', flexWrap: 'wrap', gap: '6px' },
});

/** What the plan has against the link at `index` of the spec. */
export function linkConflicts(plan: Plan | null, index: number): PlanConflict[] {
  const path = plan?.links[index]?.path;
  if (!plan || path === undefined) return [];
  const mends = ({ change }: Fix): boolean =>
    (change.kind === 'set-link' || change.kind === 'remove-link') && change.link === index;
  return plan.conflicts.filter(
    (conflict) => conflict.fixes.some(mends) || (conflict.code.startsWith('link-') && conflict.targets.includes(path)),
  );
}

interface LinkRowProps {
  readonly number: number;
  readonly row: DraftLink;
  readonly conflicts: readonly PlanConflict[];
  readonly autoFocus: boolean;
  readonly onChange: (row: DraftLink) => void;
  readonly onRemove: () => void;
  readonly onPaste: (event: ClipboardEvent) => void;
  readonly onFix: (fix: Fix) => void;
}

function LinkRow({ number, row, conflicts, autoFocus, onChange, onRemove, onPaste, onFix }: LinkRowProps) {
  const styles = useStyles();
  const invalid = conflicts.some((conflict) => conflict.severity === 'error');
  const input = { className: styles.input, spellCheck: false, autoComplete: 'off', onPaste };
  return (
    <li>
      <div className={styles.line}>
        <Input
          size="small"
          className={styles.field}
          input={{ ...input, autoFocus }}
          aria-label={`Path of link ${number}`}
          placeholder="/home/work/input"
          {...(invalid && { 'aria-invalid': true })}
          value={row.path}
          onChange={(_, data) => onChange({ ...row, path: data.value })}
        />
        <ArrowRightRegular className={styles.arrow} aria-hidden />
        <Input
          size="small"
          className={styles.field}
          input={input}
          aria-label={`Target of link ${number}`}
          placeholder="/data/train"
          value={row.target}
          onChange={(_, data) => onChange({ ...row, target: data.value })}
        />
        <Button
          size="small"
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={`Remove link ${number}`}
          title="Remove this link"
          onClick={onRemove}
        />
      </div>
      <ConflictLines conflicts={conflicts} onFix={onFix} />
    </li>
  );
}

/** The values that are seen while it is folded. */
function foldWords(links: number, plan: Plan | null): string {
  if (links === 0) return 'None';
  const conflicts = new Set((plan?.links ?? []).flatMap((_, index) => linkConflicts(plan, index)));
  return [plural(links, 'link'), describeCount(countConflicts([...conflicts]))].filter(Boolean).join(', ');
}

export interface LinksSectionProps {
  readonly draft: Draft;
  /** The rows that the plan was made of, in its order. */
  readonly linkRows: readonly DraftLink[];
  readonly plan: Plan | null;
  readonly onFix: (fix: Fix) => void;
}

/** Symlinks in the container: places where nothing can be mounted, several sources in one folder, one source in several. */
export function LinksSection({ draft, linkRows, plan, onFix }: LinksSectionProps) {
  const styles = useStyles();
  const [added, setAdded] = useState<number | null>(null);
  const [refused, setRefused] = useState<readonly string[]>([]);
  const [dialog, setDialog] = useState<'lines' | 'script' | null>(null);
  const rows = (): readonly DraftLink[] => useDraft.getState().draft.links;
  const change = (key: number, next: DraftLink | null): void =>
    changeDraft({ links: rows().flatMap((row) => (row.key === key ? (next ? [next] : []) : [row])) });
  const add = (): void => {
    const row = newLink();
    setAdded(row.key);
    changeDraft({ links: [...rows(), row] });
  };
  const addLines = (text: string): void => {
    const read = parseLinkLines(text);
    setRefused(read.refused);
    const finished = rows().filter((row) => row.path.trim() !== '' || row.target.trim() !== '');
    const more = read.links.map(newLink);
    // The row that was pasted into may be gone, and the focus with it.
    setAdded(more.at(-1)?.key ?? null);
    changeDraft({ links: [...finished, ...more] });
  };
  const onPaste = (event: ClipboardEvent): void => {
    const text = event.clipboardData.getData('text/plain');
    if (!isLinkLines(text)) return;
    event.preventDefault();
    addLines(text);
  };
  return (
    <Fold title="Symlinks" value={foldWords(linkRows.length, plan)}>
      <p className={styles.about}>
        Made in the container before the job starts: several folders below one, one folder in several places, or a part of it
        under another name.
      </p>
      {draft.links.length > 0 && (
        <ul className={styles.rows} aria-label="Symlinks">
          {draft.links.map((row, index) => (
            <LinkRow
              key={row.key}
              number={index + 1}
              row={row}
              conflicts={linkConflicts(
                plan,
                linkRows.findIndex((one) => one.key === row.key),
              )}
              autoFocus={row.key === added}
              onChange={(next) => change(row.key, next)}
              onRemove={() => change(row.key, null)}
              onPaste={onPaste}
              onFix={onFix}
            />
          ))}
        </ul>
      )}
      {refused.length > 0 && (
        <div className={styles.refused} role="alert">
          Not read as a link:{' '}
          {refused
            .slice(0, 3)
            .map((line) => `“${visible(line)}”`)
            .join(', ')}
          {refused.length > 3 && ` and ${refused.length - 3} more`}. Write “target link” or “link -&gt; target”.
        </div>
      )}
      <div className={styles.actions}>
        <Button size="small" icon={<AddRegular />} onClick={add}>
          Add link
        </Button>
        <Button size="small" icon={<ClipboardPasteRegular />} onClick={() => setDialog('lines')}>
          Add several…
        </Button>
        <Button size="small" icon={<CodeRegular />} disabled={linkRows.length === 0} onClick={() => setDialog('script')}>
          Show as script
        </Button>
      </div>
      {dialog === 'lines' && <LinkLinesDialog onAdd={addLines} onClose={() => setDialog(null)} />}
      {dialog === 'script' && (
        <LinkScriptDialog links={linkRows.map(({ path, target }) => ({ path, target }))} onClose={() => setDialog(null)} />
      )}
    </Fold>
  );
}
