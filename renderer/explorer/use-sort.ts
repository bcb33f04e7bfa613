import { useRemembered } from '../ui/remembered.ts';
import { defaultSort, type Sort, sortColumns } from './row-order.ts';

const isSort = (value: unknown): value is Sort =>
  typeof value === 'object' &&
  value !== null &&
  'column' in value &&
  'descending' in value &&
  typeof value.descending === 'boolean' &&
  sortColumns.some((column) => column === value.column);

/** The order of file tables, remembered. */
export const useSort = (): [Sort, (sort: Sort) => void] => {
  const [sort, setSort] = useRemembered('files.sort', defaultSort, isSort);
  return [sort, setSort];
};
