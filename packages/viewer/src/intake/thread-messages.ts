import type { Answer, Question } from '../api/answer.ts';
import type { LiveMessage } from '../api/messages.ts';
import type { Receipt } from './backend.ts';
import type { Delivery } from './decode-delivery.ts';

/** What goes to the thread of the store. */
export type ToThread =
  | { readonly is: 'delivery'; readonly id: number; readonly delivery: Delivery }
  | {
      readonly is: 'question';
      readonly id: number;
      readonly method: string;
      readonly path: string;
      readonly parameters: string;
      readonly accept: string;
      readonly message?: Question['message'] & {};
    }
  | { readonly is: 'watch'; readonly on: boolean }
  | { readonly is: 'close' };

/** What comes from it. */
export type FromThread =
  | { readonly is: 'ready' }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'receipt'; readonly id: number; readonly receipt: Receipt }
  | { readonly is: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly is: 'live'; readonly message: LiveMessage }
  | { readonly is: 'log'; readonly message: string };
