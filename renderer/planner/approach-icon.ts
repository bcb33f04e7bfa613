import { ArrowBidirectionalLeftRightRegular, CopyRegular, type FluentIcon, LayerDiagonalRegular } from '@fluentui/react-icons';
import type { Approach } from '#shared/contract/plan.ts';

/** Beside the word, never instead of it. */
export const approachIcons: Record<Approach, FluentIcon> = {
  share: ArrowBidirectionalLeftRightRegular,
  copy: CopyRegular,
  bake: LayerDiagonalRegular,
};
