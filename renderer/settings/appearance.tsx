import { Radio, RadioGroup } from '@fluentui/react-components';
import type { Settings } from '#shared/contract/app.ts';
import { useSettings } from '../app/stores/settings.ts';
import { Section } from '../ui/section.tsx';
import { changeSetting } from './change-setting.ts';
import { useSettingsStyles } from './settings-styles.ts';

/** Light, dark or high contrast. */
export function Appearance() {
  const styles = useSettingsStyles();
  const theme = useSettings((state) => state.settings.theme);
  return (
    <Section className={styles.section} title="Appearance">
      <div className={styles.card}>
        <div className={styles.row}>
          <span className={styles.label} id="settings-theme">
            Theme
          </span>
          <RadioGroup
            className={styles.radios}
            layout="horizontal"
            aria-labelledby="settings-theme"
            value={theme}
            onChange={(_, data) => changeSetting({ theme: data.value as Settings['theme'] })}
          >
            <Radio value="system" label="As the system" />
            <Radio value="light" label="Light" />
            <Radio value="dark" label="Dark" />
            <Radio value="contrast" label="High contrast" />
          </RadioGroup>
        </div>
      </div>
    </Section>
  );
}
