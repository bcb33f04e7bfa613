/** Type of a drag of entries inside the app; its data is a `Clipboard` as JSON. */
export const entriesType = 'application/x-stowage-entries';

/** Entries of the app that may also be dropped outside can look like files of the system. */
export const carriesFiles = (data: DataTransfer): boolean => data.types.includes('Files') && !carriesEntries(data);
export const carriesEntries = (data: DataTransfer): boolean => data.types.includes(entriesType);
