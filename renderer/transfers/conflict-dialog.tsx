import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Radio,
  RadioGroup,
  tokens,
} from '@fluentui/react-components';
import { useState } from 'react';
import type { ConflictPolicy } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import { plural } from '../ui/format.ts';
import { type ConflictQuestion, useConflictQuestion } from './start.ts';

const useStyles = makeStyles({
  examples: {
    margin: '8px 0 12px',
    padding: '8px 12px',
    listStyleType: 'none',
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    maxHeight: '140px',
    overflowY: 'auto',
    overflowWrap: 'anywhere',
  },
});

const choices: ReadonlyArray<readonly [ConflictPolicy, string]> = [
  ['skip', 'Skip'],
  ['overwrite', 'Overwrite'],
  ['newer', 'Overwrite only if older'],
  ['keep-both', 'Keep both, with a number in the new name'],
  ['ask', 'Ask for each one'],
];

/** Asks, before a transfer starts, what to do with what exists already. */
export function ConflictDialog() {
  const question = useConflictQuestion((state) => state.question);
  return question ? <Question question={question} /> : null;
}

function Question({ question }: { readonly question: ConflictQuestion }) {
  const styles = useStyles();
  const [policy, setPolicy] = useState<ConflictPolicy>('skip');
  const more = question.existing - question.examples.length;
  const count = `${question.complete ? '' : 'At least '}${plural(question.existing, 'file')}`;
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && question.answer(null)}>
      <DialogSurface style={{ maxWidth: 460 }}>
        <DialogBody>
          <DialogTitle>
            {count} {question.existing === 1 ? 'exists' : 'exist'} already
          </DialogTitle>
          <DialogContent>
            <div>In {visible(question.destination)}:</div>
            <ul className={styles.examples}>
              {question.examples.map((example) => (
                <li key={example}>{visible(example)}</li>
              ))}
              {more > 0 && <li>and {plural(more, 'other')}</li>}
            </ul>
            <RadioGroup aria-label="What to do" value={policy} onChange={(_, data) => setPolicy(data.value as ConflictPolicy)}>
              {choices.map(([value, label]) => (
                <Radio key={value} value={value} label={label} />
              ))}
            </RadioGroup>
          </DialogContent>
          <DialogActions>
            <Button onClick={() => question.answer(null)}>Cancel</Button>
            <Button appearance="primary" onClick={() => question.answer(policy)}>
              Go on
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
