import { create } from 'zustand';

/** The sync whose plan is looked at. */
export const useReview = create<{ readonly id: number | null }>()(() => ({ id: null }));
export const openReview = (id: number): void => useReview.setState({ id });
export const closeReview = (): void => useReview.setState({ id: null });
