import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons';
import { type FormEvent, useId } from 'react';
import { formatCommandLine } from '#shared/command-line.ts';
import type { Template } from '#shared/contract/templates.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { AddressField } from '../explorer/address-field.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: '12px', overflowY: 'auto', padding: '2px 4px 2px 2px', minWidth: 0 },
  head: { display: 'flex', alignItems: 'flex-start', gap: '8px' },
  description: { flexGrow: 1, color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  runs: {
    padding: '6px 10px',
    flexShrink: 0,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    maxHeight: '96px',
    overflowY: 'auto',
  },
  image: { color: tokens.colorNeutralForeground3 },
});

/** As it would be typed, with parameters bare. */
const commandText = (command: readonly string[]): string =>
  formatCommandLine(command)
    .replaceAll(/'(\{\{\w+\}\})'/g, '$1')
    .split('\n')
    .map(visible)
    .join('\n');

interface TemplateFormProps {
  readonly template: Template;
  /** What was filled in; what was not has its default. */
  readonly values: Readonly<Record<string, string>>;
  /** Why it could not be used; its subject is the parameter. */
  readonly refusal: StowageError | null;
  readonly onChange: (name: string, value: string) => void;
  readonly onSubmit: () => void;
  /** Absent: it comes with Stowage. */
  readonly onRemove?: () => void;
}

/** What a template is for, what it runs, and what it asks for. */
export function TemplateForm({ template, values, refusal, onChange, onSubmit, onRemove }: TemplateFormProps) {
  const styles = useStyles();
  const { description, parameters, spec, name } = template;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className={styles.root} aria-label={name} onSubmit={submit}>
      <div className={styles.head}>
        <div className={styles.description}>{visible(description)}</div>
        {onRemove && (
          <Button
            size="small"
            appearance="subtle"
            icon={<DeleteRegular />}
            aria-label={`Remove the template ${name}`}
            onClick={onRemove}
          />
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll, so the keyboard must reach it */}
      <section className={styles.runs} aria-label="What it runs" tabIndex={0}>
        {spec.image !== undefined && <div className={styles.image}>{visible(spec.image)}</div>}
        {commandText(spec.command)}
      </section>
      {parameters.map((parameter) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          value={values[parameter.name] ?? parameter.default ?? ''}
          problem={refusal?.data.subject === parameter.name ? refusal.message : null}
          onChange={(value) => onChange(parameter.name, value)}
        />
      ))}
      {refusal && !parameters.some(({ name: each }) => each === refusal.data.subject) && (
        <div role="alert">{visible(refusal.message)}</div>
      )}
      <input type="submit" hidden />
    </form>
  );
}

interface ParameterFieldProps {
  readonly parameter: Template['parameters'][number];
  readonly value: string;
  readonly problem: string | null;
  readonly onChange: (value: string) => void;
}

function ParameterField({ parameter, value, problem, onChange }: ParameterFieldProps) {
  const id = useId();
  const { label, hint, kind, default: initial } = parameter;
  return (
    <Field
      label={{ children: label, htmlFor: id }}
      size="small"
      required={initial === undefined}
      {...(problem !== null && { validationMessage: problem })}
      {...(hint !== undefined && { hint })}
    >
      {kind === 'folder' ? (
        <AddressField id={id} label={label} value={value} placeholder="name:/path" onChange={onChange} />
      ) : (
        <Input id={id} size="small" input={{ spellCheck: false }} value={value} onChange={(_, data) => onChange(data.value)} />
      )}
    </Field>
  );
}
