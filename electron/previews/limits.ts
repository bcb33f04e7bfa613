/** What a preview may cost, whatever the file claims about itself. */

/** Read at once when a file is opened: enough to tell what it is, and most small files whole. */
export const headBytes = 128 * 1024;
/** Of a file for one call. A Parquet file with many columns needs the most. */
export const readBudget = 24 * 1024 * 1024;
/** One range; larger ones are read in several. */
export const maxRangeBytes = 8 * 1024 * 1024;
/** A call that takes longer is given up, and its thread ended if it does not let go by itself. */
export const deadlineMs = 12_000;
/** Memory of a thread that reads formats; one that needs more ends, and the file is shown as bytes. */
export const threadHeapMb = 192;

/** Of a text, for each part; the first part of a file that can be edited is the whole. */
export const textPartBytes = 256 * 1024;
/** Longer JSON is shown as it is. */
export const maxFormattedChars = 4 * 1024 * 1024;

export const pageRows = 200;
export const maxColumns = 200;
export const maxCellChars = 500;
/** A record of a CSV or JSONL file that is longer ends the table. */
export const maxRecordBytes = 1024 * 1024;

/** Header of a safetensors file, by its specification at most 100 MB; real ones have a few MB. */
export const maxTensorHeaderBytes = 16 * 1024 * 1024;
export const maxTensors = 5000;
export const maxArrayHeaderBytes = 1024 * 1024;
export const maxArrayValues = 1000;
export const maxParquetFooterBytes = 16 * 1024 * 1024;
/** A page of a Parquet file or an entry of an archive that says it unpacks to more is not unpacked. */
export const maxUnpackedBytes = 64 * 1024 * 1024;
export const maxArchiveEntries = 5000;
/** Arrays in an .npz whose headers are read. */
export const maxNpzHeaders = 200;

/** Larger images are not decoded. */
export const maxImageBytes = 64 * 1024 * 1024;
export const maxImagePixels = 100_000_000;
export const maxSvgBytes = 4 * 1024 * 1024;
