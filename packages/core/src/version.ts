/** The version all Throughline packages share (one fixed release group); it is the version of every instrumentation scope. */
export const VERSION = '0.0.0';
