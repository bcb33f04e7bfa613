import type { Sample } from './corpus.fixture.ts';

const sh = (line: string): string[] => ['sh', '-c', line];
const floyd = { code: { source: '/home/ada/project', mode: 'rw' as const } };
const input = (name: string) => ({ source: `${name}:/`, target: '/input', mode: 'ro' as const });
const mounted = (name: string, folder: string) => ({
  source: `${name}:/`,
  target: `/floyd/input/${folder}`,
  mode: 'ro' as const,
});

export const floydCorpus: readonly Sample[] = [
  { text: `floyd run "python mnist_cnn.py"`, spec: { ...floyd, command: sh('python mnist_cnn.py') }, lost: ['environment'] },
  {
    text: `floyd run --env tensorflow-1.3 "python train.py"`,
    spec: { command: sh('python train.py') },
    lost: ['--env tensorflow-1.3'],
  },
  {
    text: `$ floyd run --gpu --env tensorflow-1.3 "python train_and_eval.py"`,
    spec: { command: sh('python train_and_eval.py'), resources: { gpus: 1 } },
    lost: ['--env tensorflow-1.3'],
  },
  {
    text: `floyd run --cpu2 --data mckay/datasets/mnist/1:mnist --env tensorflow-1.8 -m "CNN with 0.25 dropout" "python train_and_eval.py"`,
    spec: {
      name: 'CNN with 0.25 dropout',
      mounts: [mounted('mnist', 'mnist')],
      links: [{ path: '/mnist', target: '/floyd/input/mnist' }],
    },
    lost: ['--env tensorflow-1.8'],
  },
  {
    text: `floyd run --gpu --env pytorch-0.4 -m "evaluate model1" --data foo/projects/nlp/1:model --data foo/datasets/wine-reviews-test/1:test "python test.py --model /floyd/input/model --data /floyd/input/test"`,
    spec: {
      mounts: [mounted('nlp', 'model'), mounted('wine-reviews-test', 'test')],
      command: sh('python test.py --model /floyd/input/model --data /floyd/input/test'),
      resources: { gpus: 1 },
    },
    lost: ['--env pytorch-0.4'],
  },
  {
    text: `floyd run --gpu2 --env pytorch-0.4 -m "train with lstm" --data foo/datasets/wine-reviews/1:input "train.py /floyd/input/input"`,
    spec: { mounts: [input('wine-reviews')], links: [{ path: '/floyd/input/input', target: '/input' }] },
    lost: ['--env pytorch-0.4'],
  },
  {
    text: `floyd run --data GY3QRFFUA8KpbnqvroTPPW "ls -la /input"`,
    spec: { mounts: [input('GY3QRFFUA8KpbnqvroTPPW')], command: sh('ls -la /input') },
    lost: ['environment'],
  },
  {
    text: `floyd run --data udacity/datasets/celeba/1:training --data udacity/datasets/mnist/1:testing "python script.py"`,
    spec: { mounts: [mounted('celeba', 'training'), mounted('mnist', 'testing')] },
    lost: ['environment'],
  },
  {
    text: `floyd run --env tensorflow-0.12:py2 --data narenst/datasets/neural-style-transfer-pre-trained-models/1:models "python evaluate.py --allow-different-dimensions  --checkpoint /models/checkpoints/la_muse.ckpt --in-path ./images/ --out-path ./checkpoints"`,
    spec: {
      mounts: [mounted('neural-style-transfer-pre-trained-models', 'models')],
      links: [{ path: '/models', target: '/floyd/input/models' }],
    },
    lost: ['--env tensorflow-0.12:py2'],
  },
  {
    text: `floyd run --env tensorflow --gpu --follow "python mnist_cnn.py"`,
    spec: { command: sh('python mnist_cnn.py') },
    lost: ['--env tensorflow'],
  },
  {
    text: `floyd run --mode jupyter --env tensorflow-0.12:py2`,
    spec: { ports: [{ container: 8888 }], command: sh('jupyter notebook --ip=0.0.0.0 --port=8888 --no-browser') },
    lost: ['--env tensorflow-0.12:py2'],
  },
  {
    text: `floyd run --cpu --mode serve --env pytorch-0.4 --data foo/projects/nlp/1:model`,
    spec: { ports: [{ container: 5000 }], mounts: [mounted('nlp', 'model')] },
    lost: ['--env pytorch-0.4'],
  },
  { text: `floyd run --max-runtime 3600 "python train.py"`, spec: { maxSeconds: 3600 }, lost: ['environment'] },
  { text: `floyd run --data 3/output:model 'python eval.py'`, spec: { mounts: [mounted('3', 'model')] }, lost: ['environment'] },
  {
    text: `floyd run "git clone https://github.com/openai/universe.git && cd universe && pip install -e . && python train.py"`,
    spec: {
      command: sh('git clone https://github.com/openai/universe.git && cd universe && pip install -e . && python train.py'),
    },
    lost: ['environment'],
  },
  {
    text: `floyd run --gpu --env torch --data f9RVzpea4vb9uCLaDggUgX 'niter=3 niter_decay=3 bash ./floydhub/dream.sh horse2zebra'`,
    spec: { command: sh('niter=3 niter_decay=3 bash ./floydhub/dream.sh horse2zebra') },
    lost: ['--env torch'],
  },
  { text: `floyd run --task train`, spec: { command: [] }, lost: ['--task train', 'environment'] },
];

const code = { source: '/home/ada/project', mode: 'rw' as const };

export const backendAiCorpus: readonly Sample[] = [
  {
    text: `$ backend.ai run --rm -c 'print("hello world")' python:3.6-ubuntu18.04`,
    spec: { image: 'python:3.6-ubuntu18.04', command: ['python', '-c', 'print("hello world")'] },
  },
  {
    text: String.raw`backend.ai run --rm --exec 'python myscript.py arg1 arg2' \
             python:3.6-ubuntu18.04 ./myscript.py`,
    spec: { image: 'python:3.6-ubuntu18.04', command: sh('python myscript.py arg1 arg2'), code },
  },
  {
    text: String.raw`backend.ai run --rm \
             -r cpu=4 -r mem=8g -r cuda.shares=2 \
             python-tensorflow:1.12-py36 ./mygpucode.py`,
    spec: { command: ['python', './mygpucode.py'], resources: { cpus: 4, memoryBytes: 8 * 2 ** 30, gpus: 2 } },
  },
  {
    text: String.raw`backend.ai run -c 'import os; print("Hello world, {}".format(os.environ["CASENO"]))' \
      -r cpu=1 -r mem=256m \
      -e 'CASENO=$X' \
      --env-range=X=case:1,2,3,4 \
      lablup/python:3.6-ubuntu18.04`,
    spec: {
      image: 'lablup/python:3.6-ubuntu18.04',
      env: [{ name: 'CASENO', value: '$X' }],
      resources: { cpus: 1, memoryBytes: 256 * 2 ** 20 },
    },
    lost: ['--env-range=X=case:1,2,3,4'],
  },
  {
    text: String.raw`$ backend.ai run gcc:gcc6.4-alpine3.8 -c $'#include <stdio.h>\nint main() {printf("hello world\\n");}'`,
    spec: { image: 'gcc:gcc6.4-alpine3.8', command: [] },
    lost: ['--code'],
  },
  {
    text: `$ backend.ai run gcc:gcc6.4-alpine3.8 main.c mylib.c mylib.h`,
    spec: { image: 'gcc:gcc6.4-alpine3.8', code },
    lost: ['command'],
  },
  {
    text: `backend.ai start -t mysess -r cpu=1 -r mem=2g lablup/python:3.6-ubuntu18.04`,
    spec: { name: 'mysess', resources: { cpus: 1, memoryBytes: 2 * 2 ** 30 } },
    lost: ['command'],
  },
  {
    text: `backend.ai run --rm -m mydata1 python:3.6-ubuntu18.04 ./train.py`,
    spec: { mounts: [{ source: 'mydata1:/' }], command: ['python', './train.py'] },
  },
  {
    text: String.raw`$ backend.ai run --rm -m myfolder --exec "touch /home/work/myfolder/file-preserved" \
         lablup/python-tensorflow:2.3-py36-cuda10.1 main.py`,
    spec: { mounts: [{ source: 'myfolder:/' }], command: sh('touch /home/work/myfolder/file-preserved') },
  },
  {
    text: String.raw`$ backend.ai run -r cpu=3 -r mem=2g -r cuda.shares=0.5 \
         lablup/python-tensorflow:2.3-py36-cuda10.1 main.py`,
    spec: { resources: { cpus: 3, memoryBytes: 2 * 2 ** 30, gpus: 1 } },
  },
  {
    text: `backend.ai run -t pysdk-b53bbf9abb --exec "nvidia-smi" lablup/python-tensorflow:2.3-py36-cuda10.1 main.py`,
    spec: { name: 'pysdk-b53bbf9abb', command: sh('nvidia-smi') },
  },
  {
    text: String.raw`backend.ai start -t app-test -m myfolder \
         -r cpu=4 -r mem=8g -r cuda.shares=1 \
         lablup/python-tensorflow:2.3-py36-cuda10.1`,
    spec: { name: 'app-test', mounts: [{ source: 'myfolder:/' }], resources: { gpus: 1 } },
    lost: ['command'],
  },
  {
    text: `$ backend.ai session create -r cpu=2 -r mem=256 -r cuda.shares=1 --arch aarch64 cr.backend.ai/multiarch/python:3.11-ubuntu24.04`,
    spec: {
      image: 'cr.backend.ai/multiarch/python:3.11-ubuntu24.04',
      resources: { cpus: 2, memoryBytes: 256 * 2 ** 20, gpus: 1 },
    },
    lost: ['--arch aarch64', 'command'],
  },
  {
    text: `$ backend.ai session create -r cpu=4 -r mem=8192 cr.backend.ai/stable/python:3.11-ubuntu22.04`,
    spec: { resources: { cpus: 4, memoryBytes: 8 * 2 ** 30 } },
    lost: ['command'],
  },
  { text: `$ backend.ai session create --name my-session python:3.11`, spec: { name: 'my-session' }, lost: ['command'] },
  {
    text: `./backend.ai run --rm cr.backend.ai/stable/python:3.11-ubuntu24.04 -c 'import platform; print(platform.uname().release)'`,
    spec: { command: ['python', '-c', 'import platform; print(platform.uname().release)'] },
  },
  {
    text: `backend.ai run --rm -r cpu=2 -r mem=16G -r cuda.shares=4 -g lablup --exec "ls -l;unzip ./store/a.zip -d .;cd code;python test.py" cr.backend.ai/cloud/python:3.8-ubuntu18.04 a.zip`,
    spec: { command: sh('ls -l;unzip ./store/a.zip -d .;cd code;python test.py'), resources: { gpus: 4 } },
    lost: ['-g lablup'],
  },
  {
    text: `backend.ai session create --type batch --startup-command "python train.py" -m mydata1/train=/data/train -v models:weights:ro --resource-opts shmem=64m -t nightly python:3.11`,
    spec: {
      command: sh('python train.py'),
      mounts: [
        { source: 'mydata1:/train', target: '/data/train' },
        { source: 'models:/', target: '/home/work/weights', mode: 'ro' },
      ],
      resources: { shmBytes: 64 * 2 ** 20 },
    },
  },
];

const out = '/home/work/out';
const bundle = (source: string, key: string) => ({ source, target: `${out}/${key}`, mode: 'ro' as const });

export const codalabCorpus: readonly Sample[] = [
  {
    text: `    $ cl run :data :code 'python code/sort.py < data/lines.txt'`,
    spec: {
      command: sh('python code/sort.py < data/lines.txt'),
      mounts: [bundle('data:/', 'data'), bundle('code:/', 'code')],
      workdir: out,
      image: 'codalab/default-cpu:latest',
    },
  },
  {
    text: `cl run --request-docker-image nvidia/cuda:8.0-runtime --request-gpus 1 "nvidia-smi"`,
    spec: { image: 'nvidia/cuda:8.0-runtime', resources: { gpus: 1 }, command: sh('nvidia-smi') },
  },
  { text: `cl run 'cat /proc/cpuinfo; free; df'`, spec: { command: sh('cat /proc/cpuinfo; free; df'), mounts: [] } },
  {
    text: `cl run :bin :data 'bin/learn --input-dir data --output-dir . --num-iters 100' -n learn-baseline`,
    spec: { name: 'learn-baseline', mounts: [bundle('bin:/', 'bin'), bundle('data:/', 'data')] },
  },
  {
    text: `cl run :evaluation.py true:data pred:learn-magic/predictions.txt 'python evaluation.py true pred' -n run-eval`,
    spec: {
      mounts: [
        bundle('evaluation.py:/', 'evaluation.py'),
        bundle('data:/', 'true'),
        bundle('learn-magic:/predictions.txt', 'pred'),
      ],
    },
  },
  {
    text: `cl run :preprocess-data.py raw:dataset1 'python preprocess-data.py raw > cooked' -n process1`,
    spec: { mounts: [bundle('preprocess-data.py:/', 'preprocess-data.py'), bundle('dataset1:/', 'raw')] },
  },
  {
    text: `cl run bin:compile/bin :lib data:process1/cooked 'bin/main --input data --output . --eta 0.3'`,
    spec: { mounts: [bundle('compile:/bin', 'bin'), bundle('lib:/', 'lib'), bundle('process1:/cooked', 'data')] },
  },
  {
    text: `cl run :src :lib :Makefile 'make' -n compile  # Assume this outputs to bin`,
    spec: { name: 'compile', command: sh('make') },
  },
  {
    text: `cl run b1:sort.py b2:a.txt 'python b1 < b2 > output' -n sort-run`,
    spec: { mounts: [bundle('sort.py:/', 'b1'), bundle('a.txt:/', 'b2')] },
  },
  {
    text: `cl run date --request-queue preemptiblepool1`,
    spec: { command: sh('date') },
    lost: ['--request-queue preemptiblepool1'],
  },
  {
    text: `cl run :dataset_32x32 :gradual_st :experiments 'export PYTHONPATH="."; python experiments/gradual_shift_better.py --experiment_name=cov_type_main' -n cov_type_main --request-gpus 1 --request-queue nlp`,
    spec: { resources: { gpus: 1 }, image: 'codalab/default-gpu:latest' },
    lost: ['--request-queue nlp'],
  },
  {
    text: `cl run naive_rnn.py:src/learning-baseline/naive_rnn.py src:src "python naive_rnn.py" --request-docker-image tensorflow/tensorflow`,
    spec: {
      image: 'tensorflow/tensorflow',
      mounts: [bundle('src:/learning-baseline/naive_rnn.py', 'naive_rnn.py'), bundle('src:/', 'src')],
    },
  },
  {
    text: `cl run "dev.json:0x03a342" "dev_gold.sql:0x782a1b" 'sh run_on_codalab.sh predictions.txt 0 dev_gold.sql data/dev.json'  --request-network --request-docker-image floydhub/pytorch:1.6.0-gpu.cuda10cudnn7-py3.56  --request-time 20m --request-gpus 1 --request-memory 16g --request-disk 3g`,
    spec: {
      image: 'floydhub/pytorch:1.6.0-gpu.cuda10cudnn7-py3.56',
      network: true,
      maxSeconds: 1200,
      resources: { gpus: 1, memoryBytes: 16 * 2 ** 30 },
    },
    lost: ['--request-disk 3g'],
  },
  {
    text: String.raw`cl run evaluate.py:0x089063eb85b64b239b342405b5ebab57 \
            test.json:0x5538cba32e524fad8b005cd19abb9f95 \
            predictions.json:predict/predictions.json --- \
            python evaluate.py test.json predictions.json`,
    spec: {
      command: sh('python evaluate.py test.json predictions.json'),
      mounts: [
        bundle('0x089063eb85b64b239b342405b5ebab57:/', 'evaluate.py'),
        bundle('0x5538cba32e524fad8b005cd19abb9f95:/', 'test.json'),
        bundle('predict:/predictions.json', 'predictions.json'),
      ],
    },
  },
  {
    text: String.raw`RUN_NAME=preprocess
DATA_NAME=openwebtext
cl run \
     -n \${RUN_NAME} \
     -w worksheet \
     --request-docker-image sangxie513/cs324-p2-codalab-gpu \
     --request-memory 80g \
     --request-gpus 1 \
     \${DATA_NAME}:preprocess1/\${DATA_NAME} \
     :src \
     "python src/train.py"`.replaceAll('\\$', '$'),
    spec: { name: 'preprocess', mounts: [bundle('preprocess1:/openwebtext', 'openwebtext'), bundle('src:/', 'src')] },
  },
  {
    text: `cl run :riverraid.py :riverraid_eval.py "python riverraid.py" --request-docker-image gdadwal/openai-gym --request-gpus 1`,
    spec: {
      image: 'gdadwal/openai-gym',
      mounts: [bundle('riverraid.py:/', 'riverraid.py'), bundle('riverraid_eval.py:/', 'riverraid_eval.py')],
    },
  },
];
