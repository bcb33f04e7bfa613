import { create } from 'zustand';

/** Which dialog about storage hosts is open. What is typed into it stays in the dialog. */
export type HostDialogRequest =
  | { readonly kind: 'add' }
  | {
      readonly kind: 'edit';
      readonly id: string;
      /** Begins with the fields for new credentials. */
      readonly credentials: boolean;
    }
  | { readonly kind: 'remove'; readonly id: string };

export const useHostDialog = create<{ readonly request: HostDialogRequest | null }>()(() => ({ request: null }));
export const openHostDialog = (request: HostDialogRequest): void => useHostDialog.setState({ request });
export const closeHostDialog = (): void => useHostDialog.setState({ request: null });
