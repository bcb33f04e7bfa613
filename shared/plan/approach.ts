import type { Approach } from '../contract/plan.ts';
import { judgeBake, recommendsBake } from './approach-bake.ts';
import { type Case, figures, impossible, nothing, possible } from './approach-case.ts';
import { judgeCopy } from './approach-copy.ts';
import { diskReadSeconds, fuseReadSeconds, isManySmall, longSeconds, shareCost, usesVolume } from './cost.ts';
import { aboutSeconds } from './figures.ts';
import { parentMount } from './layout.ts';
import type { Choice, Choices, Contents, JudgedOption, LaidMount, Layout } from './types.ts';

const order: readonly Approach[] = ['share', 'copy', 'bake'];

/** Judges the approaches of every mount, and chooses: what the request names, else what is recommended. */
export function chooseApproaches(layout: Layout): Choices {
  const { request } = layout;
  return layout.mounts.map((mount): Choice => {
    const one: Case = {
      mount,
      request,
      container: request.engine.kind === 'docker',
      elsewhere: request.engine.kind === 'docker' && !request.engine.local,
      parent: mount.targetProblem === null ? parentMount(layout, mount.target) : null,
      image: typeof request.image === 'string' ? null : request.image,
      unborn: mount.role === 'output' && mount.facts.stat === 'missing',
    };
    const asked = mount.request === null ? undefined : request.spec.mounts[mount.request]?.approach;
    return choose(one, judgeAll(one), asked);
  });
}

/** True when the source is there and can be used: only then its approaches are worth a conflict. */
export const isUsable = ({ facts, role }: LaidMount): boolean =>
  facts.problem === null && facts.stat !== 'special' && (facts.stat !== 'missing' || role === 'output');

function judgeAll(one: Case): readonly [share: JudgedOption, copy: JudgedOption, bake: JudgedOption] {
  if (!isUsable(one.mount)) {
    const { problem } = one.mount.facts;
    const refused = (approach: Approach): JudgedOption =>
      impossible(approach, problem?.message ?? 'There is nothing that could be brought to the job.');
    return [refused('share'), refused('copy'), refused('bake')];
  }
  return [judgeShare(one), judgeCopy(one), judgeBake(one)];
}

function choose(one: Case, judged: ReturnType<typeof judgeAll>, asked: Approach | undefined): Choice {
  const [share, copy, bake] = judged;
  const { recommended, reason } = recommend(one, share, copy, bake);
  const best = judged.find((option) => option.approach === recommended) ?? share;
  const praised: JudgedOption = { ...best, reason: reason ?? best.reason, drawback: null };
  const options = [
    praised,
    ...order.flatMap((approach) => judged.filter((option) => option !== best && option.approach === approach)),
  ];
  const chosen = options.find((option) => option.approach === (asked ?? recommended)) ?? praised;
  return { approach: chosen.approach, recommended, asked: asked !== undefined, options, chosen };
}

function recommend(
  one: Case,
  share: JudgedOption,
  copy: JudgedOption,
  bake: JudgedOption,
): { recommended: Approach; reason?: string } {
  const { mount, request, elsewhere } = one;
  const { facts, mode } = mount;
  if (!facts.remote && !elsewhere) {
    const slowToShare = usesVolume(request) && mode === 'ro' && hasManySmall(facts.contents);
    if (slowToShare && copy.possible) {
      const what = figures(facts.contents ?? nothing);
      const reason = `Copied: ${what} are slow to read through the engine's virtual machine; in a volume of it they are not.`;
      return { recommended: 'copy', reason };
    }
    return { recommended: 'share' };
  }
  if (bake.possible && recommendsBake(one)) return { recommended: 'bake' };
  if (!copy.possible) {
    if (share.possible) return { recommended: 'share', reason: `${share.reason} ${copy.reason}` };
    return { recommended: bake.possible ? 'bake' : facts.remote ? 'copy' : elsewhere ? 'copy' : 'share' };
  }
  const seconds = copy.cost?.seconds ?? 0;
  if (share.possible && mode === 'ro' && seconds > longSeconds && !hasManySmall(facts.contents)) {
    const reason = `${share.reason} A copy would take ${aboutSeconds(seconds)}.`;
    return { recommended: 'share', reason };
  }
  return { recommended: 'copy' };
}

const hasManySmall = (contents: Contents | null): boolean => contents !== null && isManySmall(contents);

function judgeShare(one: Case): JudgedOption {
  const { mount, request, elsewhere, unborn } = one;
  const { facts, role } = mount;
  const contents = unborn ? nothing : facts.contents;
  const cost = contents && shareCost(contents, facts.remote);
  if (!facts.remote) {
    if (elsewhere) return impossible('share', 'The engine runs on another machine and does not see this folder.');
    const reason =
      role === 'output' && facts.stat === 'missing'
        ? 'Shared: made when the job starts; what the job writes is there at once.'
        : 'Shared: it is on this machine, so nothing is copied and changes are seen at once.';
    return possible('share', reason, cost);
  }
  if (elsewhere) return impossible('share', 'The engine runs on another machine and does not see what is mounted on this one.');
  if (!request.machine.fuse.available) return impossible('share', request.machine.fuse.why);
  if (facts.mountRefusal) return impossible('share', facts.mountRefusal);
  const reading = contents && fuseReadSeconds(contents, facts.link);
  const whole = reading === null || reading < 1 ? '' : `; reading everything once takes ${aboutSeconds(reading)}`;
  const reason = `Shared: nothing is copied, files are fetched over the network as they are read${whole}.`;
  return { ...possible('share', reason, cost), drawback: drawbackOfFuse(one, reading) };
}

function drawbackOfFuse({ mount }: Case, reading: number | null): string | null {
  const { contents } = mount.facts;
  if (mount.mode === 'rw') {
    return 'Written files reach their host some seconds later, and programs that write within files may fail: a copy that is copied back is safer.';
  }
  if (
    contents === null ||
    reading === null ||
    !isManySmall(contents) ||
    reading < 60 ||
    reading < 5 * diskReadSeconds(contents)
  ) {
    return null;
  }
  return `${figures(contents)} are fetched one after the other over the network, which takes ${aboutSeconds(reading)} each time they are read.`;
}
