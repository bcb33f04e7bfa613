import { isStowageError } from '#shared/errors.ts';
import { checkVfolderName } from '#shared/names.ts';

/** Why a name cannot be a new vfolder's, in a sentence; null when it can. */
export function nameProblem(name: string, taken: readonly string[]): string | null {
  try {
    checkVfolderName(name);
  } catch (error) {
    if (isStowageError(error)) return error.message;
    throw error;
  }
  const clash = taken.find((one) => one.toLowerCase() === name.toLowerCase());
  return clash === undefined ? null : `There is already a vfolder named “${clash}”.`;
}

/** A valid name close to that of a folder: accents dropped, other characters as `-`. */
export function suggestName(folderName: string, taken: readonly string[] = []): string {
  const plain = folderName
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 60);
  const base = plain === '' ? 'data' : plain;
  const usable = nameProblem(base, []) === null ? base : `${base}-data`.slice(0, 64);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? usable : `${usable.slice(0, 58)}-${number}`;
    if (nameProblem(name, taken) === null) return name;
  }
}
