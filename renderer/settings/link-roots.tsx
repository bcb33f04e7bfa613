import { Button, Input, mergeClasses } from '@fluentui/react-components';
import { AddRegular, DeleteRegular, FolderRegular } from '@fluentui/react-icons';
import { type FormEvent, useState } from 'react';
import { visible } from '#shared/paths.ts';
import { desktop } from '../app/client.ts';
import { useSettings } from '../app/stores/settings.ts';
import { Section } from '../ui/section.tsx';
import { reportError } from '../ui/toasts.tsx';
import { changeSetting } from './change-setting.ts';
import { useSettingsStyles } from './settings-styles.ts';

/** The directories of this machine below which links may point. */
export function LinkRoots() {
  const styles = useSettingsStyles();
  const roots = useSettings((state) => state.settings.linkRoots);
  const [path, setPath] = useState('');
  const wanted = path.trim();
  const problem =
    wanted === '' || /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(wanted)
      ? roots.includes(wanted)
        ? 'It is allowed already.'
        : null
      : 'Write an absolute path.';
  const add = (root: string): void => {
    if (!roots.includes(root)) changeSetting({ linkRoots: [...roots, root] });
    setPath('');
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (wanted !== '' && problem === null) add(wanted);
  };
  const choose = (): void => {
    desktop
      ?.chooseFolder({ title: 'Folder that may be linked' })
      .then((chosen) => chosen !== null && add(chosen))
      .catch(reportError);
  };
  return (
    <Section className={styles.section} title="Folders that may be linked">
      <div className={styles.card}>
        {roots.map((root) => (
          <div key={root} className={styles.row}>
            <FolderRegular className={styles.plainIcon} aria-hidden />
            <span className={mergeClasses(styles.words, styles.value)}>{visible(root)}</span>
            <Button
              size="small"
              appearance="subtle"
              icon={<DeleteRegular />}
              aria-label={`No longer allow ${visible(root)}`}
              title="No longer allow it; links that are there stay"
              onClick={() => changeSetting({ linkRoots: roots.filter((one) => one !== root) })}
            />
          </div>
        ))}
        <form className={styles.row} onSubmit={submit}>
          <Input
            size="small"
            className={styles.words}
            aria-label="Another folder that may be linked"
            placeholder="/data"
            spellCheck={false}
            autoComplete="off"
            value={path}
            onChange={(_, data) => setPath(data.value)}
          />
          {problem && <span role="alert">{problem}</span>}
          {desktop && (
            <Button size="small" onClick={choose}>
              Choose…
            </Button>
          )}
          <Button type="submit" size="small" icon={<AddRegular />} disabled={wanted === '' || problem !== null}>
            Allow
          </Button>
        </form>
      </div>
    </Section>
  );
}
