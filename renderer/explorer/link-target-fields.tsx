import { Button, Field, Input, Radio, RadioGroup, Select } from '@fluentui/react-components';
import { FolderOpenRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import type { Host } from '#shared/contract/hosts.ts';
import type { LinkTarget, Vfolder } from '#shared/contract/vfolders.ts';
import { baseName, visible } from '#shared/paths.ts';
import { desktop } from '../app/client.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { useSettings } from '../app/stores/settings.ts';
import { reportError } from '../ui/toasts.tsx';

/** What a link is to point to, as it is typed. */
export interface TargetDraft {
  readonly kind: LinkTarget['kind'];
  /** A directory of this machine. */
  readonly local: string;
  readonly host: string;
  /** A folder of the host. */
  readonly path: string;
}

export const emptyTarget: TargetDraft = { kind: 'local', local: '', host: '', path: '' };

/** A link's present target, to be changed. */
export const targetOf = (vfolder: Vfolder): TargetDraft =>
  vfolder.host.kind === 'local'
    ? { ...emptyTarget, local: vfolder.place }
    : { ...emptyTarget, kind: 'host', host: vfolder.host.id };

/** The target, or null while something is missing. */
export function readTarget(draft: TargetDraft): LinkTarget | null {
  if (draft.kind === 'host')
    return draft.host === '' ? null : { kind: 'host', host: draft.host, path: draft.path.trim().replace(/^\/+|\/+$/g, '') };
  const path = draft.local.trim();
  return path === '' ? null : { kind: 'local', path };
}

/** What the folder is called by itself, to name the link after; `''` when that cannot be told. */
export function targetName(draft: TargetDraft, hosts: readonly Host[]): string {
  const path = (draft.kind === 'local' ? draft.local : draft.path).trim().replace(/[/\\]+$/, '');
  if (path !== '') return baseName(path.replaceAll('\\', '/'));
  return draft.kind === 'host' ? (hosts.find((host) => host.id === draft.host)?.name ?? '') : '';
}

interface LinkTargetFieldsProps {
  readonly value: TargetDraft;
  readonly onChange: (target: TargetDraft) => void;
}

/** A folder of this machine, or of a storage host. */
export function LinkTargetFields({ value, onChange }: LinkTargetFieldsProps) {
  const all = useHosts((state) => state.hosts);
  const hosts = useMemo(() => all.filter((host) => host.kind !== 'local'), [all]);
  return (
    <>
      <RadioGroup
        layout="horizontal"
        style={{ marginLeft: -8 }}
        aria-label="Where the folder is"
        value={value.kind}
        onChange={(_, data) => {
          const kind = data.value === 'host' ? 'host' : 'local';
          onChange({ ...value, kind, host: value.host || (hosts[0]?.id ?? '') });
        }}
      >
        <Radio value="local" label="On this machine" />
        <Radio value="host" label="On a storage host" disabled={hosts.length === 0} />
      </RadioGroup>
      {value.kind === 'local' ? (
        <LocalField value={value.local} onChange={(local) => onChange({ ...value, local })} />
      ) : (
        <HostFields hosts={hosts} value={value} onChange={onChange} />
      )}
    </>
  );
}

function LocalField({ value, onChange }: { readonly value: string; readonly onChange: (path: string) => void }) {
  const roots = useSettings((state) => state.settings.linkRoots);
  const choose = (): void => {
    desktop
      ?.chooseFolder({ title: 'Folder to link' })
      .then((path) => path !== null && onChange(path))
      .catch(reportError);
  };
  return (
    <Field
      label="Folder"
      required
      hint={
        roots.length === 0
          ? 'No folder of this machine may be linked yet: allow some in Settings.'
          : `Anything in ${roots.map((root) => visible(root)).join(', ')} may be linked; more in Settings.`
      }
    >
      <Input
        value={value}
        autoFocus
        spellCheck={false}
        autoComplete="off"
        placeholder="/data/imagenet"
        onChange={(_, data) => onChange(data.value)}
        {...(desktop && {
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

interface HostFieldsProps extends LinkTargetFieldsProps {
  readonly hosts: readonly Host[];
}

function HostFields({ hosts, value, onChange }: HostFieldsProps) {
  const host = hosts.find((one) => one.id === value.host);
  return (
    <>
      <Field label="Host" required>
        <Select value={value.host} onChange={(_, data) => onChange({ ...value, host: data.value })}>
          {hosts.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Folder on the host" hint={host ? `Below ${visible(host.root)}; empty for all of it.` : null}>
        <Input
          value={value.path}
          spellCheck={false}
          autoComplete="off"
          placeholder="container/folder"
          onChange={(_, data) => onChange({ ...value, path: data.value })}
        />
      </Field>
    </>
  );
}
