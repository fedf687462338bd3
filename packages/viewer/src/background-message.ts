/** What a viewer in the background says to who has started it. */
export type BackgroundMessage = { readonly is: 'ready' } | { readonly is: 'failed'; readonly message: string };
