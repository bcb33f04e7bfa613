/** Jobs of protocol version 2, as the examples and the marketplace of OpenPAI have them, without what describes them. */
export const openPaiYamlJobs: readonly string[] = [
  `protocolVersion: 2
name: chainer_cifar
type: job
version: 1.0
prerequisites:
  - protocolVersion: 2
    name: chainer_example
    type: dockerimage
    version: 1.0
    uri : openpai/pai.example.chainer
taskRoles:
  train:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: chainer_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - python ./chainer/examples/cifar/train_cifar.py
`,
  `protocolVersion: 2
name: pytorch_regression
type: job
version: 1.0
prerequisites:
  - protocolVersion: 2
    name: pytorch_example
    type: dockerimage
    version: 1.0
    uri : openpai/pai.example.pytorch
taskRoles:
  worker:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: pytorch_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - cd examples/regression && python3 main.py
`,
  `protocolVersion: 2
name: sklearn_text_vectorizers
type: job
version: 1.0
prerequisites:
  - protocolVersion: 2
    name: sklearn_example
    type: dockerimage
    version: 1.0
    uri : openpai/pai.example.sklearn
taskRoles:
  worker:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: sklearn_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - pip install memory_profiler && cd scikit-learn/benchmarks && python bench_text_vectorizers.py
`,
  `protocolVersion: 2
name: keras_tensorflow_mnist
type: job
version: 1.0
prerequisites:
  - protocolVersion: 2
    name: keras_tensorflow_example
    type: dockerimage
    version: 1.0
    uri : openpai/pai.example.keras.tensorflow
taskRoles:
  train:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: keras_tensorflow_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - rm /usr/local/cuda/lib64/stubs/libcuda.so.1
      - python mnist_cnn.py
`,
  `protocolVersion: 2
name: caffe2_resnet50
type: job
version: 1.0
parameters:
  epochSize: 1000
  epochNum: 1
prerequisites:
  - protocolVersion: 2
    name: caffe2_example
    type: dockerimage
    version: 1.0
    uri : openpai/pai.example.caffe2
taskRoles:
  train:
    instances: 1
    dockerImage: caffe2_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - >
        python resnet50_trainer.py
        --train_data null
        --epoch_size <% $parameters.epochSize %>
        --num_epochs <% $parameters.epochNum %>
`,
  `protocolVersion: 2
name: rocm_tensorflow2
type: job
version: 1.0
parameters:
  epochs: 10
prerequisites:
  - protocolVersion: 2
    name: rocm_tf
    type: dockerimage
    uri : rocm/tensorflow:rocm2.10.0-tf2.0-dev
taskRoles:
  example:
    instances: 1
    dockerImage: rocm_tf
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - apt update
      - apt install -y rocm-libs miopen-hip cxlactivitylogger rccl
      - pip3 install tensorflow-rocm==2.0.1 tensorflow_datasets==1.3.2
      - python3 examples/tensorflow_examples/models/dcgan/dcgan.py --epochs <% $parameters.epochs %>
`,
  `protocolVersion: 2
name: pytorch_mnist
type: job
version: 1.0
parameters:
  epochs: 1
  batchsize: 64
  lr: 0.01
prerequisites:
  - protocolVersion: 2
    name: pytorch_example
    type: dockerimage
    version: 1.0
    uri : openpai/pai.example.pytorch
taskRoles:
  worker:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: pytorch_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - >
        python3 examples/mnist/main.py
        --epochs <% $parameters.epochs %>
        --lr <% $parameters.lr %>
        --batch-size <% $parameters.batchsize %>
`,
  `protocolVersion: 2
name: caffe_mnist
type: job
version: 1.0
prerequisites:
  - protocolVersion: 2
    name: caffe_example
    type: dockerimage
    version: 1.0
    uri : openpai/pai.example.caffe
taskRoles:
  train:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: caffe_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - ./examples/mnist/train_lenet.sh
deployments:
  - name: caffe_example
    taskRoles:
      train:
        preCommands:
          - ./data/mnist/get_mnist.sh
          - ./examples/mnist/create_mnist.sh
defaults:
  deployment: caffe_example
`,
  `protocolVersion: 2
name: tensorflow_serving_mnist
type: job
version: 1.0
parameters:
  modelPath: /tmp/mnist_model
prerequisites:
  - protocolVersion: 2
    name: tf_serving_example
    type: dockerimage
    version: 1.0-r1.4
    uri : openpai/pai.example.tensorflow-serving
taskRoles:
  worker:
    instances: 1
    dockerImage: tf_serving_example
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
      ports:
        model_server: 1
    commands:
      - bazel-bin/tensorflow_serving/example/mnist_saved_model <% $parameters.modelPath %>
      - tensorflow_model_server --port=$PAI_CONTAINER_HOST_model_server_PORT_LIST --model_name=mnist --model_base_path=<% $parameters.modelPath %>
`,
  `protocolVersion: 2
name: rocm_pytorch_mnist
type: job
version: 1.0
parameters:
  epochs: 1
  batchsize: 64
  lr: 0.01
prerequisites:
  - protocolVersion: 2
    name: rocm_torch
    type: dockerimage
    uri : rocm/pytorch:rocm2.10_ubuntu16.04_py3.6_pytorch
taskRoles:
  worker:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: rocm_torch
    extraContainerOptions:
      shmMB: 4096
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - git clone https://github.com/pytorch/examples
      - cd examples/mnist
      - pip install -r requirements.txt
      - >
        /usr/bin/python3.6 main.py
        --epochs <% $parameters.epochs %>
        --lr <% $parameters.lr %>
        --batch-size <% $parameters.batchsize %>
`,
  `protocolVersion: 2
name: cifar10_vgg16_tf2_cpu_example
type: job
jobRetryCount: 0
prerequisites:
  - type: dockerimage
    uri: 'openpai/standard:python_3.6-tensorflow_2.1.0-cpu'
    name: docker_image_0
taskRoles:
  taskrole:
    instances: 1
    completion:
      minFailedInstances: 1
      minSucceededInstances: -1
    taskRetryCount: 0
    dockerImage: docker_image_0
    resourcePerInstance:
      gpu: 0
      cpu: 4
      memoryMB: 8192
    commands:
      - >-
        wget
        https://raw.githubusercontent.com/microsoft/pai/pai-for-edu/contrib/edu-examples/tensorflow_cifar10/src/cifar10_vgg16_tf.py
      - python cifar10_vgg16_tf.py --epochs 50 --batch_size 32
defaults:
  virtualCluster: cpu
extras:
  com.microsoft.pai.runtimeplugin:
    - plugin: ssh
      parameters:
        jobssh: true
`,
  `protocolVersion: 2
name: cifar10_vgg16_tf2_1gpu_example
type: job
jobRetryCount: 0
prerequisites:
  - type: dockerimage
    uri: 'openpai/standard:python_3.6-tensorflow_2.1.0-gpu'
    name: docker_image_0
taskRoles:
  taskrole:
    instances: 1
    completion:
      minFailedInstances: 1
      minSucceededInstances: -1
    taskRetryCount: 0
    dockerImage: docker_image_0
    resourcePerInstance:
      gpu: 1
      cpu: 1
      memoryMB: 6826
    commands:
      - >-
        wget
        https://raw.githubusercontent.com/microsoft/pai/pai-for-edu/contrib/edu-examples/tensorflow_cifar10/src/cifar10_vgg16_tf.py
      - python cifar10_vgg16_tf.py --epochs 50 --batch_size 32
defaults:
  virtualCluster: default
extras:
  com.microsoft.pai.runtimeplugin:
    - plugin: ssh
      parameters:
        jobssh: true
`,
  `protocolVersion: 2
name: cifar10_vgg16_tf2_4gpu_example
type: job
jobRetryCount: 0
prerequisites:
  - type: dockerimage
    uri: 'openpai/standard:python_3.6-tensorflow_2.1.0-gpu'
    name: docker_image_0
taskRoles:
  taskrole:
    instances: 1
    completion:
      minFailedInstances: 1
      minSucceededInstances: -1
    taskRetryCount: 0
    dockerImage: docker_image_0
    resourcePerInstance:
      gpu: 4
      cpu: 1
      memoryMB: 6826
    commands:
      - >-
        wget
        https://raw.githubusercontent.com/microsoft/pai/pai-for-edu/contrib/edu-examples/tensorflow_cifar10/src/cifar10_vgg16_tf_distributed.py
      - python cifar10_vgg16_tf_distributed.py --epochs 50 --batch_size 32
defaults:
  virtualCluster: default
extras:
  com.microsoft.pai.runtimeplugin:
    - plugin: ssh
      parameters:
        jobssh: true
`,
  `protocolVersion: 2
name: cntk_mnist
type: job
jobRetryCount: 0
prerequisites:
  - type: dockerimage
    uri: 'openpai/standard:python_3.6-cntk_2.7-gpu'
    name: docker_image_0
taskRoles:
  taskrole:
    instances: 1
    completion:
      minFailedInstances: 1
    taskRetryCount: 0
    dockerImage: docker_image_0
    resourcePerInstance:
      gpu: 1
      cpu: 5
      memoryMB: 51200
    commands:
      - apt-get install openmpi-bin
      - pip install cntk-gpu
      - 'git clone https://github.com/microsoft/CNTK.git'
      - cd CNTK/
      - git reset --hard e9396480025b9ca457d26b6f33dd07c474c6aa04
      - cd Examples/Image/DataSets/MNIST/
      - python install_mnist.py
      - cd ../../Classification/ConvNet/Python/
      - python ConvNet_MNIST.py
defaults:
  virtualCluster: default
extras:
  com.microsoft.pai.runtimeplugin:
    - plugin: ssh
      parameters:
        jobssh: true
`,
  `protocolVersion: 2
name: mxnet_test_c1282f70
type: job
jobRetryCount: 0
prerequisites:
  - type: dockerimage
    uri: 'openpai/standard:python_3.6-mxnet_1.5.1-gpu'
    name: docker_image_0
taskRoles:
  taskrole:
    instances: 1
    completion:
      minFailedInstances: 1
    taskRetryCount: 0
    dockerImage: docker_image_0
    resourcePerInstance:
      gpu: 1
      cpu: 5
      memoryMB: 51200
    commands:
      - >-
        wget
        https://gluon-cv.mxnet.io/_downloads/b95defa36d5f5e2c64a2569f387ca7b2/train_cifar10.py
      - pip install --upgrade mxnet-cu101 gluoncv
      - >-
        python train_cifar10.py --num-epochs 240 --mode hybrid --num-gpus 1 -j 8
        --batch-size 128 --wd 0.0001 --lr 0.1 --lr-decay 0.1 --lr-decay-epoch
        80,160 --model cifar_resnet20_v1
defaults:
  virtualCluster: default
extras:
  com.microsoft.pai.runtimeplugin:
    - plugin: ssh
      parameters:
        jobssh: true
`,
  `protocolVersion: 2
name: mxnet_autoencoder
type: job
version: 1.0
prerequisites:
  - protocolVersion: 2
    name: mxnet_example
    type: dockerimage
    version: 1.0
    uri: openpai/pai.example.mxnet
  - protocolVersion: 2
    name: mnist_data
    type: data
    version: 1.0
    uri:
      - https://raw.githubusercontent.com/amplab/datascience-sp14/master/lab7/mldata/mnist-original.mat
taskRoles:
  train:
    instances: 1
    completion:
      minSucceededInstances: 1
    dockerImage: mxnet_example
    data: mnist_data
    resourcePerInstance:
      cpu: 4
      memoryMB: 8192
      gpu: 1
    commands:
      - python mnist_sae.py --gpu
deployments:
  - name: mxnet_example
    taskRoles:
      train:
        preCommands:
          - pip install scipy==1.1.0 scikit-learn==0.19.2
          - wget <% $data.uri[0] %> -P /root/incubator-mxnet/data/mldata/
          - cd incubator-mxnet/example/autoencoder
defaults:
  deployment: mxnet_example
`,
  `protocolVersion: 2
name: cifar10_vgg16_tf_4gpu_horovod_example
type: job
jobRetryCount: 0
prerequisites:
  - type: dockerimage
    uri: 'openpai/standard:python_3.6-tensorflow_2.1.0-gpu'
    name: docker_image_0
taskRoles:
  taskrole:
    instances: 1
    completion:
      minFailedInstances: 1
      minSucceededInstances: -1
    taskRetryCount: 0
    dockerImage: docker_image_0
    resourcePerInstance:
      gpu: 4
      cpu: 8
      memoryMB: 102400
    commands:
      - >-
        wget
        https://raw.githubusercontent.com/microsoft/pai/pai-for-edu/contrib/edu-examples/tensorflow_cifar10/src/cifar10_vgg16_tf_horovod.py
      - >-
        HOROVOD_GPU_ALLREDUCE=NCCL HOROVOD_GPU_BROADCAST=NCCL pip install
        horovod
      - horovodrun -np 4 python cifar10_vgg16_tf_horovod.py --epochs 50 --batch_size 32
defaults:
  virtualCluster: default
extras:
  com.microsoft.pai.runtimeplugin:
    - plugin: ssh
      parameters:
        jobssh: true
`,
];
