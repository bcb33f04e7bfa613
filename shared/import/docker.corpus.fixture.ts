import type { Sample } from './corpus.fixture.ts';

/** Commands as the documentation of images and tools gives them. */
export const dockerCorpus: readonly Sample[] = [
  {
    text: '$ docker run --name test --net mynet -d nginx:alpine',
    spec: { name: 'test', image: 'nginx:alpine', command: [] },
    lost: ['--net mynet'],
  },
  {
    text: `docker run --rm -w /my/workdir alpine pwd`,
    spec: { image: 'alpine', command: ['pwd'], workdir: '/my/workdir', user: 'image', output: null },
  },
  {
    text: `docker run -it --gpus all --ipc=host --ulimit memlock=-1 --ulimit stack=67108864 -v /data/imagenet:/imagenet:ro nvcr.io/nvidia/pytorch:24.05-py3 python /workspace/train.py --data /imagenet`,
    spec: {
      image: 'nvcr.io/nvidia/pytorch:24.05-py3',
      command: ['python', '/workspace/train.py', '--data', '/imagenet'],
      mounts: [{ source: 'imagenet:/', target: '/imagenet', mode: 'ro' }],
      resources: { gpus: 'all' },
    },
    lost: ['--ipc=host', '--ulimit memlock=-1', '--ulimit stack=67108864'],
  },
  {
    text: String.raw`docker run --gpus all -it --rm \
  -v "$PWD":/workspace -w /workspace \
  -p 6006:6006 \
  nvcr.io/nvidia/tensorflow:22.12-tf1-py3 \
  bash -c "bash docker/setup_udpipe2_env.sh && bash"`,
    spec: {
      image: 'nvcr.io/nvidia/tensorflow:22.12-tf1-py3',
      command: ['bash', '-c', 'bash docker/setup_udpipe2_env.sh && bash'],
      code: { source: '/home/ada/project', mode: 'rw' },
      mounts: [],
      ports: [{ container: 6006, host: 6006 }],
      resources: { gpus: 'all' },
    },
  },
  {
    text: String.raw`docker run --gpus=all -v ~/.cache/huggingface:/models -e HF_HOME=/models -p 8000:8000 \
		vllm/vllm-openai:latest --model solidrust/Meta-Llama-3-8B-Instruct-hf-AWQ  --quantization awq --max-model-len 1024`,
    spec: {
      image: 'vllm/vllm-openai:latest',
      command: ['--model', 'solidrust/Meta-Llama-3-8B-Instruct-hf-AWQ', '--quantization', 'awq', '--max-model-len', '1024'],
      env: [{ name: 'HF_HOME', value: '/models' }],
      ports: [{ container: 8000, host: 8000 }],
    },
    lost: ['-v /home/ada/.cache/huggingface:/models'],
  },
  {
    text: String.raw`docker run \
-it \
-p <PORT NUMBER>:8888 \
--rm \
--name nn_clustering-$(whoami) \
--runtime=nvidia \ # REMOVE, if you don't have GPU
--mount type=bind,source=/scratch,target=/scratch \ # REMOVE, if not on perceptron or svm machines
humancompatibleai/nn-clustering:latest \
bash`,
    spec: { image: 'humancompatibleai/nn-clustering:latest', command: ['bash'], resources: { gpus: 'all' } },
    lost: ['-p <PORT NUMBER>:8888', '--mount type=bind,source=/scratch,target=/scratch'],
  },
  {
    text: `docker run --gpus "device=0" -v /data/imagenet/val/:/workspace/ -v /home/ada/.cache/:/home/user/.cache/ --rm -it --shm-size=12gb chat-with-nerf:latest`,
    spec: {
      image: 'chat-with-nerf:latest',
      mounts: [{ source: 'imagenet:/val', target: '/workspace/', mode: 'rw' }],
      resources: { gpus: ['0'], shmBytes: 12 * 2 ** 30 },
    },
    lost: ['-v /home/ada/.cache/:/home/user/.cache/'],
  },
  {
    text: `docker run --gpus all --env NVIDIA_DISABLE_REQUIRE=1 -it --network=host --name pose --cap-add=SYS_PTRACE --security-opt seccomp=unconfined --ipc=host -e DISPLAY=\${DISPLAY} -e GIT_INDEX_FILE viki1626/codingtamilan:latest bash`,
    spec: {
      name: 'pose',
      image: 'viki1626/codingtamilan:latest',
      command: ['bash'],
      env: [
        { name: 'NVIDIA_DISABLE_REQUIRE', value: '1' },
        { name: 'DISPLAY', value: `\${DISPLAY}` },
        { name: 'GIT_INDEX_FILE', value: '' },
      ],
    },
    lost: ['--network=host', '--cap-add=SYS_PTRACE', '--security-opt seccomp=unconfined', '--ipc=host'],
  },
  {
    text: `docker run --gpus '"device=0,2"' --ipc=host -it -d -v /data/imagenet:/workdir -p 8888:8888 -p 6006:6006 cuda_image nohup jupyter notebook --ip=0.0.0.0 --port=8888 --allow-root`,
    spec: {
      image: 'cuda_image',
      command: ['nohup', 'jupyter', 'notebook', '--ip=0.0.0.0', '--port=8888', '--allow-root'],
      resources: { gpus: ['0', '2'] },
      ports: [
        { container: 8888, host: 8888 },
        { container: 6006, host: 6006 },
      ],
    },
    lost: ['--ipc=host'],
  },
  {
    text: `docker run --security-opt=seccomp:unconfined --name cr -d busybox /bin/sh -c 'i=0; while true; do echo $i; i=$(expr $i + 1); sleep 1; done'`,
    spec: {
      name: 'cr',
      image: 'busybox',
      command: ['/bin/sh', '-c', 'i=0; while true; do echo $i; i=$(expr $i + 1); sleep 1; done'],
    },
    lost: ['--security-opt=seccomp:unconfined'],
  },
  {
    text: `$ docker run --env VAR1=value1 --env VAR2=value2 ubuntu env | grep VAR`,
    spec: {
      image: 'ubuntu',
      command: ['env'],
      env: [
        { name: 'VAR1', value: 'value1' },
        { name: 'VAR2', value: 'value2' },
      ],
    },
    lost: ['grep VAR'],
  },
  {
    text: `docker run -it --cpu-period=50000 --cpu-quota=25000 ubuntu:24.04 /bin/bash`,
    spec: { image: 'ubuntu:24.04', command: ['/bin/bash'], resources: { cpus: 0.5 } },
  },
  {
    text: `docker run -it --entrypoint /bin/bash example/redis -c ls -l`,
    spec: { image: 'example/redis', command: ['/bin/bash', '-c', 'ls', '-l'] },
  },
  {
    text: `docker run -d --tmpfs /run:rw,noexec,nosuid,size=65536k my_image`,
    spec: { image: 'my_image', command: [] },
  },
  {
    text: `docker run --rm -v rclonevolume:/data busybox ls /data`,
    spec: { image: 'busybox', command: ['ls', '/data'], mounts: [{ source: 'rclonevolume:/', target: '/data', mode: 'rw' }] },
  },
  {
    text: `docker run --rm --mount source=my_volume,target=/foo busybox sh -c "echo 'hello' > /foo/a"`,
    spec: {
      image: 'busybox',
      command: ['sh', '-c', "echo 'hello' > /foo/a"],
      mounts: [{ source: 'my_volume:/', target: '/foo', mode: 'rw' }],
    },
  },
  {
    text: `# docker run -v /dev/log:/dev/log -i -t fedora /bin/bash`,
    spec: { image: 'fedora', command: ['/bin/bash'] },
    lost: ['-v /dev/log:/dev/log'],
  },
  {
    text: `$ docker run -u daemon --ulimit nproc=3 -m 300M --memory-reservation 200M --cpus=".5" busybox top`,
    spec: { image: 'busybox', command: ['top'], user: 'self', resources: { memoryBytes: 300 * 2 ** 20, cpus: 0.5 } },
    lost: ['--ulimit nproc=3', '--memory-reservation 200M'],
  },
  {
    text: `docker run -it --gpus all -v /data/imagenet:/xingjian --privileged nvidia/cuda:12.9.0-devel-ubuntu22.04 sleep infinity`,
    spec: { image: 'nvidia/cuda:12.9.0-devel-ubuntu22.04', command: ['sleep', 'infinity'] },
    lost: ['--privileged'],
  },
  {
    text: String.raw`docker run -it --rm -p 10000:8888 -v "\${PWD}":/home/jovyan/work quay.io/jupyter/datascience-notebook:2024-10-07`.replace(
      '\\$',
      '$',
    ),
    spec: { image: 'quay.io/jupyter/datascience-notebook:2024-10-07', ports: [{ container: 8888, host: 10_000 }] },
    lost: ['-v /home/ada/project:/home/jovyan/work'],
  },
  {
    text: `sudo nvidia-docker run --rm nvidia/cuda nvidia-smi`,
    spec: { image: 'nvidia/cuda', command: ['nvidia-smi'], resources: { gpus: 'all' } },
  },
  {
    text: `podman run --rm --device nvidia.com/gpu=all --security-opt=label=disable ubuntu nvidia-smi -L`,
    spec: { image: 'ubuntu', command: ['nvidia-smi', '-L'], resources: { gpus: 'all' } },
    lost: ['--security-opt=label=disable'],
  },
  {
    text: `docker run --rm -it --user "$(id -u):$(id -g)" -v "$(pwd)":/app -w /app/src -e WANDB_API_KEY=abc123 -p 127.0.0.1:8080:80/tcp --network none node:20 npm test`,
    spec: {
      image: 'node:20',
      command: ['npm', 'test'],
      user: 'self',
      network: false,
      workdir: '/home/work/code/src',
      code: { source: '/home/ada/project', mode: 'rw' },
      env: [{ name: 'WANDB_API_KEY', value: 'abc123', secret: 'env' }],
      ports: [{ container: 80, host: 8080 }],
    },
  },
];
