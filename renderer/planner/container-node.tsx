import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  ArrowExportUpRegular,
  CodeRegular,
  CubeRegular,
  DocumentRegular,
  type FluentIcon,
  FolderLinkRegular,
  FolderRegular,
  HomeRegular,
  LinkRegular,
  PlugConnectedRegular,
} from '@fluentui/react-icons';
import type { ContainerNode, Fix, Plan, PlannedMount } from '#shared/contract/plan.ts';
import { engineKind } from '#shared/engines.ts';
import { visible } from '#shared/paths.ts';
import { ApproachBadge, ModeBadge } from './badges.tsx';
import { ConflictLine } from './conflict-line.tsx';
import { dropAttribute } from './drop-place.ts';
import type { ViewNode } from './plan-words.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  nested: { marginLeft: '9px', paddingLeft: '15px', borderLeft: `1px solid ${tokens.colorNeutralStroke2}` },
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    minHeight: '28px',
    minWidth: 0,
    margin: '0 -6px',
    padding: '0 6px',
    borderRadius: tokens.borderRadiusMedium,
  },
  drop: { boxShadow: `0 0 0 2px ${tokens.colorBrandStroke1}`, backgroundColor: tokens.colorBrandBackground2 },
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
    textAlign: 'right',
  },
  conflicts: { display: 'flex', flexDirection: 'column', gap: '4px', margin: '2px 0 6px 26px' },
});

const roleIcons: Record<PlannedMount['role'], FluentIcon> = {
  mount: FolderLinkRegular,
  code: CodeRegular,
  output: ArrowExportUpRegular,
  automount: PlugConnectedRegular,
};
const roleNotes: Record<PlannedMount['role'], string> = { mount: '', code: 'code', output: 'output', automount: 'in every job' };

function iconOf(node: ContainerNode, mount: PlannedMount | undefined): FluentIcon {
  if (mount) return roleIcons[mount.role];
  if (node.kind === 'link') return LinkRegular;
  if (node.kind === 'file') return DocumentRegular;
  if (node.kind === 'workdir') return HomeRegular;
  return node.path === '/' ? CubeRegular : FolderRegular;
}

interface NodeProps {
  readonly view: ViewNode;
  readonly plan: Plan;
  readonly onFix: ((fix: Fix) => void) | undefined;
  /** Path of the node under a drag. */
  readonly dropAt: string | null;
}

function kindNote({ kind, path }: ContainerNode, { steps }: Plan): string {
  if (kind === 'workdir') return 'working directory';
  if (kind !== 'file') return '';
  return steps.some((step) => step.kind === 'lay-file' && step.path === path && step.origin === 'secret') ? 'secret' : 'dotfile';
}

/** The words beside a node's name: what it stands for and where it comes from. */
function NodeNotes({ node, plan }: { readonly node: ContainerNode; readonly plan: Plan }) {
  const styles = useStyles();
  const mount = node.mount === null ? undefined : plan.mounts[node.mount];
  const link = node.link === null ? undefined : plan.links[node.link];
  const note = mount ? roleNotes[mount.role] : kindNote(node, plan);
  return (
    <>
      {node.path === '/' && (
        <span className={styles.note}>
          {engineKind(plan.engine) === 'process' ? 'this machine' : (plan.image ?? 'no image chosen')}
        </span>
      )}
      {note && <span className={styles.note}>{note}</span>}
      {link && (
        <span className={mergeClasses(styles.name, styles.plainName)} title={`Leads to ${visible(link.target)}`}>
          → {visible(link.target)}
        </span>
      )}
      {link && <span className={styles.note}>link</span>}
      {mount && <ModeBadge mode={mount.mode} />}
      {mount && <ApproachBadge mount={mount} />}
      {mount && (
        <span
          className={styles.origin}
          title={[mount.source, mount.localPath]
            .map((place) => visible(place ?? ''))
            .join('\n')
            .trimEnd()}
        >
          {visible(mount.source)}
        </span>
      )}
    </>
  );
}

function NodeRow({ view, plan, onFix, dropAt }: NodeProps) {
  const styles = useStyles();
  const { node } = view;
  const mount = node.mount === null ? undefined : plan.mounts[node.mount];
  const Icon = iconOf(node, mount);
  const stands = mount !== undefined || node.kind === 'link' || node.kind === 'file';
  // Nothing can be mounted below a link or a file.
  const takes = node.kind === 'link' || node.kind === 'file' ? {} : { [dropAttribute]: node.path };
  return (
    <li>
      <div className={mergeClasses(styles.row, dropAt === node.path && styles.drop)} {...takes}>
        <Icon className={mergeClasses(styles.icon, stands && styles.mountIcon)} aria-hidden />
        <span className={mergeClasses(styles.name, stands ? styles.mountName : styles.plainName)} title={visible(node.path)}>
          {visible(view.label)}
        </span>
        <NodeNotes node={node} plan={plan} />
      </div>
      {view.conflicts.length > 0 && (
        <div className={styles.conflicts}>
          {view.conflicts.map((conflict) => (
            <ConflictLine key={`${conflict.code} ${conflict.message}`} conflict={conflict} onFix={onFix} />
          ))}
        </div>
      )}
      {view.children.length > 0 && (
        <div className={styles.nested}>
          <NodeList views={view.children} plan={plan} onFix={onFix} dropAt={dropAt} />
        </div>
      )}
    </li>
  );
}

interface NodeListProps extends Omit<NodeProps, 'view'> {
  readonly views: readonly ViewNode[];
}

/** Places of the container beside each other, with what is below them. */
export function NodeList({ views, ...props }: NodeListProps) {
  const styles = useStyles();
  return (
    <ul className={styles.list}>
      {views.map((view) => (
        <NodeRow key={view.node.path} view={view} {...props} />
      ))}
    </ul>
  );
}
