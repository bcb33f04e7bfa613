import { Field, Select } from '@fluentui/react-components';
import { visible } from '#shared/paths.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { kindNames } from '../hosts/attach-form.ts';

interface HostFieldProps {
  /** Id of the host; `''`: the default one. */
  readonly value: string;
  readonly onChange: (host: string) => void;
}

/** The host that a new vfolder is made on. */
export function HostField({ value, onChange }: HostFieldProps) {
  const hosts = useHosts((state) => state.hosts).filter((host) => !host.readOnly);
  const chosen = hosts.find((host) => (value === '' ? host.isDefault : host.id === value));
  const trouble = chosen?.status.state === 'error' ? visible(chosen.status.message) : null;
  return (
    <Field label="Host" {...(trouble && { validationState: 'warning' as const, validationMessage: trouble })}>
      <Select value={chosen?.id ?? ''} onChange={(_, data) => onChange(data.value)}>
        {!chosen && <option value="">Choose a host</option>}
        {hosts.map((host) => (
          <option key={host.id} value={host.id}>
            {host.name} ({kindNames[host.kind]})
          </option>
        ))}
      </Select>
    </Field>
  );
}
