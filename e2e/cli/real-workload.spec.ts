import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';

const prepare = `
import csv
from sklearn.datasets import load_digits
digits = load_digits()
with open('/home/work/out/digits.csv', 'w', newline='') as file:
    rows = csv.writer(file)
    for pixels, label in zip(digits.data, digits.target):
        rows.writerow([int(p) for p in pixels] + [int(label)])
print(len(digits.target), 'images')
`;

const train = `
import csv, json, pickle, random
from sklearn.svm import SVC
rows = [[int(cell) for cell in row] for row in csv.reader(open('/home/work/digits/digits.csv'))]
random.Random(0).shuffle(rows)
cut = int(len(rows) * 0.8)
model = SVC(gamma=0.001).fit([row[:-1] for row in rows[:cut]], [row[-1] for row in rows[:cut]])
accuracy = model.score([row[:-1] for row in rows[cut:]], [row[-1] for row in rows[cut:]])
pickle.dump(model, open('/home/work/out/model.pkl', 'wb'))
json.dump({'images': len(rows), 'accuracy': accuracy}, open('/home/work/out/metrics.json', 'w'))
print('accuracy', round(accuracy, 3))
`;

test('scikit-learn trains on a mounted vfolder and leaves model and metrics in the output vfolder', async ({ home }) => {
  await withFolder('sklearn', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    await writeFile(join(folder, 'prepare.py'), prepare);
    await writeFile(join(folder, 'train.py'), train);
    await cli('vfolder', 'create', 'digits');
    // The data reach the vfolder by a first job, whose output it is; the second job mounts it read-only.
    const prepared = await cli(
      'run',
      '--image',
      'sklearn:local',
      '--code',
      folder,
      '--output',
      'digits:/',
      '--name',
      'prepare',
      '--',
      'python3',
      'prepare.py',
    );
    expect(prepared).toMatchObject({ code: 0, stdout: '1797 images\n' });
    const trained = await cli(
      'run',
      '--image',
      'sklearn:local',
      '--code',
      folder,
      '-m',
      'digits:digits:ro',
      '--name',
      'train',
      '--no-network',
      '--',
      'python3',
      'train.py',
    );
    expect(trained.stderr).toContain('succeeded');
    expect(trained.code).toBe(0);
    expect((await cli('vfolder', 'download', 'outputs', './train/metrics.json', './train/model.pkl')).code).toBe(0);
    const metrics = JSON.parse(await readFile(join(folder, 'metrics.json'), 'utf8')) as { images: number; accuracy: number };
    expect(metrics.images).toBe(1797);
    expect(metrics.accuracy).toBeGreaterThan(0.95);
    expect((await readFile(join(folder, 'model.pkl'))).length).toBeGreaterThan(100_000);
  });
});
