import type { Answer, Question } from '../api/answer.ts';
import type { LiveMessage } from '../api/messages.ts';
import type { Delivery } from './decode-delivery.ts';

/** What became of a delivery. */
export type Receipt =
  /** All but `rejected` is stored. */
  | { readonly outcome: 'stored'; readonly accepted: number; readonly rejected: number; readonly reason: string }
  /** The body is not what it was sent as; sending it again is of no use. */
  | { readonly outcome: 'malformed'; readonly reason: string }
  /** Nothing was stored; the sender should try again later. */
  | { readonly outcome: 'deferred'; readonly reason: string };

/** All of the viewer behind its sockets: takes bodies in, answers questions. Neither rejects. */
export type Backend = {
  receive(delivery: Delivery): Promise<Receipt>;
  answer(question: Question): Promise<Answer>;
  /** Calls back with what has come, at most four times a second, until it is told to stop. */
  watch(listener: (message: LiveMessage) => void): () => void;
  close(): Promise<void>;
};
