import { Button, Input, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { ArrowResetRegular, ArrowUndoRegular, BeakerRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Fix, JobSpec, Plan } from '#shared/contract/plan.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { goJobs, useNavigation } from '../app/navigation.ts';
import { useCache } from '../app/stores/cache.ts';
import { useEngines } from '../app/stores/engines.ts';
import { putJob, useJobs } from '../app/stores/jobs.ts';
import { useSettings } from '../app/stores/settings.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { useLoads } from '../cache/loads.ts';
import { ContainerView } from '../planner/container-view.tsx';
import { usePlanPreview } from '../planner/plan-preview.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { SplitPane } from '../ui/split-pane.tsx';
import { reportError } from '../ui/toasts.tsx';
import { AdvancedSection } from './advanced-section.tsx';
import { DataSection } from './data-section.tsx';
import { applyFixToDraft, emptyDraft, fromSpec, isPristine, toSpec } from './draft.ts';
import { addMount, changeDraft, replaceDraft, syncDraft, useDraft } from './draft-store.ts';
import { LaunchTools } from './launch-tools.tsx';
import { LinksSection } from './links-section.tsx';
import { RunBar, reasonNotToRun } from './run-bar.tsx';
import { RunSection } from './run-section.tsx';
import { VfolderList } from './vfolder-list.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  header: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    height: '48px',
    flexShrink: 0,
    padding: '0 16px 0 20px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, whiteSpace: 'nowrap' },
  name: { width: '220px', marginLeft: '8px' },
  actions: { marginLeft: 'auto', display: 'flex', gap: '4px' },
  replaced: { display: 'flex', alignItems: 'center', gap: '4px', marginRight: '8px', color: tokens.colorNeutralForeground2 },
  body: { flexGrow: 1, minHeight: 0 },
  form: { overflowY: 'auto', height: '100%' },
  view: {
    display: 'flex',
    flexDirection: 'column',
    height: '100%',
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  viewHead: { display: 'flex', alignItems: 'center', gap: '10px', padding: '14px 14px 2px' },
  viewTitle: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  viewHint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  tree: { flexGrow: 1, minHeight: 0, overflow: 'auto', padding: '0 4px' },
  message: { margin: '8px 14px' },
  warning: { margin: '0 0 8px' },
});

function useRun() {
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<StowageError | null>(null);
  // The same form sent twice by a nervous finger is one job; the next Run after an answer is another.
  const request = useRef<string | null>(null);
  const run = useCallback(async (): Promise<void> => {
    if (request.current !== null) return;
    request.current = crypto.randomUUID();
    setRunning(true);
    setError(null);
    try {
      const { spec } = toSpec(useDraft.getState().draft);
      const job = await client.jobs.run({ spec, requestId: request.current, shown: true });
      putJob(job);
      goJobs(job.id);
    } catch (failure) {
      setError(fromContract(failure));
    } finally {
      request.current = null;
      setRunning(false);
    }
  }, []);
  return { running, error, run, dismiss: () => setError(null) };
}

async function loadSample(): Promise<void> {
  try {
    const { spec } = await client.app.sample();
    replaceDraft(fromSpec(spec), 'Took the place of the job you were preparing.');
  } catch (error) {
    reportError(error, 'The sample could not be made.');
  }
}

function Header({ spec, plan }: { readonly spec: JobSpec; readonly plan: Plan | null }) {
  const styles = useStyles();
  const { draft, replaced } = useDraft();
  return (
    <header className={styles.header}>
      <h1 className={styles.title}>New job</h1>
      <Input
        className={styles.name}
        size="small"
        aria-label="Name of the job"
        placeholder="Name it, or leave it to us"
        value={draft.name}
        onChange={(_, data) => changeDraft({ name: data.value })}
      />
      <div className={styles.actions}>
        {replaced && (
          <span className={styles.replaced} role="status">
            {replaced.why}
            <Button size="small" appearance="subtle" icon={<ArrowUndoRegular />} onClick={() => changeDraft(replaced.draft)}>
              Undo
            </Button>
          </span>
        )}
        <LaunchTools spec={spec} plan={plan} />
        <Button size="small" appearance="subtle" icon={<BeakerRegular />} onClick={() => void loadSample()}>
          Use the sample
        </Button>
        <Button
          size="small"
          appearance="subtle"
          icon={<ArrowResetRegular />}
          disabled={isPristine(draft)}
          onClick={() => replaceDraft(emptyDraft, 'Cleared.')}
        >
          Start over
        </Button>
      </div>
    </header>
  );
}

/** One page to prepare a job: the form on the left, what the container will see on the right, Run below. */
export function LaunchScreen() {
  const styles = useStyles();
  const draft = useDraft((state) => state.draft);
  const request = useNavigation((state) => state.launchRequest);
  const loaded = useSettings((state) => state.loaded);
  // biome-ignore lint/correctness/useExhaustiveDependencies: both say that there may be something to take over
  useEffect(syncDraft, [request, loaded]);
  const engines = useEngines((state) => state.engines);
  const vfolders = useVfolders((state) => state.vfolders);
  const [pulled, setPulled] = useState(0);
  const { spec, rows, linkRows, problems } = toSpec(draft);
  const preview = usePlanPreview(spec, useFacts(engines, vfolders, pulled, useCacheFact(), useJobsFact()));
  const { running, error, run, dismiss } = useRun();
  const fix = (wanted: Fix): void => changeDraft(applyFixToDraft(useDraft.getState().draft, wanted));
  const canRun = !running && reasonNotToRun(preview, problems) === null;
  const [asking, setAsking] = useState(false);
  const shared = (preview.plan?.conflicts ?? []).filter((conflict) => conflict.code === 'other-job-writes');
  const wantsClick = shared.length > 0;
  const runOrAsk = useCallback((): void => {
    if (wantsClick) setAsking(true);
    else void run();
  }, [wantsClick, run]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      if (canRun && document.querySelector('[role="dialog"], [role="alertdialog"]') === null) runOrAsk();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [canRun, runOrAsk]);
  return (
    <div className={styles.root}>
      <Header spec={spec} plan={preview.plan} />
      <div className={styles.body}>
        <SplitPane name="launch" label="Width of the form" initial={620} min={480} max={860}>
          <div className={styles.form}>
            <RunSection draft={draft} plan={preview.plan} problems={problems} onPulled={() => setPulled((count) => count + 1)} />
            <DataSection draft={draft} rows={rows} plan={preview.plan} onFix={fix} />
            <LinksSection draft={draft} linkRows={linkRows} plan={preview.plan} onFix={fix} />
            <AdvancedSection draft={draft} plan={preview.plan} problems={problems} />
          </div>
          <SplitPane
            name="launch.vfolders"
            label="Height of the vfolders"
            direction="rows"
            sized="second"
            initial={190}
            min={90}
            max={420}
          >
            <div className={styles.view}>
              <div className={styles.viewHead}>
                <h2 className={styles.viewTitle}>What the container will see</h2>
                {preview.pending && preview.plan && <Spinner size="extra-tiny" aria-label="Planning" />}
              </div>
              <div className={styles.tree}>
                {preview.error && <ErrorMessage className={styles.message} error={preview.error} />}
                {preview.plan && <ContainerView plan={preview.plan} onFix={fix} onMount={addMount} />}
              </div>
            </div>
            <VfolderList onMount={addMount} />
          </SplitPane>
        </SplitPane>
      </div>
      <RunBar preview={preview} problems={problems} running={running} error={error} onDismiss={dismiss} onRun={runOrAsk} />
      {asking && (
        <ConfirmDialog
          title="Run although another job writes there?"
          action="Run anyway"
          onCancel={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            void run();
          }}
        >
          {shared.map(({ message }) => (
            <p key={message} className={styles.warning}>
              {visible(message)}
            </p>
          ))}
          What both write at the same time can be spoilt.
        </ConfirmDialog>
      )}
    </div>
  );
}

/** Changes when a job begins or ends: it may write what this one would. */
const useJobsFact = (): string =>
  useJobs(({ jobs }) =>
    jobs
      .filter((job) => job.endedAt === null)
      .map((job) => job.id)
      .join(),
  );

/** Changes with what the cache holds, but not all the while something is being loaded into it. */
function useCacheFact(): string {
  const loading = useLoads((state) => state.loads.length);
  return useCache(({ status }) => `${loading} ${loading === 0 ? status?.usedBytes : ''} ${status?.limitBytes}`);
}

/** A value that changes when what a plan depends on did: an engine came up, a vfolder was renamed, an image arrived. */
function useFacts(...facts: readonly unknown[]): number {
  const seen = useRef<{ facts: readonly unknown[]; number: number }>({ facts, number: 0 });
  if (facts.some((fact, index) => fact !== seen.current.facts[index])) seen.current = { facts, number: seen.current.number + 1 };
  return seen.current.number;
}
