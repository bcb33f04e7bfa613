import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { performance } from 'node:perf_hooks';

/** What came of knocking at an address: any answer in HTTP counts. */
export type Contact =
  | {
      readonly answered: true;
      readonly tookMs: number;
      /** The clock of the service minus that of this machine, milliseconds; null where it does not tell the time. */
      readonly skewMs: number | null;
    }
  | {
      readonly answered: false;
      readonly message: string;
      readonly hint: string;
      /** The name service knows no such name. */
      readonly unknownName: boolean;
      /** No other request can get further. */
      readonly final: boolean;
    };

/** Asks an address for anything, without credentials. Never fails; `signal` ends it early as unanswered. */
export async function reach(address: string, options: { signal: AbortSignal; timeoutMs: number }): Promise<Contact> {
  const url = new URL(address);
  const began = performance.now();
  try {
    const answer = await ask(url, options);
    const tookMs = performance.now() - began;
    const date = Date.parse(answer.headers.date ?? '');
    // The header was written somewhere between question and answer, in whole seconds.
    const skewMs = Number.isNaN(date) ? null : date + 500 - (Date.now() - tookMs / 2);
    return { answered: true, tookMs, skewMs };
  } catch (error) {
    const code = codeOf(error);
    const final = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EPROTO'].includes(code) || code in certificateProblems;
    return { answered: false, unknownName: code === 'ENOTFOUND', final, ...explain(code, url, options.timeoutMs) };
  }
}

function ask(url: URL, { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number }): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const question = send(url, { method: 'HEAD', agent: false, signal, headers: { 'user-agent': 'stowage' } }, (answer) => {
      clearTimeout(timer);
      answer.resume();
      question.destroy();
      resolve(answer);
    });
    const timer = setTimeout(() => question.destroy(Object.assign(new Error('silent'), { code: 'SILENT' })), timeoutMs);
    question.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    question.end();
  });
}

const certificateProblems: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that this machine does not know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

function explain(code: string, url: URL, timeoutMs: number): { message: string; hint: string } {
  const where = url.host;
  const certificate = certificateProblems[code];
  if (certificate) {
    return {
      message: `“${where}” cannot be trusted: ${certificate}.`,
      hint: 'Check the address and the clock of this machine. For an authority of your own, name its file in NODE_EXTRA_CA_CERTS.',
    };
  }
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_NONAME':
      return {
        message: `There is no machine called “${url.hostname}”.`,
        hint: 'Check the name in the endpoint, and that you are connected to the right network.',
      };
    case 'EAI_AGAIN':
      return {
        message: `The name “${url.hostname}” cannot be looked up now.`,
        hint: 'Check that this machine is connected to the network.',
      };
    case 'ECONNREFUSED':
      return { message: `Nothing listens at “${where}”.`, hint: 'Start the service, or correct the address and its port.' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return { message: `There is no way to “${where}” from this machine.`, hint: 'Check the network, or the VPN.' };
    case 'SILENT':
    case 'ETIMEDOUT':
    case 'ABORT_ERR':
      return {
        message: `“${where}” does not answer within ${Math.round(timeoutMs / 1000)} seconds.`,
        hint: 'Check the address, the port and the firewall, or try again later.',
      };
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return { message: `“${where}” does not speak https.`, hint: 'Begin the address with http:// if that is meant.' };
    default:
      return {
        message: `“${where}” is there, but does not answer in ${url.protocol === 'https:' ? 'https' : 'http'} (${code || 'no reason told'}).`,
        hint: 'Check that the address and its port are those of the storage service.',
      };
  }
}
