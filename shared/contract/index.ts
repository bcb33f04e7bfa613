import type { ContractRouterClient } from '@orpc/contract';
import { appContract } from './app.ts';
import { cacheContract } from './cache.ts';
import { dotfilesContract } from './dotfiles.ts';
import { editsContract } from './edits.ts';
import { enginesContract } from './engines.ts';
import { filesContract } from './files.ts';
import { hostsContract } from './hosts.ts';
import { imagesContract } from './images.ts';
import { jobsContract } from './jobs.ts';
import { metricsContract } from './metrics.ts';
import { planContract } from './plan.ts';
import { portsContract } from './ports.ts';
import { previewsContract } from './previews.ts';
import { propertiesContract } from './properties.ts';
import { provenanceContract } from './provenance.ts';
import { searchContract } from './search.ts';
import { shellsContract } from './shells.ts';
import { templatesContract } from './templates.ts';
import { transfersContract } from './transfers.ts';
import { vfoldersContract } from './vfolders.ts';

/** Everything that a shell can ask of the core. Declared here once; client, server and types follow from it. */
export const contract = {
  app: appContract,
  hosts: hostsContract,
  vfolders: vfoldersContract,
  files: { ...filesContract, ...propertiesContract },
  previews: previewsContract,
  transfers: transfersContract,
  edits: editsContract,
  engines: enginesContract,
  plan: planContract,
  jobs: { ...jobsContract, ...portsContract },
  metrics: metricsContract,
  shells: shellsContract,
  provenance: provenanceContract,
  cache: cacheContract,
  images: imagesContract,
  dotfiles: dotfilesContract,
  search: searchContract,
  templates: templatesContract,
};

/** The client of the contract, the same in the renderer, the command line and tests. */
export type StowageClient = ContractRouterClient<typeof contract>;
