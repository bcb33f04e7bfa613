export { parseBytes, writeBytes, writeDecimalBytes } from '#shared/sizes.ts';
