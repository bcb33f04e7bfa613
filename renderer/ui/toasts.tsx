import { Link, Toast, ToastBody, Toaster, ToastTitle, ToastTrigger, useToastController } from '@fluentui/react-components';
import { useEffect } from 'react';
import { create } from 'zustand';
import { fromContract } from '#shared/client-errors.ts';
import { visible } from '#shared/paths.ts';

interface ToastRequest {
  readonly intent: 'success' | 'info' | 'warning' | 'error';
  readonly title: string;
  readonly body?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Between whoever has something to say and the one place that shows it. */
const useQueue = create<{ readonly queue: readonly ToastRequest[] }>()(() => ({ queue: [] }));

const toasterId = 'stowage';

/** Says something in passing. An error stays until it is closed. */
export const showToast = (toast: ToastRequest): void => useQueue.setState((state) => ({ queue: [...state.queue, toast] }));

/** Says what was done and offers to undo it; a failing undo is told. */
export function showUndo(title: string, undo: () => Promise<unknown>): void {
  showToast({
    intent: 'success',
    title,
    action: { label: 'Undo', run: () => void undo().catch((error: unknown) => reportError(error, 'It could not be undone.')) },
  });
}

/** Shows what a call threw. Cancelling is no error and is not told. */
export function reportError(error: unknown, title = 'That did not work.'): void {
  const known = fromContract(error);
  if (known.code === 'cancelled') return;
  showToast({ intent: 'error', title, body: [known.message, known.data.hint].filter(Boolean).join(' ') });
}

/** Put once at the top of the app. */
export function Toasts() {
  const { dispatchToast } = useToastController(toasterId);
  const queue = useQueue((state) => state.queue);
  useEffect(() => {
    if (queue.length === 0) return;
    useQueue.setState({ queue: [] });
    for (const { intent, title, body, action } of queue) {
      dispatchToast(
        <Toast>
          <ToastTitle
            action={
              <ToastTrigger>
                {/* A message that is clicked away while it has the focus gives it back only when it is gone: too late, as
                    whatever was begun meanwhile, such as a rename, would lose it. So a click does not take it. */}
                <Link onClick={action?.run} onMouseDown={(event) => event.preventDefault()}>
                  {action?.label ?? 'Close'}
                </Link>
              </ToastTrigger>
            }
          >
            {visible(title)}
          </ToastTitle>
          {body && <ToastBody>{visible(body)}</ToastBody>}
        </Toast>,
        { intent, timeout: intent === 'error' ? 15_000 : action ? 8000 : 4000, pauseOnHover: true },
      );
    }
  }, [queue, dispatchToast]);
  return <Toaster toasterId={toasterId} position="bottom-end" offset={{ vertical: 40, horizontal: 16 }} limit={4} />;
}
