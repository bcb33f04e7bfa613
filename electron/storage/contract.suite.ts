import { describe } from 'vitest';
import { copyingContract } from './contract/copying.ts';
import { listingContract } from './contract/listing.ts';
import { namesContract } from './contract/names.ts';
import { editingContract, propertiesContract } from './contract/properties.ts';
import { readingContract } from './contract/reading.ts';
import { renamingContract } from './contract/renaming.ts';
import { resumingContract } from './contract/resuming.ts';
import { sharingContract } from './contract/sharing.ts';
import type { Joined } from './contract/world.ts';
import { writingContract } from './contract/writing.ts';

/**
 * Holds a provider to the comments of provider.ts, a file per topic. A provider joins with a function that opens a
 * fresh, empty storage, and names the capabilities that it offers. Where folders are only implied
 * (ProviderFeatures.impliedFolders), the suite asks for what such a storage can keep.
 */
export function storageContract(
  name: string,
  joined: Joined & { rename: boolean; resumableWrite: boolean; copy?: boolean; editProperties?: boolean; shareUrl?: boolean },
): void {
  describe(`the storage contract, kept by ${name}`, () => {
    describe('listing', () => listingContract(joined));
    describe('reading', () => readingContract(joined));
    describe('writing', () => writingContract(joined));
    describe('names', () => namesContract(joined));
    describe('properties', () => propertiesContract(joined));
    if (joined.editProperties) describe('editing properties', () => editingContract(joined));
    if (joined.shareUrl) describe('sharing', () => sharingContract(joined));
    if (joined.rename) describe('renaming', () => renamingContract(joined));
    if (joined.copy) describe('copying', () => copyingContract(joined));
    if (joined.resumableWrite) describe('resuming', () => resumingContract(joined));
  });
}
