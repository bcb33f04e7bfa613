import { Field, Input } from '@fluentui/react-components';

export interface NameFieldProps {
  readonly label: string;
  readonly value: string;
  /** What speaks against the name, in a sentence. */
  readonly problem: string | null;
  readonly hint?: string;
  readonly required?: boolean;
  readonly autoFocus?: boolean;
  readonly onChange: (name: string) => void;
}

/** A field for the name of a thing: what is in it is selected when it is entered, what is wrong with it is said below. */
export function NameField({ label, value, problem, hint, required = false, autoFocus = false, onChange }: NameFieldProps) {
  const below = problem ? { validationState: 'error' as const, validationMessage: problem } : hint ? { hint } : {};
  return (
    <Field label={label} required={required} {...below}>
      <Input
        value={value}
        autoFocus={autoFocus}
        spellCheck={false}
        autoComplete="off"
        onFocus={(event) => event.target.select()}
        onChange={(_, data) => onChange(data.value)}
      />
    </Field>
  );
}
