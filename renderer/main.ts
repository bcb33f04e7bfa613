import { connect } from './app/connection.ts';

// The way to the core is made while the rest of the page is still read.
void connect();
void import('./app/start.tsx');
