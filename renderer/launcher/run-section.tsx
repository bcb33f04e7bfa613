import { Button, Checkbox, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { useId } from 'react';
import { quoteWord, toArgv } from '#shared/command-line.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { engineKind } from '#shared/engines.ts';
import { useEngines } from '../app/stores/engines.ts';
import type { Draft, DraftProblem } from './draft.ts';
import { changeDraft } from './draft-store.ts';
import { EngineChoice } from './engine-choice.tsx';
import { FieldRow, FormSection } from './form-parts.tsx';
import { ImageField } from './image-field.tsx';

const useStyles = makeStyles({
  caution: {
    color: tokens.colorPaletteDarkOrangeForeground1,
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: '4px',
  },
  command: { width: '100%' },
  textarea: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase300, maxHeight: '220px' },
  below: { display: 'flex', alignItems: 'flex-start', gap: '8px', marginTop: '4px', minHeight: '24px' },
  shell: { flexShrink: 0, marginLeft: 'auto', marginTop: '-4px', marginRight: '-8px' },
  argv: { display: 'flex', flexWrap: 'wrap', gap: '4px', minWidth: 0, paddingTop: '4px' },
  word: {
    padding: '0 5px',
    maxWidth: '100%',
    boxSizing: 'border-box',
    borderRadius: tokens.borderRadiusSmall,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: '18px',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'pre',
  },
  quiet: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3, lineHeight: '24px' },
  advice: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: '8px',
    marginTop: '4px',
    fontSize: tokens.fontSizeBase200,
  },
});

/** The words that will be run, each by itself. */
function ArgvLine({ argv }: { readonly argv: readonly string[] }) {
  const styles = useStyles();
  if (argv.length === 0) return <span className={styles.quiet}>Split into words as a shell would, then run without one.</span>;
  return (
    <ol className={styles.argv} aria-label="Words of the command" style={{ margin: 0, paddingLeft: 0, listStyle: 'none' }}>
      {argv.slice(0, 60).map((word, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a word is its place
        <li key={index} className={styles.word} title={word}>
          {word === '' ? quoteWord(word) : word}
        </li>
      ))}
      {argv.length > 60 && <li className={styles.quiet}>and {argv.length - 60} more</li>}
    </ol>
  );
}

export interface RunSectionProps {
  readonly draft: Draft;
  readonly plan: Plan | null;
  readonly problems: readonly DraftProblem[];
  readonly onPulled: () => void;
}

/** What to run: the engine, the image, the command. */
export function RunSection({ draft, plan, problems, onPulled }: RunSectionProps) {
  const styles = useStyles();
  const id = useId();
  const engines = useEngines((state) => state.engines);
  const chosen = draft.engine ?? plan?.engine ?? engines.find((engine) => engine.state === 'ready')?.id ?? 'docker';
  const conflict = (code: string) => plan?.conflicts.find((one) => one.code === code)?.message ?? null;
  const command = toArgv({ text: draft.command, shell: draft.shell });
  const hasImages = engineKind(chosen) === 'docker';
  return (
    <FormSection title="What to run">
      <EngineChoice chosen={chosen} />
      {hasImages && (
        <ImageField
          engine={chosen}
          value={draft.image}
          problem={draft.image.trim() === '' ? null : conflict('image-missing')}
          onChange={(image) => changeDraft({ image })}
          onPulled={onPulled}
        />
      )}
      <FieldRow label="Command" htmlFor={id} problem={problems.find((problem) => problem.field === 'command')?.message}>
        <Textarea
          id={id}
          className={styles.command}
          textarea={{ className: styles.textarea, spellCheck: false, autoComplete: 'off', rows: draft.shell ? 4 : 2 }}
          size="small"
          resize="vertical"
          value={draft.command}
          placeholder={draft.shell ? 'wc -l mydata/*.csv > out/lines' : 'python train.py --epochs 10'}
          onChange={(_, data) => changeDraft({ command: data.value })}
        />
        <div className={styles.below}>
          {draft.shell ? (
            <span className={styles.quiet}>Run by sh -c, {hasImages ? 'inside the container' : 'on this machine'}.</span>
          ) : (
            <ArgvLine argv={command.argv} />
          )}
          <Checkbox
            className={styles.shell}
            size="medium"
            label="Run in a shell"
            checked={draft.shell}
            onChange={(_, data) => changeDraft({ shell: data.checked === true })}
          />
        </div>
        {command.shellSyntax.length > 0 && (
          <div className={styles.advice}>
            <span className={styles.caution}>
              {command.shellSyntax.slice(0, 4).map((sign) => (
                <code key={sign} className={styles.word}>
                  {sign}
                </code>
              ))}
              {command.shellSyntax.length === 1 ? 'is' : 'are'} plain text without a shell.
            </span>
            <Button size="small" onClick={() => changeDraft({ shell: true })}>
              Run in a shell
            </Button>
          </div>
        )}
      </FieldRow>
    </FormSection>
  );
}
