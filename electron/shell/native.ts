import { isAbsolute } from 'node:path';
import { BrowserWindow, dialog, ipcMain, nativeImage, shell } from 'electron';
import { z } from 'zod';
import { StowageError } from '#shared/errors.ts';
import type { Handovers } from '../handover/tickets.ts';
import { channels } from './channels.ts';
import { isOpenableUrl, publishedPortOf } from './origin.ts';
import { checkSender, type ReportRefusal } from './security.ts';

const filesRequest = z.object({ folders: z.boolean(), title: z.string().max(200) });
/** What stands for paths that the core chose; the page knows none of them. */
const ticket = z.string().min(1).max(100);
const folderRequest = z.object({ title: z.string().max(200) });

export interface NativeOptions {
  readonly onRefused: ReportRefusal;
  readonly handovers: Handovers;
  readonly dragIcon: string;
  /** Whether a running job is reached at this port. */
  readonly isPublishedPort: (port: number) => Promise<boolean>;
}

/** Dialogs, file manager, browser and taskbar progress for the renderer. Every sender and every argument is checked. */
export function offerNative({ onRefused, handovers, dragIcon, isPublishedPort }: NativeOptions): void {
  const handle: Handle = (channel, schema, act) => handleChecked(channel, schema, act, onRefused);
  handle(channels.chooseFiles, filesRequest, async ({ folders, title }, window) => {
    const properties: Electron.OpenDialogOptions['properties'] = folders
      ? ['openDirectory', 'multiSelections']
      : ['openFile', 'multiSelections', 'showHiddenFiles'];
    const { canceled, filePaths } = await dialog.showOpenDialog(window, { title, properties });
    return canceled ? [] : filePaths;
  });
  handle(channels.chooseFolder, folderRequest, async ({ title }, window) => {
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title,
      properties: ['openDirectory', 'createDirectory'],
    });
    return canceled ? null : (filePaths[0] ?? null);
  });
  handle(channels.showInFolder, z.string().max(8192).refine(isAbsolute), (path) => shell.showItemInFolder(path));
  handle(channels.openPrepared, ticket, async (given) => {
    const { what, paths } = handovers.take(given, 'open', 'show');
    const [path = ''] = paths;
    if (what === 'show') return shell.showItemInFolder(path);
    const problem = await shell.openPath(path);
    if (problem !== '') throw new StowageError('io-error', `No program could open it: ${problem}`, { subject: path });
  });
  handle(channels.startDrag, ticket, (given, window) => {
    const { paths } = handovers.take(given, 'drag');
    const [file = ''] = paths;
    const icon = nativeImage.createFromPath(dragIcon).resize({ width: 48 });
    window.webContents.startDrag({ file, files: [...paths], icon });
  });
  handle(channels.openExternal, z.string().max(4096), async (url) => {
    const port = publishedPortOf(url);
    const isOpenable = port === null ? isOpenableUrl(url) : await isPublishedPort(port);
    if (!isOpenable) throw new StowageError('bad-request', 'Only https links are opened.', { subject: url });
    await shell.openExternal(url);
  });
  handle(channels.setProgress, z.number().min(0).max(1).nullable(), (fraction, window) => window.setProgressBar(fraction ?? -1));
}

type Act<T> = (input: T, window: BrowserWindow) => unknown;
type Handle = <T>(channel: string, schema: z.ZodType<T>, act: Act<T>) => void;

function handleChecked<T>(channel: string, schema: z.ZodType<T>, act: Act<T>, onRefused: ReportRefusal): void {
  ipcMain.handle(channel, async (event, input: unknown) => {
    const { window, checked } = check(event, input, schema, onRefused);
    return act(checked, window);
  });
}

/** @throws StowageError `unauthorised`, `bad-request`; what it throws was reported */
function check<T>(event: Electron.IpcMainInvokeEvent, input: unknown, schema: z.ZodType<T>, onRefused: ReportRefusal) {
  try {
    checkSender(event);
    const window = BrowserWindow.fromWebContents(event.sender);
    if (!window) throw new StowageError('unauthorised', 'A message from no window was refused.');
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw new StowageError('bad-request', `A message was refused: ${z.prettifyError(parsed.error)}.`);
    return { window, checked: parsed.data };
  } catch (error) {
    onRefused(error);
    throw error;
  }
}
