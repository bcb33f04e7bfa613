import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { BeakerRegular, FolderArrowUpRegular } from '@fluentui/react-icons';
import { type ReactNode, useState } from 'react';
import { client } from '../app/client.ts';
import { Logo } from '../app/logo.tsx';
import { goLaunch } from '../app/navigation.ts';
import { updateSettings } from '../app/stores/settings.ts';
import { chooseUpload } from '../transfers/choose.ts';
import { reportError } from '../ui/toasts.tsx';
import { offerVfolder } from './upload-here.ts';

const useStyles = makeStyles({
  page: {
    height: '100%',
    overflowY: 'auto',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    padding: '7vh 32px 32px',
    boxSizing: 'border-box',
  },
  title: {
    margin: '16px 0 0',
    fontSize: '24px',
    lineHeight: '30px',
    fontWeight: tokens.fontWeightSemibold,
    letterSpacing: '-0.01em',
  },
  lead: {
    margin: '6px 0 26px',
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase400,
    lineHeight: '22px',
    textAlign: 'center',
    maxWidth: '520px',
  },
  cards: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(240px, 1fr))',
    gap: '16px',
    width: '100%',
    maxWidth: '680px',
  },
  card: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    gap: '6px',
    padding: '20px',
    borderRadius: tokens.borderRadiusXLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  icon: { fontSize: '26px', lineHeight: 1, color: tokens.colorBrandForeground1 },
  cardTitle: { margin: '4px 0 0', fontSize: tokens.fontSizeBase400, lineHeight: '21px', fontWeight: tokens.fontWeightSemibold },
  text: { margin: '0 0 12px', color: tokens.colorNeutralForeground2, flexGrow: 1 },
  steps: {
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'center',
    gap: '8px 22px',
    margin: '28px 0 20px',
    padding: 0,
    listStyleType: 'none',
    color: tokens.colorNeutralForeground2,
  },
  step: { display: 'flex', alignItems: 'center', gap: '8px' },
  number: {
    width: '20px',
    height: '20px',
    borderRadius: '10px',
    textAlign: 'center',
    fontSize: tokens.fontSizeBase100,
    lineHeight: '20px',
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorBrandForeground1,
    backgroundColor: tokens.colorBrandBackground2,
  },
});

const steps = ['Put data into a vfolder', 'Mount it into a job', 'Run', 'Open the outputs'];

const endWelcome = (): void => void updateSettings({ welcomed: true }).catch(reportError);

/** The first start: a sample that works offline, or the person's own folder. */
export function Welcome() {
  const styles = useStyles();
  const [busy, setBusy] = useState(false);
  const trySample = async (): Promise<void> => {
    setBusy(true);
    try {
      const { spec } = await client.app.sample();
      endWelcome();
      goLaunch(spec);
    } catch (error) {
      reportError(error, 'The sample could not be made.');
      setBusy(false);
    }
  };
  return (
    <div className={styles.page}>
      <Logo size={48} />
      <h2 className={styles.title}>Welcome to Stowage</h2>
      <p className={styles.lead}>
        Stow data in virtual folders, mount them into jobs in one click, and find the outputs next to the inputs.
      </p>
      <div className={styles.cards}>
        <Card
          icon={<BeakerRegular />}
          title="Try the sample"
          text="A small vfolder and a ready job. It works offline and takes under a minute."
          action={
            <Button appearance="primary" disabled={busy} onClick={() => void trySample()}>
              {busy ? 'Making the sample…' : 'Open the sample job'}
            </Button>
          }
        />
        <Card
          icon={<FolderArrowUpRegular />}
          title="Use your own folder"
          text="Drop a folder anywhere on this page, or choose one. It is copied into a new vfolder."
          action={
            <Button
              onClick={() =>
                chooseUpload('folder', (upload) => {
                  endWelcome();
                  offerVfolder(upload);
                })
              }
            >
              Choose a folder
            </Button>
          }
        />
      </div>
      <ol className={styles.steps}>
        {steps.map((step, index) => (
          <li key={step} className={styles.step}>
            <span className={styles.number} aria-hidden>
              {index + 1}
            </span>
            {step}
          </li>
        ))}
      </ol>
      <Button appearance="transparent" onClick={endWelcome}>
        Skip, I will look around
      </Button>
    </div>
  );
}

interface CardProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
  readonly action: ReactNode;
}

function Card({ icon, title, text, action }: CardProps) {
  const styles = useStyles();
  return (
    <section className={styles.card}>
      <span className={styles.icon} aria-hidden>
        {icon}
      </span>
      <h3 className={styles.cardTitle}>{title}</h3>
      <p className={styles.text}>{text}</p>
      {action}
    </section>
  );
}
