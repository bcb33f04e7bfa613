/** What a parameter is called until somebody gives it a name: `batch_size` is “Batch size”. */
export const labelOf = (name: string): string => {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
