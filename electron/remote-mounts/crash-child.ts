/** For the test of a crash: mounts for a job and says so, until it is killed. Arguments: the address of the emulator. */
import { openMounts, quiet } from './remote-mounts.fixture.ts';

const [endpoint = ''] = process.argv.slice(2);
const { world, mounts, plan, put } = await openMounts({ form: 'azure-emulator', endpoint });
await put('file', 'from before the crash');
await mounts.prepare(7, plan('process', ['true'], { readOnly: false }), quiet());
process.stdout.write(`${world.home}\n`);
setInterval(() => undefined, 1000);
