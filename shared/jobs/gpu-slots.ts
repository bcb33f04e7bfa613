import { type GpuSlots, gpuSlotsSchema } from '../contract/plan.ts';

/** What was typed for the GPUs of jobs: a number of them, or ids with commas between; null: not counted. */
export function parseGpuSlots(text: string): { readonly slots: GpuSlots | null } | 'wrong' {
  const typed = text.trim();
  if (typed === '') return { slots: null };
  if (/^\d+$/.test(typed)) return checked(Number(typed));
  return checked([...new Set(typed.split(/[\s,]+/).filter(Boolean))]);
}

/** As it is typed. A single id that is a number keeps its comma, without which it would be a number of GPUs. */
export function writeGpuSlots(slots: GpuSlots | null): string {
  if (slots === null) return '';
  if (typeof slots === 'number') return String(slots);
  return slots.length === 1 && /^\d+$/.test(slots[0] ?? '') ? `${slots[0]},` : slots.join(', ');
}

function checked(slots: GpuSlots): { readonly slots: GpuSlots } | 'wrong' {
  const parsed = gpuSlotsSchema.safeParse(slots);
  return parsed.success ? { slots: parsed.data } : 'wrong';
}
