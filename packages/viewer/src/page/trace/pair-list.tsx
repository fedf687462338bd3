import type { Pairs, Value } from '../../api/messages.ts';
import { Key } from '../shell/key.tsx';
import { addressOf } from '../shell/route.ts';

type PairListProps = {
  readonly pairs: Pairs;
  /** Where to search for a pair; without it, pairs are not searched for. */
  readonly scope?: 'span' | 'resource';
};

const SIMPLE_KEY = /^[\w.-]+$/;
/** Longer ones are cut until they are asked for. */
const LONG = 400;

/** Attributes: keys and values as text, whatever is in them. */
export function PairList({ pairs, scope }: PairListProps) {
  return (
    <dl class="pairs">
      {[...pairs].sort(byKey).map(([key, value], index) => (
        <div key={index}>
          <dt class="split">
            <Key text={key} />
          </dt>
          <dd class="split">
            <Shown value={value} />
            {scope !== undefined && isSearchable(key, value) ? (
              <a
                class="find"
                title="Traces with this"
                href={addressOf('/', { query: `${scope}.${key} = ${JSON.stringify(value)}` })}
              >
                Find
              </a>
            ) : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Shown({ value }: { readonly value: Value }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);
  if (text.length <= LONG) return <>{text === '' ? <span class="quiet">(empty)</span> : text}</>;
  return (
    <details class="long">
      <summary>{text.slice(0, LONG)}…</summary>
      {text.slice(LONG)}
    </details>
  );
}

function isSearchable(key: string, value: Value): boolean {
  if (!SIMPLE_KEY.test(key)) return false;
  return typeof value === 'string' ? value.length < 200 : typeof value === 'number' || typeof value === 'boolean';
}

function byKey([a]: readonly [string, Value], [b]: readonly [string, Value]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
