import { Button } from '@fluentui/react-components';
import { StowageError } from '#shared/errors.ts';
import { ErrorMessage } from '../ui/error-message.tsx';

interface SaveProblemProps {
  readonly problem: StowageError;
  readonly onSave: (over: 'same-version' | 'whatever-is-there' | 'copy') => void;
  readonly onShowTheirs: () => void;
  readonly className: string;
}

/** Why a text was not saved. When somebody else changed the file meanwhile, neither text is lost without being asked. */
export function SaveProblem({ problem, onSave, onShowTheirs, className }: SaveProblemProps) {
  const conflict = problem.code === 'precondition-failed' || problem.code === 'not-found';
  const error = conflict
    ? new StowageError(problem.code, 'This file was changed by somebody else since you opened it. Your text is not saved.', {
        ...problem.data,
        hint: 'Choose which text stays.',
      })
    : problem;
  return (
    <ErrorMessage
      error={error}
      severity={conflict ? 'warning' : 'error'}
      className={className}
      actions={
        <>
          {conflict && (
            <Button size="small" onClick={() => onSave('whatever-is-there')}>
              Overwrite
            </Button>
          )}
          <Button size="small" onClick={() => onSave('copy')}>
            Save as a copy
          </Button>
          {conflict && (
            <Button size="small" onClick={onShowTheirs}>
              Show theirs
            </Button>
          )}
        </>
      }
    />
  );
}
