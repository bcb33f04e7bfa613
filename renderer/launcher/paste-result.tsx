import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  ArrowSwapRegular,
  CheckmarkCircleRegular,
  LinkAddRegular,
  SubtractCircleRegular,
  WarningFilled,
} from '@fluentui/react-icons';
import { type ReactNode, useState } from 'react';
import { formatCommandLine } from '#shared/command-line.ts';
import type { JobSpec } from '#shared/contract/plan.ts';
import type { StowageError } from '#shared/errors.ts';
import { type Imported, importSourceNames, type Remark } from '#shared/import/imported.ts';
import { baseName, visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { updateSettings, useSettings } from '../app/stores/settings.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { suggestName } from '../explorer/vfolder-name.ts';
import { plural } from '../ui/format.ts';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    gap: '10px',
    maxHeight: 'calc(100vh - 420px)',
    minHeight: '140px',
    overflowY: 'auto',
  },
  read: { display: 'flex', gap: '8px', alignItems: 'baseline', minWidth: 0 },
  icon: { fontSize: '16px', flexShrink: 0, alignSelf: 'center', color: tokens.colorPaletteGreenForeground1 },
  source: { fontWeight: tokens.fontWeightSemibold, flexShrink: 0 },
  facts: { color: tokens.colorNeutralForeground2, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  list: { listStyleType: 'none', margin: '4px 0 0', padding: 0 },
  remark: { display: 'grid', gridTemplateColumns: '16px 1fr auto', gap: '8px', padding: '3px 0', alignItems: 'start' },
  mark: { fontSize: '16px', marginTop: '2px', color: tokens.colorNeutralForeground3 },
  warning: { color: tokens.colorPaletteDarkOrangeForeground1 },
  text: { overflowWrap: 'anywhere', minWidth: 0 },
  code: {
    padding: '0 5px',
    borderRadius: tokens.borderRadiusSmall,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
  },
  hint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  problem: { color: tokens.colorPaletteRedForeground1, fontSize: tokens.fontSizeBase200 },
});

/** What the text was read as, and every part of it that is not in the form as it was. */
export function PasteResult({ imported: { source, spec, remarks } }: { readonly imported: Imported }) {
  const styles = useStyles();
  const of = (kind: Remark['kind']): Remark[] => remarks.filter((remark) => remark.kind === kind);
  const warning = <WarningFilled className={mergeClasses(styles.mark, styles.warning)} aria-hidden />;
  return (
    <section className={styles.root} aria-label="What was read">
      <div className={styles.read} role="status">
        <CheckmarkCircleRegular className={styles.icon} aria-hidden />
        <span className={styles.source}>Read as {importSourceNames[source]}</span>
        <span className={styles.facts} title={factsOf(spec)}>
          {factsOf(spec)}
        </span>
      </div>
      <Remarks title="Not carried over" remarks={of('lost')} icon={warning} />
      <Remarks title="Different here" remarks={of('changed')} icon={<ArrowSwapRegular className={styles.mark} aria-hidden />} />
      <Remarks title="Not needed" remarks={of('needless')} icon={<SubtractCircleRegular className={styles.mark} aria-hidden />} />
    </section>
  );
}

/** The job in one line. */
function factsOf({ image, command, code, mounts, env, ports, resources: { gpus } }: JobSpec): string {
  const counted = [
    code !== undefined && 'code folder',
    mounts.length > 0 && plural(mounts.length, 'mount'),
    env.length > 0 && plural(env.length, 'variable'),
    ports !== undefined && plural(ports.length, 'port'),
    gpus !== undefined && (gpus === 'all' ? 'all GPUs' : plural(Array.isArray(gpus) ? gpus.length : gpus, 'GPU')),
  ];
  return [image ?? 'no image', visible(formatCommandLine(command).slice(0, 120)), ...counted].filter(Boolean).join(' · ');
}

interface RemarksProps {
  readonly title: string;
  readonly remarks: readonly Remark[];
  readonly icon: ReactNode;
}

function Remarks({ title, remarks, icon }: RemarksProps) {
  const styles = useStyles();
  if (remarks.length === 0) return null;
  return (
    <div>
      <h3 className={styles.title}>
        {title} ({remarks.length})
      </h3>
      <ul className={styles.list} aria-label={title}>
        {remarks.map((remark, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is made anew with the text
          <RemarkItem key={index} remark={remark} icon={icon} />
        ))}
      </ul>
    </div>
  );
}

function RemarkItem({ remark: { what, why, hint, folder }, icon }: { readonly remark: Remark; readonly icon: ReactNode }) {
  const styles = useStyles();
  const [problem, setProblem] = useState<StowageError | null>(null);
  return (
    <li className={styles.remark}>
      {icon}
      <div className={styles.text}>
        <code className={styles.code}>{visible(what)}</code> {visible(why)}.
        {hint !== undefined && <div className={styles.hint}>{visible(hint)}</div>}
        {problem && (
          <div role="alert" className={styles.problem}>
            {visible(problem.message)}
          </div>
        )}
      </div>
      {folder && <LinkButton folder={folder} refused={problem?.code === 'path-refused'} onProblem={setProblem} />}
    </li>
  );
}

interface LinkButtonProps {
  readonly folder: NonNullable<Remark['folder']>;
  /** It lies in no folder that may be linked: which those are is the person's to say. */
  readonly refused: boolean;
  readonly onProblem: (problem: StowageError | null) => void;
}

/** Links the folder as a vfolder; the command is then read again, and has it as a mount. */
function LinkButton({ folder: { path, mode }, refused, onProblem }: LinkButtonProps) {
  const taken = useVfolders((state) => state.vfolders).map(({ name }) => name);
  const roots = useSettings((state) => state.settings.linkRoots);
  const [busy, setBusy] = useState(false);
  const name = suggestName(baseName(path), taken);
  const link = async (): Promise<void> => {
    setBusy(true);
    onProblem(null);
    try {
      if (refused) await updateSettings({ linkRoots: [...roots, path] });
      await client.vfolders.link({ name, target: { kind: 'local', path }, permission: mode });
    } catch (error) {
      onProblem(fromContract(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="small" icon={<LinkAddRegular />} disabled={busy} onClick={() => void link()}>
      {refused ? `Allow and link “${name}”` : `Link as “${name}”`}
    </Button>
  );
}
