import { create } from 'zustand';
import { useNavigation } from '../app/navigation.ts';
import { parseLayout } from '../app/stores/carried-layout.ts';
import { useSettings } from '../app/stores/settings.ts';
import { targetIn } from '../planner/drop-place.ts';
import { remember } from '../ui/remembered.ts';
import { type Draft, emptyDraft, fromSpec, isPristine, newMount, reviveDraft, toSpec, withoutSecrets } from './draft.ts';

interface DraftStore {
  readonly draft: Draft;
  /** What another job took the place of, until the form is changed again. */
  readonly replaced: { readonly draft: Draft; readonly why: string } | null;
  /** The last request of navigation that was taken over. */
  readonly taken: number;
}

/** The one job that is being prepared; leaving the screen or the app loses nothing of it. */
export const useDraft = create<DraftStore>()(() => ({ draft: emptyDraft, replaced: null, taken: 0 }));

const layoutKey = 'launch.draft';
/** The layout of all screens has 64 KiB; a draft larger than this lives only as long as the window. */
const keptLength = 24_000;
let timer: ReturnType<typeof setTimeout> | undefined;
let restored = false;

function keepSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(keep, 250);
}

function keep(): void {
  clearTimeout(timer);
  timer = undefined;
  const draft = withoutSecrets(useDraft.getState().draft);
  remember(layoutKey, isPristine(draft) || JSON.stringify(draft).length > keptLength ? null : draft);
}

// In the capturing phase, so before what is remembered is written for the last time.
if (typeof window !== 'undefined') window.addEventListener('pagehide', () => timer !== undefined && keep(), { capture: true });

export function changeDraft(change: Partial<Draft>): void {
  useDraft.setState((state) => ({ draft: { ...state.draft, ...change }, replaced: null }));
  keepSoon();
}

/** Begins another job; what was there can be had back until the form is changed. */
export function replaceDraft(draft: Draft, why: string): void {
  const before = useDraft.getState().draft;
  const same = JSON.stringify(toSpec(before).spec) === JSON.stringify(toSpec(draft).spec);
  useDraft.setState({ draft, replaced: isPristine(before) || same ? null : { draft: before, why } });
  keepSoon();
}

/** Adds a vfolder or folder by its address: below a place of the container, or where it goes by itself. */
export function addMount(source: string, folder: string | null = null): void {
  const row = newMount({ source, ...(folder !== null && { target: targetIn(folder, source) }) });
  changeDraft({ mounts: [...useDraft.getState().draft.mounts, row] });
}

/** Takes over the kept draft once the settings are there, and what navigation asks Launch to begin with. */
export function syncDraft(): void {
  const { loaded, settings } = useSettings.getState();
  if (loaded && !restored) {
    restored = true;
    const kept = reviveDraft(parseLayout(settings.layout)[layoutKey]);
    if (kept && isPristine(useDraft.getState().draft)) useDraft.setState({ draft: kept });
  }
  const request = useNavigation.getState().launchRequest;
  if (!request || request.number === useDraft.getState().taken) return;
  useDraft.setState({ taken: request.number });
  replaceDraft(fromSpec(request.value), 'Took the place of the job you were preparing.');
}
