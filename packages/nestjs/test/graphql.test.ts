import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type CanActivate, type INestApplication, Module, UseGuards } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { Args, GraphQLModule, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { context, trace } from '@opentelemetry/api';
import { TracingModule } from '@throughline/nestjs';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

const typeDefs = `
  type Book { title: String author: String }
  type Query { book(id: String!): Book trace: String broken: String guarded: String }
  type Mutation { rename(title: String!): String }
`;

class BrokenGuard implements CanActivate {
  canActivate(): boolean {
    throw new RangeError('broken guard');
  }
}

@Resolver('Book')
class BookResolver {
  @Query()
  book(@Args('id') id: string): object {
    return { title: `book ${id}` };
  }

  @ResolveField()
  async author(): Promise<string> {
    throw new RangeError('broken author');
  }

  @Query()
  trace(): string | undefined {
    return trace.getSpanContext(context.active())?.traceId;
  }

  @Query()
  broken(): string {
    throw new RangeError('broken');
  }

  @Query()
  @UseGuards(BrokenGuard)
  guarded(): string {
    return 'never';
  }

  @Mutation()
  async rename(@Args('title') title: string): Promise<string> {
    return title;
  }
}

const OPERATION = ['graphql.operation.type', 'graphql.operation.name'];

describe.each<[platform: string, create: () => AbstractHttpAdapter]>([
  ['express', () => new ExpressAdapter()],
  ['fastify', () => new FastifyAdapter()],
])('on %s', (_platform, create) => {
  const withApp = (use: (url: string) => Promise<void>, config: Partial<ApolloDriverConfig> = {}): Promise<void> =>
    withGraphql(create(), use, config);
  const operationOf = async (): Promise<unknown[]> => {
    const { attributes, status } = await recorder.take('POST /graphql');
    expect([attributes['http.route'], status]).toEqual(['/graphql', 'UNSET']);
    return OPERATION.map((name) => attributes[name]);
  };

  it('the span has the type and the name of the operation, and its own name stays', () =>
    withApp(async (url) => {
      await post(url, { query: 'query Titles($id: String!) { book(id: $id) { title } }', variables: { id: '7' } });
      expect(await operationOf()).toEqual(['query', 'Titles']);
      await post(url, { query: 'mutation Rename { rename(title: "a") }' });
      expect(await operationOf()).toEqual(['mutation', 'Rename']);
    }));

  it('the operation that is run has the word, among those of a document', () =>
    withApp(async (url) => {
      await post(url, { query: 'query One { trace } query Two { trace }', operationName: 'Two' });
      expect(await operationOf()).toEqual(['query', 'Two']);
    }));

  it('an anonymous operation has no name, and one that is too long is left out', () =>
    withApp(async (url) => {
      await post(url, { query: '{ trace }' });
      expect(await operationOf()).toEqual(['query', undefined]);
      await post(url, { query: `query ${'a'.repeat(129)} { trace }` });
      expect(await operationOf()).toEqual(['query', undefined]);
      await post(url, { query: `query ${'a'.repeat(128)} { trace }` });
      expect(await operationOf()).toEqual(['query', 'a'.repeat(128)]);
    }));

  it('the span of a batch has the names of all, at most five, and says mutation if one is', () =>
    withApp(async (url) => {
      const batch = ['query A { trace }', 'mutation B { rename(title: "b") }', 'query A { trace }', '{ trace }'];
      expect(await post(url, toBatch(batch))).toHaveLength(4);
      const [type, names] = await operationOf();
      expect([type, (names as string).split(',').sort()]).toEqual(['mutation', ['A', 'B']]);
      await post(url, toBatch(Array.from({ length: 9 }, (_, index) => `query Q${index} { trace }`)));
      expect(((await operationOf())[1] as string).split(',')).toHaveLength(5);
    }));

  it('what a resolver or its guard throws is recorded once, although the answer is a 200', () =>
    withApp(async (url) => {
      for (const [field, message] of [
        ['broken', 'broken'],
        ['guarded', 'broken guard'],
      ]) {
        await post(url, { query: `query Bad { ${field} }` });
        const span = await recorder.take('POST /graphql');
        expect(span.exceptions).toEqual([{ type: 'RangeError', message }]);
        expect(OPERATION.map((name) => span.attributes[name])).toEqual(['query', 'Bad']);
        expect([span.status, span.attributes['http.response.status_code']]).toEqual(['UNSET', 200]);
      }
    }));

  it("what a field's resolver throws is recorded where Nest's enhancers are on for fields", () =>
    withApp(
      async (url) => {
        await post(url, { query: 'query Author { book(id: "7") { author } }' });
        const span = await recorder.take('POST /graphql');
        expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken author' }]);
      },
      { fieldResolverEnhancers: ['interceptors'] },
    ));

  it('a resolver runs in the context of its own request', () =>
    withApp(async (url) => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(url, { query: '{ trace }' })));
      const seen = (answers as { data: { trace: string } }[]).map(({ data }) => data.trace);
      const spans = await Promise.all(answers.map(() => recorder.take('POST /graphql')));
      expect(seen.sort()).toEqual(spans.map(({ traceId }) => traceId).sort());
    }));

  it('a document that is no GraphQL is an exchange like any other', () =>
    withApp(async (url) => {
      await post(url, { query: 'query Titles {' }, 400);
      const { attributes } = await recorder.take((span) => span.kind === 'SERVER');
      expect(OPERATION.map((name) => attributes[name])).toEqual([undefined, undefined]);
    }));
});

async function withGraphql(
  adapter: AbstractHttpAdapter,
  use: (url: string) => Promise<void>,
  config: Partial<ApolloDriverConfig>,
): Promise<void> {
  const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    typeDefs,
    allowBatchedHttpRequests: true,
    ...config,
  });
  class AppModule {}
  Module({ imports: [TracingModule.forRoot(), graphql], providers: [BookResolver] })(AppModule);
  const app: INestApplication = await NestFactory.create(AppModule, adapter, {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  await app.listen(0, '127.0.0.1');
  try {
    await use(`${await app.getUrl()}/graphql`);
  } finally {
    await app.close();
  }
}

function toBatch(queries: readonly string[]): object[] {
  return queries.map((query) => ({ query }));
}

async function post(url: string, body: unknown, status = 200): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(status);
  return response.json();
}
