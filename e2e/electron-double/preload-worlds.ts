/**
 * The two worlds of a page: the preload runs in an isolated one with the double's `contextBridge`, `ipcRenderer` and
 * `webUtils`; what it exposes appears in the page's own world. Calls cross by CustomEvents whose detail is JSON, so no
 * object of one world reaches the other.
 */
export const worldName = 'electron-preload';
export const bindingName = 'electronDoubleSend';

/** In the page's world: makes functions of what the preload says it exposes. */
export const mainWorldSource = `(() => {
  if (window !== window.top) return;
  const target = document;
  let nextId = 1;
  const callbacks = new Map();
  const promises = new Map();
  let returned;
  const listen = (name, act) => target.addEventListener('electron-double:' + name, (event) => act(JSON.parse(event.detail)));
  const tell = (name, detail) => target.dispatchEvent(new CustomEvent('electron-double:' + name, { detail: JSON.stringify(detail) }));
  const pack = (value) => {
    if (typeof value === 'function') { const id = nextId++; callbacks.set(id, value); return { callback: id }; }
    if (value instanceof File) return { file: value.name };
    return { value };
  };
  listen('return', (detail) => { returned = detail; });
  listen('settle', ({ id, value, error }) => {
    const promise = promises.get(id);
    promises.delete(id);
    if (error !== undefined) promise.reject(new Error(error)); else promise.resolve(value);
  });
  listen('callback', ({ id, args }) => callbacks.get(id)(...args));
  const functionOf = (path) => (...args) => {
    const id = nextId++;
    returned = undefined;
    tell('call', { id, path, args: args.map(pack) });
    const result = returned;
    if (result.error !== undefined) throw new Error(result.error);
    if (!result.promise) return result.value;
    return new Promise((resolve, reject) => promises.set(id, { resolve, reject }));
  };
  const build = (shape, path) => shape === 'function'
    ? functionOf(path)
    : Object.freeze(Object.fromEntries(Object.entries(shape).map(([key, inner]) => [key, build(inner, [...path, key])])));
  listen('expose', ({ key, shape }) => Object.defineProperty(window, key, { value: build(shape, [key]), enumerable: true }));
})();`;

/** In the isolated world: the preload bundle with the modules that a sandboxed preload may require. */
export const preloadSource = (bundle: string): string => `(() => {
  if (window !== window.top) return;
  const target = document;
  const exposed = {};
  const listeners = new Map();
  const invocations = new Map();
  let nextId = 1;
  let droppedPaths = [];
  const tell = (name, detail) => target.dispatchEvent(new CustomEvent('electron-double:' + name, { detail: JSON.stringify(detail) }));
  const shapeOf = (api) => typeof api === 'function'
    ? 'function'
    : Object.fromEntries(Object.entries(api).map(([key, value]) => [key, shapeOf(value)]));
  const unpack = (argument) => {
    if (argument.callback !== undefined) return (...args) => tell('callback', { id: argument.callback, args });
    if (argument.file !== undefined) return { name: argument.file };
    return argument.value;
  };
  target.addEventListener('electron-double:call', (event) => {
    const { id, path, args } = JSON.parse(event.detail);
    const owner = path.slice(0, -1).reduce((object, key) => object[key], exposed);
    try {
      const value = owner[path.at(-1)](...args.map(unpack));
      if (typeof value?.then !== 'function') return tell('return', { value });
      value.then((settled) => tell('settle', { id, value: settled }), (error) => tell('settle', { id, error: error.message }));
      tell('return', { promise: true });
    } catch (error) { tell('return', { error: String(error) }); }
  });
  const sendToMain = (message) => ${bindingName}(JSON.stringify(message));
  globalThis.electronDouble = {
    deliver: (json) => {
      const { channel, args } = JSON.parse(json);
      if (channel === 'electron-double:dropped') { droppedPaths = args[0]; return; }
      for (const listener of listeners.get(channel) ?? []) listener({}, ...args);
    },
    answer: (id, json) => {
      const { value, error } = JSON.parse(json);
      const { resolve, reject } = invocations.get(id);
      invocations.delete(id);
      if (error !== undefined) reject(new Error(error)); else resolve(value);
    },
  };
  const electron = {
    contextBridge: { exposeInMainWorld: (key, api) => { exposed[key] = api; tell('expose', { key, shape: shapeOf(api) }); } },
    ipcRenderer: {
      send: (channel, ...args) => sendToMain({ kind: 'send', id: 0, channel, args }),
      invoke: (channel, ...args) => new Promise((resolve, reject) => {
        const id = nextId++;
        invocations.set(id, { resolve, reject });
        sendToMain({ kind: 'invoke', id, channel, args });
      }),
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    },
    webUtils: { getPathForFile: (file) => droppedPaths.find((path) => path.split('/').at(-1) === file.name) ?? '' },
  };
  const require = (name) => { if (name === 'electron') return electron; throw new Error('module not found: ' + name); };
  const module = { exports: {} };
  ((require, module, exports) => { ${bundle}\n })(require, module, module.exports);
})();`;
