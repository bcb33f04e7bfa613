import type { ContainerNode } from '../contract/plan.ts';
import { compareText } from './overlap.ts';
import { segmentsOf } from './target.ts';
import type { Finding, LaidFile, LaidLink, Layout } from './types.ts';

interface Branch {
  readonly node: ContainerNode;
  readonly children: Map<string, Branch>;
}

const createBranch = (name: string, path: string): Branch => ({
  node: { name, path, kind: 'directory', mount: null, link: null, severity: null, children: [] },
  children: new Map(),
});

/** What the container will see: every target, every link, every laid file and the working directory, sorted by name. */
export function buildTree(
  layout: Layout,
  findings: readonly Finding[],
  { links, files }: { readonly links: readonly LaidLink[]; readonly files: readonly LaidFile[] },
): ContainerNode {
  const root = createBranch('/', '/');
  const workdir = grow(root, layout.workdir);
  workdir.kind = 'workdir';
  for (const mount of layout.placed.values()) {
    const node = grow(root, mount.target);
    node.kind = 'mount';
    node.mount = mount.index;
  }
  for (const link of links) {
    const node = grow(root, link.path);
    node.kind = 'link';
    node.link = link.index;
  }
  for (const file of files) {
    const node = grow(root, file.path);
    if (node.kind === 'directory') node.kind = 'file';
  }
  for (const [path, severity] of worstByPath(findings)) {
    const node = find(root, path);
    if (node) node.severity = severity;
  }
  return settle(root);
}

function grow(root: Branch, path: string): ContainerNode {
  let branch = root;
  for (const name of path.split('/')) {
    if (name === '') continue;
    let child = branch.children.get(name);
    if (!child) {
      child = createBranch(name, branch === root ? `/${name}` : `${branch.node.path}/${name}`);
      branch.children.set(name, child);
    }
    branch = child;
  }
  return branch.node;
}

function find(root: Branch, path: string): ContainerNode | null {
  let branch: Branch | undefined = root;
  for (const name of segmentsOf(path)) branch = branch?.children.get(name);
  return branch?.node ?? null;
}

function worstByPath(findings: readonly Finding[]): Map<string, 'error' | 'warning'> {
  const worst = new Map<string, 'error' | 'warning'>();
  for (const { severity, mounts, targets = [] } of findings) {
    const paths = [...mounts.filter((mount) => mount.targetProblem === null).map((mount) => mount.target), ...targets];
    for (const path of paths) if (severity === 'error' || !worst.has(path)) worst.set(path, severity);
  }
  return worst;
}

/** Depth is bounded by the depth of targets (target.ts), so recursion is. */
function settle({ node, children }: Branch): ContainerNode {
  const sorted = [...children.values()].sort((a, b) => compareText(a.node.name, b.node.name));
  return { ...node, children: sorted.map(settle) };
}
