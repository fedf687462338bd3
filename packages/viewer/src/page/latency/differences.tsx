import type { DifferencesAnswer } from '../../api/messages.ts';
import { count, counted, percent } from '../shell/format.ts';
import { Key } from '../shell/key.tsx';
import { addressOf } from '../shell/route.ts';
import { ScrollX } from '../shell/scroll-x.tsx';

type DifferencesProps = { readonly answer: DifferencesAnswer; readonly query: string; readonly isLoading: boolean };

const SIMPLE_KEY = /^[\w.-]+$/;

/** Which attributes the selected spans have more or less often than the others. */
export function Differences({ answer, query, isLoading }: DifferencesProps) {
  const { selected, others, attributes, complete } = answer;
  return (
    <section class={isLoading ? 'differences is-loading' : 'differences'}>
      <h2>What is different</h2>
      <p class="quiet">
        {counted(selected, 'selected span')} against {count(others)} others{complete ? '' : ', of the latest'}.
      </p>
      {attributes.length === 0 ? (
        <p class="none">
          {selected === 0
            ? 'No span is selected.'
            : 'No attribute tells them apart: those that are selected are as the others are.'}
        </p>
      ) : (
        <ScrollX label="Attributes that differ">
          <table class="table">
            <thead>
              <tr>
                <th>Attribute</th>
                <th>Value</th>
                <th class="share">Selected</th>
                <th class="share">Others</th>
              </tr>
            </thead>
            <tbody>
              {attributes.map((attribute) => (
                <tr key={`${attribute.key}\n${attribute.value}`}>
                  <td class="split mono quiet">
                    <Key text={attribute.key} />
                  </td>
                  <td class="split mono">
                    {SIMPLE_KEY.test(attribute.key) ? (
                      <a href={addressOf('/', { query: narrowed(query, attribute) })}>
                        <Value text={attribute.value} />
                      </a>
                    ) : (
                      <Value text={attribute.value} />
                    )}
                  </td>
                  <Share share={attribute.selected} isSelected />
                  <Share share={attribute.others} />
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
    </section>
  );
}

function Value({ text }: { readonly text: string }) {
  return <>{text === '' ? '(empty)' : text}</>;
}

function Share({ share, isSelected = false }: { readonly share: number; readonly isSelected?: boolean }) {
  return (
    <td class="share">
      <span>{percent(share)}</span>
      <span class={isSelected ? 'bar-line is-selected' : 'bar-line'} style={{ '--share': share }} />
    </td>
  );
}

type Attribute = DifferencesAnswer['attributes'][number];

function narrowed(query: string, { key, value }: Attribute): string {
  const isNumber = value !== '' && Number.isFinite(Number(value));
  const condition = `.${key} = ${isNumber ? value : JSON.stringify(value)}`;
  const bare = query
    .trim()
    .replace(/^\{([^{}]*)\}$/, '$1')
    .trim();
  return bare === '' ? condition : `(${bare}) && ${condition}`;
}
