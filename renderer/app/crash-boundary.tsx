import { Button } from '@fluentui/react-components';
import { Component, type ReactNode } from 'react';
import { toStowageError } from '#shared/errors.ts';
import { ErrorMessage } from '../ui/error-message.tsx';

/** A page that fails again so soon after it was loaded anew is left as it is. */
const reloadedItem = 'stowage.reloaded';
const settledMs = 30_000;

/** A part of the program that could not be loaded is there after a reload: the connection was away, or the app was updated. */
const lacksAPart = (error: unknown): boolean => error instanceof Error && /dynamically imported module/i.test(error.message);

interface CrashState {
  readonly error: unknown;
}

/** Shows what went wrong in place of a screen that cannot be drawn, instead of an empty window. */
export class CrashBoundary extends Component<{ readonly children: ReactNode }, CrashState> {
  override state: CrashState = { error: null };

  static getDerivedStateFromError(error: unknown): CrashState {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    const last = Number(sessionStorage.getItem(reloadedItem));
    if (!lacksAPart(error) || Date.now() - last < settledMs) return;
    sessionStorage.setItem(reloadedItem, String(Date.now()));
    location.reload();
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <ErrorMessage
        error={toStowageError(this.state.error)}
        actions={
          <Button size="small" onClick={() => location.reload()}>
            Load the window again
          </Button>
        }
      />
    );
  }
}
