import { Link, makeStyles, mergeClasses, Radio, RadioGroup, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import type { EngineId, EngineStatus } from '#shared/contract/engines.ts';
import { visible } from '#shared/paths.ts';
import { useEngines } from '../app/stores/engines.ts';
import { plural } from '../ui/format.ts';
import { changeDraft } from './draft-store.ts';
import { FieldRow } from './form-parts.tsx';

const useStyles = makeStyles({
  engines: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '8px', alignItems: 'stretch' },
  engine: {
    display: 'flex',
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    ':hover': { border: `1px solid ${tokens.colorNeutralStroke1Hover}` },
  },
  chosen: { border: `1px solid ${tokens.colorBrandStroke1}`, backgroundColor: tokens.colorBrandBackground2 },
  radio: { width: '100%', alignItems: 'flex-start' },
  engineLabel: { alignSelf: 'flex-start', width: '100%' },
  engineName: { fontWeight: tokens.fontWeightSemibold },
  state: { fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200, color: tokens.colorNeutralForeground2 },
  caution: { color: tokens.colorPaletteDarkOrangeForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  more: { marginTop: '6px', fontSize: tokens.fontSizeBase200 },
});

/** An engine's state in a few words; what to do stands in Settings and in the plan. */
function engineWords(engine: EngineStatus): { text: string; tone: 'calm' | 'caution' | 'bad' } {
  if (engine.state === 'checking') return { text: 'Waiting for its answer', tone: 'calm' };
  if (engine.state !== 'ready') return { text: visible(engine.message), tone: 'bad' };
  if (!engine.isolated) return { text: 'Not isolated: runs on this machine as you', tone: 'caution' };
  const facts = [
    engine.version ? `Ready, version ${engine.version}` : 'Ready',
    !engine.local && 'on another machine',
    engine.gpus.state === 'ready' && (engine.gpus.count === null ? 'GPUs' : plural(engine.gpus.count, 'GPU')),
  ];
  return { text: facts.filter(Boolean).join(', '), tone: 'calm' };
}

/** More than these stand behind a button when they do not answer. */
const alwaysShown: readonly EngineId[] = ['docker', 'process'];

/** What runs the job. Engines that do not answer are out of the way, unless one of them is chosen. */
export function EngineChoice({ chosen }: { readonly chosen: EngineId }) {
  const styles = useStyles();
  const engines = useEngines((state) => state.engines);
  const [all, setAll] = useState(false);
  const shown = engines.filter(
    ({ id, state }) => all || id === chosen || alwaysShown.includes(id) || state === 'ready' || state === 'checking',
  );
  const hidden = engines.length - shown.length;
  return (
    <FieldRow label="Engine">
      <RadioGroup aria-label="Engine" value={chosen} onChange={(_, data) => changeDraft({ engine: data.value })}>
        <div className={styles.engines}>
          {shown.map((engine) => (
            <EngineCard key={engine.id} engine={engine} chosen={engine.id === chosen} />
          ))}
        </div>
      </RadioGroup>
      {hidden > 0 && (
        <Link as="button" className={styles.more} onClick={() => setAll(true)}>
          Show {plural(hidden, 'engine')} that cannot run jobs now
        </Link>
      )}
    </FieldRow>
  );
}

function EngineCard({ engine, chosen }: { readonly engine: EngineStatus; readonly chosen: boolean }) {
  const styles = useStyles();
  const { text, tone } = engineWords(engine);
  const label = (
    <div>
      <div className={styles.engineName}>{visible(engine.name)}</div>
      <div className={mergeClasses(styles.state, tone === 'caution' && styles.caution, tone === 'bad' && styles.bad)}>{text}</div>
    </div>
  );
  return (
    <div className={mergeClasses(styles.engine, chosen && styles.chosen)}>
      <Radio className={styles.radio} value={engine.id} label={{ className: styles.engineLabel, children: label }} />
    </div>
  );
}
