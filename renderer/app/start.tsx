import '@fontsource-variable/inter/wght.css';
import './global.css';
import { createDOMRenderer, RendererProvider } from '@fluentui/react-components';
import { createRoot } from 'react-dom/client';
import { tellEndsOfJobs } from '../jobs/job-notices.ts';
import { App } from './app.tsx';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } });

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
createRoot(root).render(
  <RendererProvider renderer={renderer} targetDocument={document}>
    <App />
  </RendererProvider>,
);
tellEndsOfJobs();
