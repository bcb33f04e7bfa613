import { makeStyles, mergeClasses, Tooltip, tokens } from '@fluentui/react-components';
import {
  ArrowExportUpRegular,
  CodeRegular,
  CubeRegular,
  type FluentIcon,
  FolderLinkRegular,
  FolderRegular,
  HomeRegular,
  PlugConnectedRegular,
} from '@fluentui/react-icons';
import { type DragEvent, useState } from 'react';
import type { ContainerNode, Fix, Plan, PlannedMount } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { ConflictLine } from './conflict-line.tsx';
import { draggedAddress, isAddressDrag } from './drag.ts';
import { approachWord, isMerelyEmpty, layOut, type ViewNode } from './plan-words.ts';

const useStyles = makeStyles({
  root: {
    position: 'relative',
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
  dropName: {
    position: 'sticky',
    top: '8px',
    zIndex: 2,
    width: 'fit-content',
    margin: '0 auto 8px',
    padding: '4px 12px',
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    fontWeight: tokens.fontWeightSemibold,
    pointerEvents: 'none',
  },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  nested: { marginLeft: '9px', paddingLeft: '15px', borderLeft: `1px solid ${tokens.colorNeutralStroke2}` },
  row: { display: 'flex', alignItems: 'center', gap: '8px', minHeight: '28px', minWidth: 0 },
  icon: { fontSize: '18px', flexShrink: 0, color: tokens.colorNeutralForeground3 },
  mountIcon: { color: tokens.colorBrandForeground1 },
  name: {
    fontFamily: tokens.fontFamilyMonospace,
    whiteSpace: 'pre',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    flexShrink: 1,
  },
  plainName: { color: tokens.colorNeutralForeground2 },
  mountName: { fontWeight: tokens.fontWeightSemibold },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  origin: {
    marginLeft: 'auto',
    paddingLeft: '12px',
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    flexShrink: 2,
    minWidth: '40px',
  },
  conflicts: { display: 'flex', flexDirection: 'column', gap: '4px', margin: '2px 0 6px 26px' },
  elsewhere: { display: 'flex', flexDirection: 'column', gap: '4px', marginBottom: '10px' },
  hint: { marginTop: '14px', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

const useBadgeStyles = makeStyles({
  root: {
    flexShrink: 0,
    padding: '0 5px',
    borderRadius: tokens.borderRadiusSmall,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    color: tokens.colorNeutralForeground2,
    fontSize: '11px',
    lineHeight: '16px',
    whiteSpace: 'nowrap',
  },
  writable: { border: `1px solid ${tokens.colorBrandStroke1}`, color: tokens.colorBrandForeground1 },
});

/** `ro` or `rw`. */
export function ModeBadge({ mode }: { readonly mode: PlannedMount['mode'] }) {
  const styles = useBadgeStyles();
  return (
    <span
      className={mergeClasses(styles.root, mode === 'rw' && styles.writable)}
      title={mode === 'rw' ? 'The job may change it' : 'The job can only read it'}
    >
      {mode}
    </span>
  );
}

/** How a mount reaches the container: shared, copied, baked. */
export function ApproachBadge({ mount }: { readonly mount: PlannedMount }) {
  const styles = useBadgeStyles();
  return (
    <Tooltip content={mount.reason} relationship="description">
      <span className={styles.root}>{approachWord(mount.approach)}</span>
    </Tooltip>
  );
}

const roleIcons: Record<PlannedMount['role'], FluentIcon> = {
  mount: FolderLinkRegular,
  code: CodeRegular,
  output: ArrowExportUpRegular,
  automount: PlugConnectedRegular,
};
const roleNotes: Record<PlannedMount['role'], string> = { mount: '', code: 'code', output: 'output', automount: 'in every job' };

function iconOf(node: ContainerNode, mount: PlannedMount | undefined): FluentIcon {
  if (mount) return roleIcons[mount.role];
  if (node.kind === 'workdir') return HomeRegular;
  return node.path === '/' ? CubeRegular : FolderRegular;
}

interface NodeProps {
  readonly view: ViewNode;
  readonly plan: Plan;
  readonly onFix: ((fix: Fix) => void) | undefined;
}

function NodeRow({ view, plan, onFix }: NodeProps) {
  const styles = useStyles();
  const { node } = view;
  const mount = node.mount === null ? undefined : plan.mounts[node.mount];
  const Icon = iconOf(node, mount);
  const isRoot = node.path === '/';
  const note = mount ? roleNotes[mount.role] : node.kind === 'workdir' ? 'working directory' : '';
  return (
    <li>
      <div className={styles.row}>
        <Icon className={mergeClasses(styles.icon, mount && styles.mountIcon)} aria-hidden />
        <span className={mergeClasses(styles.name, mount ? styles.mountName : styles.plainName)} title={visible(node.path)}>
          {visible(view.label)}
        </span>
        {isRoot && (
          <span className={styles.note}>{plan.engine === 'process' ? 'this machine' : (plan.image ?? 'no image chosen')}</span>
        )}
        {note && <span className={styles.note}>{note}</span>}
        {mount && <ModeBadge mode={mount.mode} />}
        {mount && <ApproachBadge mount={mount} />}
        {mount && (
          <span className={styles.origin} title={visible(mount.localPath ? `${mount.source}\n${mount.localPath}` : mount.source)}>
            {visible(mount.source)}
          </span>
        )}
      </div>
      {view.conflicts.length > 0 && (
        <div className={styles.conflicts}>
          {view.conflicts.map((conflict) => (
            <ConflictLine key={`${conflict.code} ${conflict.message}`} conflict={conflict} onFix={onFix} />
          ))}
        </div>
      )}
      {view.children.length > 0 && (
        <ul className={mergeClasses(styles.list, styles.nested)}>
          {view.children.map((child) => (
            <NodeRow key={child.node.path} view={child} plan={plan} onFix={onFix} />
          ))}
        </ul>
      )}
    </li>
  );
}

export interface ContainerViewProps {
  readonly plan: Plan;
  /** Absent: the plan is shown as it was, nothing can be mended. */
  readonly onFix?: (fix: Fix) => void;
  /** A vfolder or folder was dropped: its address. */
  readonly onMount?: (address: string) => void;
}

/** What the container will see: each place with its origin, mode and approach; conflicts where they arise. */
export function ContainerView({ plan, onFix, onMount }: ContainerViewProps) {
  const styles = useStyles();
  const [dropping, setDropping] = useState(false);
  const { root, elsewhere } = layOut(plan);
  // An empty form is no mistake: what it still needs stands beside Run.
  const told = onFix ? elsewhere.filter((conflict) => !isMerelyEmpty(conflict)) : elsewhere;
  const drop = onMount && {
    onDragOver: (event: DragEvent) => {
      if (!isAddressDrag(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'link';
      setDropping(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false);
    },
    onDrop: (event: DragEvent) => {
      setDropping(false);
      const address = draggedAddress(event.dataTransfer);
      if (address === null) return;
      event.preventDefault();
      onMount(address);
    },
  };
  return (
    <section
      aria-label="What the container will see"
      className={mergeClasses(styles.root, dropping && styles.dropping)}
      {...drop}
    >
      {dropping && <div className={styles.dropName}>Mount it into this job</div>}
      {told.length > 0 && (
        <div className={styles.elsewhere}>
          {told.map((conflict) => (
            <ConflictLine key={`${conflict.code} ${conflict.message}`} conflict={conflict} onFix={onFix} />
          ))}
        </div>
      )}
      <ul className={styles.list}>
        <NodeRow view={root} plan={plan} onFix={onFix} />
      </ul>
      {onMount && plan.mounts.every((mount) => mount.role !== 'mount') && (
        <div className={styles.hint}>Drag a vfolder here to mount it.</div>
      )}
    </section>
  );
}
