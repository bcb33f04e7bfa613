import {
  Button,
  Menu,
  MenuButton,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components';
import { ArrowUndoRegular } from '@fluentui/react-icons';
import type { Approach, ApproachOption, PlannedMount } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { approachIcons } from '../planner/approach-icon.ts';
import { costWords } from '../planner/cost-words.ts';
import { approachName, approachWord, bareReason } from '../planner/plan-words.ts';
import { SmallBadge } from '../ui/small-badge.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', alignItems: 'center', gap: '8px', marginTop: '3px', minHeight: '24px', minWidth: 0 },
  // The word stands in line with the fields above it.
  trigger: { flexShrink: 0, minWidth: 'auto', fontWeight: tokens.fontWeightRegular, paddingLeft: '6px', paddingRight: '6px' },
  reason: {
    flexGrow: 1,
    minWidth: 0,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  back: { flexShrink: 0, minWidth: 'auto', fontWeight: tokens.fontWeightRegular },
  popover: { maxWidth: '440px' },
  option: { maxWidth: 'none', alignItems: 'flex-start' },
  name: { display: 'flex', alignItems: 'center', gap: '8px' },
  words: { whiteSpace: 'normal', overflowWrap: 'anywhere', marginTop: '2px', fontSize: tokens.fontSizeBase200 },
  cost: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  // Why it cannot be chosen is there to be read.
  why: { color: tokens.colorNeutralForeground3 },
});

interface OptionProps {
  readonly option: ApproachOption;
  readonly recommended: boolean;
}

/** One of the three, with what speaks for it or against it and what it costs. */
function OptionItem({ option, recommended }: OptionProps) {
  const styles = useStyles();
  const Icon = approachIcons[option.approach];
  const cost = option.possible ? costWords(option.cost) : '';
  return (
    <MenuItemRadio
      className={styles.option}
      name="approach"
      value={option.approach}
      disabled={!option.possible}
      icon={<Icon aria-hidden />}
    >
      <div className={styles.name}>
        {approachName(option.approach)}
        {recommended && <SmallBadge>Recommended</SmallBadge>}
        {!option.possible && <SmallBadge>Not possible</SmallBadge>}
      </div>
      <div className={mergeClasses(styles.words, !option.possible && styles.why)}>{visible(bareReason(option.reason))}</div>
      {cost && <div className={mergeClasses(styles.words, styles.cost)}>{cost}</div>}
    </MenuItemRadio>
  );
}

export interface ApproachLineProps {
  readonly number: number;
  readonly planned: PlannedMount;
  /** What the row asks for; null: what is recommended. */
  readonly chosen: Approach | null;
  readonly onChoose: (approach: Approach | null) => void;
}

/** How the folder reaches the job and why, in one line; the approach is a menu of all three. */
export function ApproachLine({ number, planned, chosen, onChoose }: ApproachLineProps) {
  const styles = useStyles();
  const { approach, recommended, options, reason } = planned;
  const Icon = approachIcons[approach];
  const words = visible(bareReason(reason));
  // Nothing is there that could be brought in any way.
  const hopeless = options.every((option) => !option.possible && option.reason === reason);
  const overridden = !hopeless && chosen !== null && chosen !== recommended;
  const choose = (next: Approach): void => onChoose(next === recommended ? null : next);
  return (
    <div className={styles.root}>
      {!hopeless && (
        <Menu
          checkedValues={{ approach: [approach] }}
          onCheckedValueChange={(_, data) => choose(data.checkedItems[0] as Approach)}
        >
          <MenuTrigger disableButtonEnhancement>
            <MenuButton
              size="small"
              appearance="subtle"
              className={styles.trigger}
              icon={<Icon />}
              aria-label={`Approach of mount ${number}: ${approachWord(approach)}`}
              title="How the files reach the job"
            >
              {approachWord(approach)}
            </MenuButton>
          </MenuTrigger>
          <MenuPopover className={styles.popover}>
            <MenuList>
              {options.map((option) => (
                <OptionItem key={option.approach} option={option} recommended={option.approach === recommended} />
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
      <span className={styles.reason} title={words}>
        {words}
      </span>
      {overridden && (
        <Button
          size="small"
          appearance="transparent"
          className={styles.back}
          icon={<ArrowUndoRegular />}
          aria-label={`Back to what is recommended for mount ${number}: ${approachName(recommended)}`}
          title="Back to what is recommended"
          onClick={() => onChoose(null)}
        >
          {approachName(recommended)} is recommended
        </Button>
      )}
    </div>
  );
}
