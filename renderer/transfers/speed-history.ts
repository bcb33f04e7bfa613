import { create } from 'zustand';
import { useTransfers } from '../app/stores/transfers.ts';
import { noSpeeds, type SpeedHistory, sampled } from './speed-samples.ts';

/** What the graphs show; it stands still while the window is hidden, and catches up when it is seen again. */
export const useSpeeds = create<SpeedHistory>()(() => noSpeeds);

let history = noSpeeds;
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  history = sampled(history, useTransfers.getState().transfers);
  if (!document.hidden) useSpeeds.setState(history);
  if (history !== noSpeeds) return;
  clearInterval(timer);
  timer = undefined;
}

// One sample a second from the first transfer that runs until nothing has run for the whole span.
useTransfers.subscribe(({ transfers }) => {
  if (timer === undefined && transfers.some(({ state }) => state === 'running')) timer = setInterval(tick, 1000);
});
