export * from '#shared/command-line.ts';
