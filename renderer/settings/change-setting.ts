import type { Settings } from '#shared/contract/app.ts';
import { updateSettings } from '../app/stores/settings.ts';
import { reportError } from '../ui/toasts.tsx';

/** Keeps a setting; a refusal is told and the old value shown again. */
export const changeSetting = (settings: Partial<Settings>): void => {
  updateSettings(settings).catch((error: unknown) => reportError(error, 'The setting could not be kept.'));
};
