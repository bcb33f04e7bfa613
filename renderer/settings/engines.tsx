import { Badge, Button, mergeClasses, Select, Spinner } from '@fluentui/react-components';
import { ArrowClockwiseRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { EngineStatus } from '#shared/contract/engines.ts';
import { engineName } from '#shared/engines.ts';
import { visible } from '#shared/paths.ts';
import { loadEngines, useEngines } from '../app/stores/engines.ts';
import { useSettings } from '../app/stores/settings.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, plural } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { type Tone, ToneIcon } from '../ui/tone-icon.tsx';
import { changeSetting } from './change-setting.ts';
import { useSettingsStyles } from './settings-styles.ts';

const stateTones: Readonly<Record<EngineStatus['state'], Tone>> = {
  ready: 'ok',
  checking: 'checking',
  absent: 'off',
  permission: 'error',
  error: 'error',
};

function engineFacts(engine: EngineStatus): string {
  return [
    engine.cpus !== null && plural(engine.cpus, 'CPU'),
    engine.memoryBytes !== null && `${formatBytes(engine.memoryBytes)} memory`,
    engine.os,
    engine.gpus.state === 'ready' ? engine.gpus.message : engine.gpus.state === 'absent' && 'no GPUs',
    !engine.local && 'files are sent to it as copies',
  ]
    .filter(Boolean)
    .join(', ');
}

/** What runs jobs, and which is taken when nobody says. */
export function Engines() {
  const styles = useSettingsStyles();
  const { engines, problem } = useEngines();
  const preferred = useSettings((state) => state.settings.defaultEngine);
  const [checking, setChecking] = useState(false);
  const check = async (): Promise<void> => {
    setChecking(true);
    await loadEngines({ wait: true });
    setChecking(false);
  };
  return (
    <Section
      className={styles.section}
      title="Engines"
      aside={
        <Button
          size="small"
          icon={checking ? <Spinner size="extra-tiny" aria-hidden /> : <ArrowClockwiseRegular />}
          disabled={checking}
          onClick={() => void check()}
        >
          Check again
        </Button>
      }
    >
      {problem && <ErrorMessage error={problem} />}
      <div className={styles.card}>
        {engines.map((engine) => (
          <div key={engine.id} className={mergeClasses(styles.row, styles.top)}>
            <ToneIcon tone={stateTones[engine.state]} />
            <div className={styles.words}>
              <div className={styles.name}>
                {visible(engine.name)}
                {!engine.isolated && (
                  <Badge size="small" appearance="outline" color="warning">
                    not isolated
                  </Badge>
                )}
              </div>
              <div className={styles.text}>{visible(engine.message)}</div>
              {engine.state === 'ready' && engineFacts(engine) && (
                <div className={styles.text} title={visible(engine.gpus.message)}>
                  {engineFacts(engine)}
                </div>
              )}
            </div>
          </div>
        ))}
        <div className={styles.row}>
          <label className={styles.label} htmlFor="settings-engine">
            Default engine
          </label>
          <Select
            id="settings-engine"
            size="small"
            value={preferred ?? ''}
            onChange={(_, data) => changeSetting({ defaultEngine: data.value || null })}
          >
            <option value="">Docker when it answers, else this machine</option>
            {[...new Set([...engines.map(({ id }) => id), ...(preferred === null ? [] : [preferred])])].map((id) => (
              <option key={id} value={id}>
                {engineName(id)}
              </option>
            ))}
          </Select>
        </div>
      </div>
    </Section>
  );
}
