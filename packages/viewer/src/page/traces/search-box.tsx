import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiProblem } from '../shell/api.ts';
import { Icon } from '../shell/icon.tsx';

type SearchBoxProps = {
  readonly query: string;
  readonly label: string;
  readonly placeholder: string;
  readonly problem?: ApiProblem | undefined;
  readonly box?: RefObject<HTMLInputElement | null>;
  /** `isContinued` where the last one was asked after a pause in the same typing. */
  readonly onQuery: (query: string, isContinued: boolean) => void;
  /** What Enter does besides. */
  readonly onEnter?: () => void;
};

const PAUSE = 350;

/** A field for a query, which is asked after a short pause or with Enter. A flawed query is explained below it. */
export function SearchBox({ query, label, placeholder, problem, box, onQuery, onEnter }: SearchBoxProps) {
  const [text, setText] = useState(query);
  const own = useRef<HTMLInputElement>(null);
  const input = box ?? own;
  // What was asked last since the field was entered: if the page still shows that, typing has gone on from there.
  const asked = useRef<string | undefined>(undefined);
  const sent = useRef<string | undefined>(undefined);
  const ask = () => {
    sent.current = text.trim();
    onQuery(sent.current, asked.current === query);
    asked.current = sent.current;
  };
  // When the page shows what was asked from here, more may be typed already. Spaces at the end are no part of a query.
  useEffect(() => {
    if (sent.current === query) return;
    sent.current = undefined;
    setText((typed) => (typed.trim() === query ? typed : query));
  }, [query]);
  useEffect(() => {
    if (text.trim() === query) return;
    const timer = setTimeout(ask, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="field">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxLength={4096}
        value={text}
        aria-label={label}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : 'query-problem'}
        placeholder={placeholder}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={() => {
          asked.current = undefined;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') input.current?.blur();
          if (event.key !== 'Enter') return;
          if (text.trim() !== query) ask();
          else onEnter?.();
          asked.current = undefined;
        }}
      />
      <span class="key">/</span>
      {problem === undefined ? null : (
        <p class="query-problem" id="query-problem" role="alert">
          {problem.message}
          {problem.position === undefined ? null : <Place text={text} at={problem.position} />}
        </p>
      )}
    </div>
  );
}

/** The end of the query from where it could not be read. */
function Place({ text, at }: { readonly text: string; readonly at: number }) {
  if (at >= text.length) return <span class="quiet"> At the end.</span>;
  return (
    <span class="quiet">
      {' '}
      At <code>{text.slice(at, at + 24)}</code>
    </span>
  );
}
