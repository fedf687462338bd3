// Declared here as the package must not depend on the types of either Node.js or browsers, which both have it.
declare function btoa(text: string): string;
declare function atob(text: string): string;

/** Base64 of some bytes, in pieces, as the number of arguments of a call is limited. */
export function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return btoa(binary);
}

/** The bytes of a base64 text, or nothing if it is none. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
