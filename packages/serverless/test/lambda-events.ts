// Events as AWS documents them, shortened to what tells the shapes apart; one test each reads them.

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Amazon API Gateway, REST API, payload format 1.0. */
export const restApi = {
  resource: '/orders/{id}',
  path: '/orders/7',
  httpMethod: 'GET',
  headers: { Host: 'api.example.com', 'User-Agent': 'curl/8', traceparent: PARENT, 'X-Forwarded-Proto': 'https' },
  multiValueHeaders: { Host: ['api.example.com'], traceparent: [PARENT] },
  queryStringParameters: { page: '2', token: 'secret' },
  multiValueQueryStringParameters: { page: ['1', '2'], token: ['secret'] },
  requestContext: { identity: { sourceIp: '198.51.100.7' }, protocol: 'HTTP/1.1', resourcePath: '/orders/{id}' },
  body: null,
  isBase64Encoded: false,
};

/** Amazon API Gateway, HTTP API, payload format 2.0. */
export const httpApi = {
  version: '2.0',
  routeKey: 'POST /orders/{id}',
  rawPath: '/orders/7',
  rawQueryString: 'page=2',
  headers: { host: 'api.example.com', traceparent: PARENT, 'x-request-id': 'order-7' },
  requestContext: {
    http: { method: 'POST', path: '/orders/7', protocol: 'HTTP/1.1', sourceIp: '198.51.100.7', userAgent: 'curl/8' },
  },
  isBase64Encoded: false,
};

/** A Lambda function URL: payload format 2.0 without routes. */
export const functionUrl = { ...httpApi, routeKey: '$default', rawPath: '/any/path', rawQueryString: '' };

/** An Application Load Balancer. */
export const loadBalancer = {
  requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/a/1' } },
  httpMethod: 'GET',
  path: '/orders/7',
  queryStringParameters: { q: 'a%20b' },
  headers: { host: 'lb.example.com', traceparent: PARENT, 'x-forwarded-for': '10.0.0.1, 198.51.100.7' },
  body: '',
  isBase64Encoded: false,
};

/** The same with multi-value headers switched on in the target group. */
export const loadBalancerMultiValue = {
  ...loadBalancer,
  headers: undefined,
  queryStringParameters: undefined,
  multiValueHeaders: { host: ['lb.example.com'], traceparent: [PARENT] },
  multiValueQueryStringParameters: { q: ['a', 'b'] },
};

/** A batch of Amazon SQS. */
export const sqsBatch = {
  Records: [1, 2].map((n) => ({
    messageId: `message-${n}`,
    body: '{}',
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {
      traceparent: { stringValue: `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`, dataType: 'String' },
    },
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:orders',
    awsRegion: 'eu-central-1',
  })),
};

export const sns = { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: { Message: 'hello' } }] };
export const s3 = { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: {} }] };
export const eventBridge = { version: '0', 'detail-type': 'OrderPaid', source: 'shop.orders', detail: { id: 7 } };
export const schedule = { version: '0', 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} };
