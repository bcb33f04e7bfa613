import { Field, Select } from '@fluentui/react-components';
import type { Usage } from '#shared/contract/vfolders.ts';

export const usageWords: Record<Usage, string> = { general: 'General', data: 'Data', model: 'Model', output: 'Output' };

const isUsage = (value: string): value is Usage => value in usageWords;

/** What a vfolder is for. */
export function UsageField({ value, onChange }: { readonly value: Usage; readonly onChange: (usage: Usage) => void }) {
  return (
    <Field label="Usage">
      <Select value={value} onChange={(_, data) => isUsage(data.value) && onChange(data.value)}>
        {Object.entries(usageWords).map(([usage, word]) => (
          <option key={usage} value={usage}>
            {word}
          </option>
        ))}
      </Select>
    </Field>
  );
}
