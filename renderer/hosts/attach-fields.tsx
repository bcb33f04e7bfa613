import { Button, Checkbox, Field, Input, makeStyles, mergeClasses, Select } from '@fluentui/react-components';
import { FolderOpenRegular } from '@fluentui/react-icons';
import { desktop } from '../app/client.ts';
import { reportError } from '../ui/toasts.tsx';
import {
  type AttachForm,
  azureForms,
  type FieldId,
  type FieldSpec,
  type FormValues,
  fieldsOf,
  isPathStyle,
} from './attach-form.ts';

const useStyles = makeStyles({
  grid: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '12px', alignItems: 'start' },
  wide: { gridColumn: '1 / -1' },
  box: { margin: '-6px 0 -6px -8px' },
});

export interface AttachFieldsProps {
  readonly form: AttachForm;
  readonly values: FormValues;
  /** Credentials that are kept when their fields stay empty. */
  readonly keeps?: boolean;
  readonly onForm: (form: AttachForm) => void;
  readonly onValues: (values: FormValues) => void;
}

/** The fields of one way to attach a host. */
export function AttachFields({ form, values, keeps = false, onForm, onValues }: AttachFieldsProps) {
  const styles = useStyles();
  const set = (id: FieldId, text: string): void => onValues({ ...values, text: { ...values.text, [id]: text } });
  return (
    <div className={styles.grid}>
      {azureForms.some(([id]) => id === form) && (
        <Field label="Sign in with" className={styles.wide}>
          <Select value={form} onChange={(_, data) => onForm(azureForms.find(([id]) => id === data.value)?.[0] ?? form)}>
            {azureForms.map(([id, label]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      )}
      {fieldsOf(form).map((field) => (
        <AttachField
          key={field.id}
          field={field}
          value={values.text[field.id] ?? ''}
          keeps={keeps}
          onChange={(text) => set(field.id, text)}
        />
      ))}
      {form === 's3' && (
        <Checkbox
          className={mergeClasses(styles.wide, styles.box)}
          checked={isPathStyle(values)}
          label="Path-style addresses, which most servers but Amazon’s need"
          onChange={(_, data) => onValues({ ...values, pathStyle: data.checked === true })}
        />
      )}
    </div>
  );
}

interface AttachFieldProps {
  readonly field: FieldSpec;
  readonly value: string;
  readonly keeps: boolean;
  readonly onChange: (text: string) => void;
}

function AttachField({ field, value, keeps, onChange }: AttachFieldProps) {
  const styles = useStyles();
  const { id, label, secret = false, required = false, placeholder, hint, wide } = field;
  const choose = (): void => {
    desktop
      ?.chooseFolder({ title: 'Folder that holds the vfolders' })
      .then((path) => path !== null && onChange(path))
      .catch(reportError);
  };
  return (
    <Field
      label={label}
      required={required && !(keeps && secret)}
      className={mergeClasses(wide && styles.wide)}
      {...(hint && { hint })}
    >
      <Input
        value={value}
        type={secret ? 'password' : 'text'}
        spellCheck={false}
        autoComplete="off"
        placeholder={secret && keeps ? 'kept as it is' : placeholder}
        onChange={(_, data) => onChange(data.value)}
        {...(id === 'root' &&
          desktop && {
            contentAfter: (
              <Button size="small" appearance="transparent" icon={<FolderOpenRegular />} onClick={choose}>
                Choose…
              </Button>
            ),
          })}
      />
    </Field>
  );
}
