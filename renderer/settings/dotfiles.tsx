import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { AddRegular, DeleteRegular, EditRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useState } from 'react';
import type { Dotfile } from '#shared/contract/dotfiles.ts';
import { mostDotfileBytes, mostDotfiles } from '#shared/dotfiles/rules.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { writeBytes } from '#shared/sizes.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract, useConnection } from '../app/client.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatAgo, formatBytes, formatExactTime, plural } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { reportError } from '../ui/toasts.tsx';
import { DotfileDialog } from './dotfile-dialog.tsx';
import { useSettingsStyles } from './settings-styles.ts';
import { useTableStyles } from './settings-table.ts';

const useStyles = makeStyles({
  none: { padding: '14px', color: tokens.colorNeutralForeground2 },
  path: {
    fontFamily: tokens.fontFamilyMonospace,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  mode: { fontFamily: tokens.fontFamilyMonospace },
  sum: { margin: '6px 0 0', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
});

interface Listed {
  readonly files: readonly Dotfile[] | null;
  readonly error: StowageError | null;
}

function useDotfiles(): Listed {
  const [listed, setListed] = useState<Listed>({ files: null, error: null });
  const epoch = useConnection((connection) => connection.epoch);
  const load = useCallback(async (): Promise<void> => {
    try {
      setListed({ files: await client.dotfiles.list(), error: null });
    } catch (error) {
      setListed((before) => ({ ...before, error: fromContract(error) }));
    }
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection may know others
  useEffect(() => {
    void load();
    return onChange((change) => {
      if (change.type === 'dotfiles') void load();
    });
  }, [load, epoch]);
  return listed;
}

interface DotfileRowProps {
  readonly file: Dotfile;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function DotfileRow({ file, onEdit, onRemove }: DotfileRowProps) {
  const table = useTableStyles();
  const styles = useStyles();
  const path = visible(file.path);
  return (
    <tr>
      <th scope="row" className={mergeClasses(table.td, table.wide)}>
        <div className={styles.path} title={`~/${path}`}>
          {path}
        </div>
      </th>
      <td className={mergeClasses(table.td, table.right, styles.mode)}>{file.permission}</td>
      <td className={mergeClasses(table.td, table.right)}>{formatBytes(file.bytes)}</td>
      <td className={mergeClasses(table.td, table.right)} title={formatExactTime(file.changedAt)}>
        {formatAgo(file.changedAt)}
      </td>
      <td className={mergeClasses(table.td, table.actions)}>
        <Button
          size="small"
          appearance="subtle"
          icon={<EditRegular />}
          aria-label={`Change ${path}`}
          title="Change this file"
          onClick={onEdit}
        />
        <Button
          size="small"
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={`Remove ${path}`}
          title="Remove this file"
          onClick={onRemove}
        />
      </td>
    </tr>
  );
}

async function remove(path: string): Promise<void> {
  try {
    await client.dotfiles.remove({ path });
  } catch (error) {
    reportError(error, `“${visible(path)}” could not be removed.`);
  }
}

/** Files that are placed in the home directory of every job. */
export function Dotfiles() {
  const settings = useSettingsStyles();
  const table = useTableStyles();
  const styles = useStyles();
  const { files, error } = useDotfiles();
  const [editing, setEditing] = useState<Dotfile | 'new' | null>(null);
  const [removing, setRemoving] = useState<Dotfile | null>(null);
  const bytes = (files ?? []).reduce((sum, file) => sum + file.bytes, 0);
  return (
    <div id="settings-dotfiles">
      <Section
        className={settings.section}
        title="Dotfiles"
        aside={
          <Button size="small" icon={<AddRegular />} onClick={() => setEditing('new')}>
            Add a dotfile
          </Button>
        }
      >
        {error && <ErrorMessage error={error} />}
        {files && (
          <div className={settings.card}>
            {files.length === 0 ? (
              <div className={styles.none}>
                None. Files such as .bashrc, .netrc or .aws/config, set up once here, are placed in the home directory of every
                job, with their permission. They are kept sealed.
              </div>
            ) : (
              <table className={table.table} aria-label="Dotfiles">
                <thead>
                  <tr>
                    <th scope="col" className={mergeClasses(table.th, table.wide)}>
                      File in the home directory
                    </th>
                    {['Permission', 'Size', 'Changed'].map((heading) => (
                      <th key={heading} scope="col" className={mergeClasses(table.th, table.right)}>
                        {heading}
                      </th>
                    ))}
                    <th scope="col" className={table.th} aria-label="Actions" />
                  </tr>
                </thead>
                <tbody>
                  {files.map((file) => (
                    <DotfileRow key={file.path} file={file} onEdit={() => setEditing(file)} onRemove={() => setRemoving(file)} />
                  ))}
                </tbody>
              </table>
            )}
          </div>
        )}
        {files && files.length > 0 && (
          <p className={styles.sum}>
            {plural(files.length, 'file')} of at most {mostDotfiles}, {formatBytes(bytes)} of at most{' '}
            {writeBytes(mostDotfileBytes)}. Kept sealed.
          </p>
        )}
      </Section>
      {editing && <DotfileDialog file={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {removing && (
        <ConfirmDialog
          title={`Remove “${visible(removing.path)}”?`}
          action="Remove the file"
          onCancel={() => setRemoving(null)}
          onConfirm={() => {
            setRemoving(null);
            void remove(removing.path);
          }}
        >
          Its contents are lost. Jobs that run already keep theirs; later ones do not get it.
        </ConfirmDialog>
      )}
    </div>
  );
}
