import { Combobox, makeStyles, Option } from '@fluentui/react-components';
import { useState } from 'react';
import { useClosedCombobox } from '../ui/use-closed-combobox.ts';
import { useAddressSuggestions } from './address-suggestions.ts';

const useStyles = makeStyles({
  root: { width: '100%', minWidth: 0 },
  input: { minWidth: 0, width: '100%' },
  list: { maxHeight: '280px' },
});

export interface AddressFieldProps {
  readonly id?: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly invalid?: boolean;
  readonly size?: 'small' | 'medium';
  readonly autoFocus?: boolean;
  readonly onChange: (value: string) => void;
}

/** A text field for `name:/path` that completes vfolders and the folders in them. */
export function AddressField(props: AddressFieldProps) {
  const { id, label, value, placeholder, invalid = false, size = 'small', autoFocus = false, onChange } = props;
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const suggestions = useAddressSuggestions(value, { active: open }).filter((address) => address !== value);
  const listed = open && suggestions.length > 0;
  const input = useClosedCombobox(listed);
  return (
    <Combobox
      {...(id && { id })}
      aria-label={label}
      className={styles.root}
      input={{ ref: input, className: styles.input, spellCheck: false, autoComplete: 'off', autoFocus }}
      listbox={{ className: styles.list }}
      size={size}
      freeform
      value={value}
      selectedOptions={[]}
      placeholder={placeholder}
      {...(invalid && { 'aria-invalid': true })}
      open={listed}
      onOpenChange={(_, data) => setOpen(data.open)}
      // Suggestions that come once one has gone on would lie over what is done next.
      onBlur={() => listed || setOpen(false)}
      onChange={(event) => {
        setOpen(true);
        onChange(event.currentTarget.value);
      }}
      onOptionSelect={(_, data) => {
        if (data.optionValue !== undefined) onChange(data.optionValue);
      }}
    >
      {suggestions.map((address) => (
        <Option key={address} value={address} checkIcon={null}>
          {address}
        </Option>
      ))}
    </Combobox>
  );
}
