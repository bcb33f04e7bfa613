import { Button, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { useState } from 'react';
import type { Settings } from '#shared/contract/app.ts';
import { parseGpuSlots, writeGpuSlots } from '#shared/jobs/gpu-slots.ts';
import { askForNotifications, useNotificationPermission } from '../app/notifications.ts';
import { useSettings } from '../app/stores/settings.ts';
import { Section } from '../ui/section.tsx';
import { changeSetting } from './change-setting.ts';
import { useSettingsStyles } from './settings-styles.ts';

/** The queue of jobs, and how their ends are told. */
export function JobSettings() {
  const styles = useSettingsStyles();
  return (
    <Section className={styles.section} title="Jobs">
      <div className={styles.card}>
        <JobsAtOnce />
        <GpuSlotsField />
        <Notifications />
      </div>
    </Section>
  );
}

interface SettingFieldProps {
  readonly id: string;
  readonly label: string;
  /** The setting as it is typed. */
  readonly written: string;
  readonly placeholder: string;
  /** Says what is wrong with it, or keeps it when `keep` is set. */
  readonly check: (text: string) => { readonly wrong: string } | { readonly keep: () => void };
  readonly hint: string;
}

function SettingField({ id, label, written, placeholder, check, hint }: SettingFieldProps) {
  const styles = useSettingsStyles();
  // Null while nobody types.
  const [text, setText] = useState<string | null>(null);
  const checked = text === null ? null : check(text);
  const wrong = checked && 'wrong' in checked ? checked.wrong : null;
  const commit = (): void => {
    if (text === null || !checked || 'wrong' in checked) return;
    setText(null);
    if (text !== written) checked.keep();
  };
  return (
    <div className={styles.row}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <Input
        id={id}
        size="small"
        placeholder={placeholder}
        aria-invalid={wrong !== null}
        aria-describedby={`${id}-hint`}
        value={text ?? written}
        onChange={(_, data) => setText(data.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setText(null);
        }}
      />
      <span id={`${id}-hint`} className={styles.text} role={wrong === null ? undefined : 'alert'}>
        {wrong ?? hint}
      </span>
    </div>
  );
}

const mostAtOnce = 64;

function JobsAtOnce() {
  const limit = useSettings((state) => state.settings.jobsAtOnce);
  return (
    <SettingField
      id="settings-jobs-at-once"
      label="Jobs at once"
      written={String(limit)}
      placeholder="4"
      check={(text) => {
        const count = Number(text.trim());
        return /^\d+$/.test(text.trim()) && count >= 1 && count <= mostAtOnce
          ? { keep: () => changeSetting({ jobsAtOnce: count }) }
          : { wrong: `Write a whole number from 1 to ${mostAtOnce}.` };
      }}
      hint="Further jobs wait in the queue, oldest first."
    />
  );
}

function GpuSlotsField() {
  const slots = useSettings((state) => state.settings.gpuSlots);
  return (
    <SettingField
      id="settings-gpu-slots"
      label="GPUs for jobs"
      written={writeGpuSlots(slots)}
      placeholder="Not counted"
      check={(text) => {
        const parsed = parseGpuSlots(text);
        return parsed === 'wrong'
          ? { wrong: 'Write how many there are, such as 2, or their ids, such as 0, 2.' }
          : { keep: () => changeSetting({ gpuSlots: parsed.slots }) };
      }}
      hint="How many, or their ids: each is given to one job at a time."
    />
  );
}

function Notifications() {
  const styles = useSettingsStyles();
  const notify = useSettings((state) => state.settings.notifyJobs);
  const permission = useNotificationPermission();
  return (
    <div className={styles.row}>
      <span className={styles.label} id="settings-notify-jobs">
        When a job ends
      </span>
      <div className={styles.words}>
        <RadioGroup
          className={styles.radios}
          layout="horizontal"
          aria-labelledby="settings-notify-jobs"
          value={notify}
          onChange={(_, data) => changeSetting({ notifyJobs: data.value as Settings['notifyJobs'] })}
        >
          <Radio value="all" label="Notify" />
          <Radio value="problems" label="Only when it did not succeed" />
          <Radio value="none" label="Say nothing" />
        </RadioGroup>
        {notify !== 'none' && permission !== 'granted' && (
          <div className={`${styles.text} ${styles.hint}`}>
            {permission === 'default'
              ? 'While this window is in the background, the system can tell you. '
              : 'Notifications of the system are switched off for Stowage; messages appear in this window.'}
          </div>
        )}
      </div>
      {notify !== 'none' && permission === 'default' && (
        <Button size="small" onClick={() => void askForNotifications()}>
          Allow notifications
        </Button>
      )}
    </div>
  );
}
