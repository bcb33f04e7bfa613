import { mergeClasses, Tooltip } from '@fluentui/react-components';
import { useEffect, useRef, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { useTableStyles } from './table-styles.ts';

/** What is asked of a new name, and told when it is there. */
export interface Renaming<Renamed extends Entry> {
  /** What speaks against a new name, in words. */
  readonly nameProblem: (entry: Renamed, name: string) => string | null;
  /** The new name, or null when renaming was given up. */
  readonly onRenamed: (entry: Renamed, name: string | null) => void;
}

/** Why nothing can be called so, anywhere. */
export const badName = (name: string): string | null =>
  name === '.' || name === '..' || name.includes('/') ? 'A name cannot be “.” or “..” and has no “/”.' : null;

/** In the place of a name: a field for the new one. */
export function RenameField<Renamed extends Entry>({
  entry,
  nameProblem,
  onRenamed,
}: Renaming<Renamed> & { readonly entry: Renamed }) {
  const styles = useTableStyles();
  const done = useRef(false);
  const field = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the field appears
  useEffect(() => {
    field.current?.focus();
    const dot = entry.kind === 'file' ? entry.name.lastIndexOf('.') : -1;
    field.current?.setSelectionRange(0, dot > 0 ? dot : entry.name.length);
  }, []);
  const [problem, setProblem] = useState<string | null>(null);
  const finish = (name: string | null): void => {
    if (done.current) return;
    done.current = true;
    onRenamed(entry, name === null || name === entry.name || name.trim() === '' ? null : name);
  };
  return (
    <Tooltip content={problem ?? ''} visible={problem !== null} relationship="description" positioning="below-start" withArrow>
      <input
        className={mergeClasses(styles.rename, problem !== null && styles.renameBad)}
        aria-label={`New name of ${visible(entry.name)}`}
        aria-invalid={problem !== null}
        defaultValue={entry.name}
        spellCheck={false}
        ref={field}
        onMouseDown={(event) => event.stopPropagation()}
        onClick={(event) => event.stopPropagation()}
        onDoubleClick={(event) => event.stopPropagation()}
        onChange={(event) => setProblem(nameProblem(entry, event.target.value))}
        onBlur={(event) => finish(problem === null ? event.target.value : null)}
        onKeyDown={(event) => {
          event.stopPropagation();
          // A name that cannot be is kept in the field, to be changed.
          if (event.key === 'Enter' && problem === null) finish(event.currentTarget.value);
          if (event.key === 'Escape') finish(null);
        }}
      />
    </Tooltip>
  );
}
